"""Sidestep: SQL results from a private database as CloudWatch metrics."""
