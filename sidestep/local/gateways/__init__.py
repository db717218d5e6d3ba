"""Stand-ins for RDS in front of a real server without IAM authentication: one gateway for each engine."""
