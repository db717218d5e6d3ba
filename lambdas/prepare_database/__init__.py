"""Prepares a database for the query function: its user, what that may read, and the sample's data."""
