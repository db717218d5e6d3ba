"""Builds the Lambda functions' deployment packages."""
