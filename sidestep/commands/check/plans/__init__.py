"""How a database would run a query, as far as a warning is worth it: whether it would read all of a large table.

A third engine is a module with a function like the two others', which interface.py describes, and an entry in
choice.py.
"""
