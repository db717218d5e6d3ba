"""MySQL, MariaDB and Aurora MySQL."""
