"""Benchmarks: programs, not tests. A speed is a ratio in one run, since machines are noisy."""
