"""`sidestep cost`: the price of a month of a metrics.toml, and of other ways to publish the same metrics."""
