"""Twins: stand-ins of providers and the clouds behind them."""
