"""Names in SQL. Pure, for those who write SQL without a driver."""


def quoted(name: str) -> str:
    """Return a name as SQL writes it, so that nothing in it means anything."""
    doubled = name.replace('"', '""')
    return f'"{doubled}"'
