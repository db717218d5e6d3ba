"""PostgreSQL and Aurora PostgreSQL, with pg8000."""
