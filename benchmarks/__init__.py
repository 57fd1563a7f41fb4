"""Every figure that the documentation names: `python -m benchmarks`."""
