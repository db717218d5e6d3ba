"""`sidestep demo`: an hour of the schedule in seconds, on the local cloud with its embedded database."""
