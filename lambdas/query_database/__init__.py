"""The Lambda function of the QueryDatabase state: queries a private database and returns one page of metric data."""
