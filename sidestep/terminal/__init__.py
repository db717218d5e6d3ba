"""Output on the terminal that several commands share, as renderables of rich."""
