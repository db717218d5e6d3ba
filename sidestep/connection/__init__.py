"""Connects to a database from this machine: URL, password or IAM token, and trusted certificate authorities."""
