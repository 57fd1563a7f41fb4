"""Components of the platform on AWS."""
