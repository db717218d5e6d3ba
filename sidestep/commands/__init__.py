"""The commands of `sidestep`, one folder or module for each."""
