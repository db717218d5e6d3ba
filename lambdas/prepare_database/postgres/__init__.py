"""PostgreSQL and Aurora PostgreSQL."""
