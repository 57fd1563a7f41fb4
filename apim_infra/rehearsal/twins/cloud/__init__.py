"""What the twins of all clouds have in common: a world of what exists, the shapes of the SDKs' inputs, differences, durations."""
