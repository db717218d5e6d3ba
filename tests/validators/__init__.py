"""Judges the templates and the workflow's definition with the validators of other authors: `make validate`."""
