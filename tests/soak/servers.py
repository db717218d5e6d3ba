"""The servers of a soak: MariaDB and PostgreSQL over TLS, each with a schema that the function's user may read."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import trustme

from sidestep.lambdas.query_database.endpoint import Endpoint
from tests.database.conftest import endpoint_of, prepared_mariadb, prepared_postgres
from tests.database.server import DatabaseServer
from tests.soak.hostile import create_functions
from tests.soak.kinds import MYSQL, POSTGRES
from tests.soak.tables import SCHEMA


@dataclass(frozen=True)
class Target:
    """A server and its endpoint.

    Attributes:
        authority: the authority for the certificate of a proxy.
    """

    server: DatabaseServer
    endpoint: Endpoint
    authority: trustme.CA

    @property
    def engine(self) -> str:
        return self.endpoint.engine

    def at(self, port: int) -> Endpoint:
        """Return the endpoint behind a proxy."""
        return replace(self.endpoint, port=port)


@contextmanager
def running_targets() -> Iterator[dict[str, Target]]:
    """Run both servers during a `with` block; yields them by engine."""
    authority = trustme.CA()
    with ExitStack() as stack:
        roots = Path(stack.enter_context(TemporaryDirectory())) / "roots.pem"
        authority.cert_pem.write_to_path(str(roots))
        servers: dict[str, DatabaseServer] = {
            MYSQL: stack.enter_context(prepared_mariadb(authority.issue_cert("localhost"))),
            POSTGRES: stack.enter_context(prepared_postgres(authority.issue_cert("localhost"))),
        }
        yield {engine: _prepared(server, roots, authority) for engine, server in servers.items()}


def _prepared(server: DatabaseServer, roots: Path, authority: trustme.CA) -> Target:
    server.create_schema(SCHEMA)
    server.let_read(SCHEMA)
    if server.engine.name == POSTGRES:
        server.execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA {SCHEMA} GRANT SELECT ON TABLES TO sidestep")
    else:
        server.execute(f"GRANT EXECUTE ON {SCHEMA}.* TO sidestep")
    create_functions(server)
    return Target(server, server.in_schema(endpoint_of(server, roots), SCHEMA), authority)
