"""MySQL, MariaDB and Aurora MySQL, with PyMySQL."""
