"""The real control plane: API server, scheduler and controllers on loopback, with simulated nodes."""
