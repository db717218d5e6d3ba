"""Prepares a database for the query function: its user, what that may read, and the sample's data.

What differs from one engine to another is behind the interface in interface.py. A third engine is a folder with the
engine's name that has a statements.py and a preparing.py, and a line for each of them in choice.py.
"""
