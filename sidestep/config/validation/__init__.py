"""Mistakes of metrics.toml that no single key has: within a query, between the tables, in whole runs and alarms."""
