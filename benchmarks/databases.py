"""The databases to measure, and their differences; all other modules use only `Database`."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Final

import trustme

from sidestep.config.engines import MYSQL, POSTGRES, Engine
from tests.database.mariadb import running_mariadb
from tests.database.postgres import running_postgres
from tests.database.server import DatabaseServer

USER: Final = "sidestep"

PASSWORD: Final = "stands-in-for-a-token"  # noqa: S105 - of a server that lives for some minutes

SCHEMA: Final = "shop"

_METRICS: Final = """
namespace = "Benchmark"
schedule = "rate(1 hour)"
[database.shop]
endpoint = "db.example.com"
resource_id = "db-EXAMPLE"
vpc_id = "vpc-0123456789abcdef0"
subnets = ["subnet-0123456789abcdef0"]
security_group = "sg-0123456789abcdef0"
account = "123456789012"
region = "eu-central-1"
engine = "{engine}"
schema = "{schema}"
{keys}
[[query]]
name = "orders"
sql = '''{sql}'''
dimensions = ["Customer"]
timeout = 60
max_series = {series}
metrics = {{ Orders = {{ unit = "Count" }} }}
"""


@dataclass(frozen=True)
class Database:
    """One engine, and how to query numbered series from it.

    Attributes:
        engine: which it is.
        driver: the module that a program without Sidestep imports.
        name: what the server calls the database.
        keys: what [database.NAME] in a metrics.toml has for this engine only.
        select: its query up to FROM; `seq` is the number of a series.
        numbers: what the query selects from, by the number of series.
        exporter_url: where Debian's exporter connects to; `{port}` and `{certificates}` are for it to fill in.
        running: starts a server with a certificate, and creates the user.
    """

    engine: Engine
    driver: str
    name: str
    keys: str
    select: str
    numbers: str
    exporter_url: str
    running: Callable[[trustme.LeafCert], AbstractContextManager[DatabaseServer]]

    @property
    def environment(self) -> dict[str, str]:
        """What a program finds in its environment, wherever the server is."""
        return {
            "AWS_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "example",
            "DATABASE_ENGINE": self.engine.name,
            "DATABASE_USER": USER,
            "DATABASE_NAME": self.name,
            "DATABASE_SCHEMA": SCHEMA,
            "DRIVER": self.driver,
        }

    def sql(self, series: int) -> str:
        """Return a query that returns `series` series."""
        return f"{self.select} FROM {self.numbers.format(series=series)} ORDER BY seq"

    def metrics(self, series: int) -> str:
        """Return a metrics.toml with that query."""
        return _METRICS.format(
            engine=self.engine.name, schema=SCHEMA, keys=self.keys, sql=self.sql(series), series=series
        )


@contextmanager
def _running_mariadb(certificate: trustme.LeafCert) -> Iterator[DatabaseServer]:
    with running_mariadb(certificate) as server:
        server.execute(f"CREATE DATABASE {SCHEMA}")
        server.execute(f"CREATE USER {USER} IDENTIFIED BY %s", [PASSWORD])
        server.execute(f"GRANT SELECT ON {SCHEMA}.* TO {USER}")
        yield server


@contextmanager
def _running_postgres(certificate: trustme.LeafCert) -> Iterator[DatabaseServer]:
    with running_postgres(certificate) as server:
        server.execute_in("postgres", f"CREATE DATABASE {server.database}")
        server.execute(f"CREATE USER {USER} PASSWORD '{PASSWORD}'")
        yield server


DATABASES: Final = (
    Database(
        engine=MYSQL,
        driver="pymysql",
        name=SCHEMA,
        keys="",
        select="SELECT CONCAT('customer-', seq) AS Customer, seq AS Orders",
        numbers="seq_1_to_{series}",
        exporter_url=f"mysql://{USER}:{PASSWORD}@tcp(localhost:{{port}})/{SCHEMA}?tls=true",
        running=_running_mariadb,
    ),
    Database(
        engine=POSTGRES,
        driver="pg8000.native",
        name="company",
        keys='database = "company"',
        select="""SELECT 'customer-' || seq AS "Customer", seq AS "Orders\"""",
        numbers="generate_series(1, {series}) AS numbers(seq)",
        exporter_url=(
            f"postgres://{USER}:{PASSWORD}@localhost:{{port}}/company?sslmode=verify-full&sslrootcert={{certificates}}"
        ),
        running=_running_postgres,
    ),
)
