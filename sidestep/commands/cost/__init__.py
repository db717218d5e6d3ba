"""What a month of a metrics.toml costs, line by line, and what other ways to the same metrics would cost."""
