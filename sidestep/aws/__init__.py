"""Calls to the user's AWS account, with the credentials of the shell."""
