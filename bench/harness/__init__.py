"""Measures the daemon beside its peers and its floors. One idea a module; cli.py ties them together."""
