"""metrics.toml: reads the file, validates it, and holds the result as typed settings."""
