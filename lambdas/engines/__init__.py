"""The engines of databases: what differs from one to another is here, behind the interface in interface.py.

A third engine is a folder with a `connect` and a requirements.txt, and a line in choice.py; the package
prepare_database has a folder and a line for each, too. What the developer's side has to know of it is an entry in
sidestep/engines.py, its form of parameters in sidestep/sql.py, and its plans in sidestep/check/plans. A bundle has
the folders of its own engine only.
"""
