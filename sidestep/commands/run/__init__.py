"""`sidestep run`: starts an execution of a deployed workflow and follows it."""
