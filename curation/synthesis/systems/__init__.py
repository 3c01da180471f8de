"""Simulated systems, one module a domain: the tools and what stands behind them."""
