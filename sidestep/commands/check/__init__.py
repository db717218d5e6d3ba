"""`sidestep check`: metrics.toml, and if there is a database what each query would publish in a run now."""
