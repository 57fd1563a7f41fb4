"""Twin of the Kubernetes provider and the API server behind it."""
