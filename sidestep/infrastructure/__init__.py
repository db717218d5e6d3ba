"""CDK constructs: one stack per database. Knows nothing of the local cloud."""
