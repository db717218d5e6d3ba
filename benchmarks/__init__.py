"""Measures Sidestep against what one would write or run instead; `make bench` writes docs/benchmarks.md."""
