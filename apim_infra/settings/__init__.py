"""Typed settings of a stack: one model tree, layered from defaults, tier, size, stack file and command line."""
