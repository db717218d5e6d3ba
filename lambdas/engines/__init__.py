"""The engines of databases: what differs from one to another is here, behind the interface in interface.py.

A third engine is a folder with a `connect` and a requirements.txt, a line in choice.py, and, for what the developer's
side has to know of it, an entry in sidestep/engines.py. A bundle has this package with the folder of its own engine.
"""
