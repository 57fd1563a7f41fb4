"""Sizing: the sizing table, replicas, quotas, and what nodes hold; pure arithmetic over data."""
