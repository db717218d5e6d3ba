"""`sidestep check`: validates metrics.toml and, with a database, runs its queries without publishing the results."""
