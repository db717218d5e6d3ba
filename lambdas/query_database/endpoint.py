"""Where the database is and who asks, as the stack tells the function."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from ..engines.server import Login, Server


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the database is and who asks.

    Attributes:
        engine: its name, as engines.choice knows it.
        database: what the server calls the database.
        schema: where names without a schema are looked for, in the engines that have schemas in a database.
        certificates: as in Server.
    """

    engine: str
    host: str
    port: int
    user: str
    database: str
    schema: str
    region: str
    certificates: Path | None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], folder: Path) -> Self:
        """Read what the stack put into the function's environment; certificates are in `folder`."""
        return cls(
            engine=environment["DATABASE_ENGINE"],
            host=environment["DATABASE_HOST"],
            port=int(environment["DATABASE_PORT"]),
            user=environment["DATABASE_USER"],
            database=environment["DATABASE_NAME"],
            schema=environment["DATABASE_SCHEMA"],
            region=environment["AWS_REGION"],
            certificates=folder / environment["DATABASE_CERTIFICATES"],
        )

    def login(self, password: str | bytes) -> Login:
        """Return the server for an engine."""
        server = Server(self.host, self.port, self.certificates)
        return Login(server, self.user, password, self.database, self.schema)
