"""The engines that a database may have, as the developer's side has to know them; see lambdas/engines."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

EngineName = Literal["mysql", "postgres"]
"""As metrics.toml, the functions and their bundles call them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """One engine.

    Attributes:
        title: what people call it.
        port: what it listens on unless somebody has changed that, and what RDS Proxy always listens on.
        dialect: sqlglot's name for its SQL.
        called: the names that RDS has for it, and RDS Proxy for its family.
        schemes: the beginnings of its URLs.
        connects_to: what a connection is one to, and the path of a URL names.
    """

    name: EngineName
    title: str
    port: int
    dialect: str
    called: tuple[str, ...]
    schemes: tuple[str, ...]
    connects_to: str


MYSQL: Final = Engine(
    name="mysql",
    title="MySQL",
    port=3306,
    dialect="mysql",
    called=("mysql", "mariadb", "aurora-mysql", "MYSQL"),
    schemes=("mysql", "mariadb"),
    connects_to="schema",
)
POSTGRES: Final = Engine(
    name="postgres",
    title="PostgreSQL",
    port=5432,
    dialect="postgres",
    called=("postgres", "aurora-postgresql", "POSTGRESQL"),
    schemes=("postgres", "postgresql"),
    connects_to="database",
)

ENGINES: Final[Mapping[str, Engine]] = {engine.name: engine for engine in (MYSQL, POSTGRES)}
"""By their names."""


def engine_meant(name: str) -> Engine | None:
    """Return the engine that people may call `name`; None if there is none."""
    return next(
        (
            engine
            for engine in ENGINES.values()
            if name.lower() in {*map(str.lower, engine.called), *engine.schemes, engine.title.lower()}
        ),
        None,
    )


def engine_called(name: str) -> Engine | None:
    """Return the engine that RDS, or RDS Proxy, calls `name`; None if it is one that Sidestep does not speak."""
    return next((engine for engine in ENGINES.values() if name in engine.called), None)
