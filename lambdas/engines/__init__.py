"""The database engines: their differences are here, behind the interface in interface.py.

A third engine needs a folder with a `connect` function and a requirements.txt, and a case in `engine_named`; the
package prepare_database needs a folder and a case as well. On the developer's side it needs an entry in
sidestep/config/engines.py, its form of parameters in sidestep/config/sql.py, and its plans in
sidestep/commands/check/plans. A bundle has the folders of one engine only.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .interface import Connect


def engine_named(name: str) -> "Connect":
    """Return an engine by its name; a bundle has only one, so none is imported earlier.

    Raises:
        ValueError: there is no engine of this name.
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
