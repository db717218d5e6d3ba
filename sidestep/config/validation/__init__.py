"""Checks of metrics.toml: single tables, queries, pairs of queries, runs, alarms and the budget."""
