"""The AWS twin: a table of resource types over a small world in memory."""
