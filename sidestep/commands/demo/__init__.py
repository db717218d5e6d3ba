"""The whole chain on this machine: an hour of schedule in seconds, against the embedded database."""
