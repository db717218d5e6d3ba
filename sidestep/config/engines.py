"""The database engines as the developer's side knows them; lambdas/engines connects to them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

EngineName = Literal["mysql", "postgres"]
"""The names in metrics.toml, in the functions and in their bundles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """One engine.

    Attributes:
        title: its usual name.
        port: its default port, and the only port of RDS Proxy.
        dialect: sqlglot's name for its SQL.
        rds_names: what RDS calls it, and last, what RDS Proxy calls its family.
        schemes: the schemes of its URLs.
        connects_to: what a connection, and the path of a URL, names.
    """

    name: EngineName
    title: str
    port: int
    dialect: str
    rds_names: tuple[str, ...]
    schemes: tuple[str, ...]
    connects_to: str


MYSQL: Final = Engine(
    name="mysql",
    title="MySQL",
    port=3306,
    dialect="mysql",
    rds_names=("mysql", "mariadb", "aurora-mysql", "MYSQL"),
    schemes=("mysql", "mariadb"),
    connects_to="schema",
)
POSTGRES: Final = Engine(
    name="postgres",
    title="PostgreSQL",
    port=5432,
    dialect="postgres",
    rds_names=("postgres", "aurora-postgresql", "POSTGRESQL"),
    schemes=("postgres", "postgresql"),
    connects_to="database",
)

ENGINES: Final[Mapping[str, Engine]] = {engine.name: engine for engine in (MYSQL, POSTGRES)}


def engine_from_alias(alias: str) -> Engine | None:
    """Return the engine that RDS, a URL or a person calls `alias`, in any case; None if it is not supported."""
    for engine in ENGINES.values():
        if alias.lower() in {name.lower() for name in (*engine.rds_names, *engine.schemes, engine.title)}:
            return engine
    return None
