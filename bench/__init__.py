"""Benchmarks: each result is a ratio of two ways measured in turns in one run, or a size (bench/README.md)."""
