"""Infrastructure as code for API-management platforms, and its rehearsal."""

__version__ = "0.1.0"
