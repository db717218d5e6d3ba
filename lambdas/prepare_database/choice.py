"""Which engine is prepared. A bundle has one of them, so none is imported before it is asked for by name."""

from .interface import Prepare, Statements


def statements_of(engine: str) -> Statements:
    """Return the SQL of an engine by its name, as engines.choice has it.

    Raises:
        ValueError: there is none of this name.
    """
    match engine:
        case "mysql":
            from .mysql import statements as of_mysql  # noqa: PLC0415

            return of_mysql
        case "postgres":
            from .postgres import statements as of_postgres  # noqa: PLC0415

            return of_postgres
        case _:
            raise ValueError(f"{engine!r} is no engine")


def prepare_of(engine: str) -> Prepare:
    """Return what prepares an engine, by the engine's name.

    Raises:
        ValueError: there is none of this name.
    """
    match engine:
        case "mysql":
            from .mysql.preparing import prepare as prepare_mysql  # noqa: PLC0415

            return prepare_mysql
        case "postgres":
            from .postgres.preparing import prepare as prepare_postgres  # noqa: PLC0415

            return prepare_postgres
        case _:
            raise ValueError(f"{engine!r} is no engine")
