"""Reads and writes the user's AWS account, with the credentials of the shell."""
