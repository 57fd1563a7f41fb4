"""Components in a Kubernetes cluster, on either cloud."""
