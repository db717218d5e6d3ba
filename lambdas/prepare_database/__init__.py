"""Prepares a database for the query function: its user, the user's privileges, and the sample's data.

The differences between engines are behind the interface in preparation.py. A third engine needs a folder with the
engine's name, a statements.py and a preparing.py in it, and a case for each of them in prepare.py.
"""
