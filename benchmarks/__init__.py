"""Measures Sidestep against alternatives; `make bench` writes docs/benchmarks.md."""
