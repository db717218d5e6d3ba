"""The database engines: what differs between them is here, behind the interface in interface.py.

A third engine needs a folder with a `connect` function and a requirements.txt, and a line in choice.py; the package
prepare_database needs a folder and a line as well. On the developer's side it needs an entry in
sidestep/config/engines.py, its form of parameters in sidestep/config/sql.py, and its plans in
sidestep/commands/check/plans. A bundle has the folders of one engine only.
"""
