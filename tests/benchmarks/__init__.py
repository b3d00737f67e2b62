"""Benchmarks: viewer3d beside its peers, in one run. ``python -m tests.benchmarks --help``."""
