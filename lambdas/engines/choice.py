"""Which engine it is. A bundle has one of them, so none is imported before it is asked for by name."""

from .interface import Connect


def engine_named(name: str) -> Connect:
    """Return an engine by its name.

    Raises:
        ValueError: there is none of this name.
    """
    match name:
        case "mysql":
            from .mysql.session import connect as connect_to_mysql  # noqa: PLC0415

            return connect_to_mysql
        case "postgres":
            from .postgres.session import connect as connect_to_postgres  # noqa: PLC0415

            return connect_to_postgres
        case _:
            raise ValueError(f"{name!r} is no engine")
