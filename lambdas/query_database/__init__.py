"""The QueryDatabase state's function: asks a private database and returns one page of metric data."""
