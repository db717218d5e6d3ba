"""`sidestep run`: one run of a deployed workflow, started by hand and followed to its end."""
