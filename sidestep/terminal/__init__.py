"""What the terminal shows, as renderables of rich."""
