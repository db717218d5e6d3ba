"""A server for the tests of a preparation: its administrator, and how users log in."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Final

import pg8000.dbapi
import pymysql

from sidestep.lambdas.engines.postgres.names import quoted as quoted_for_postgres
from sidestep.lambdas.engines.server import Login, Server
from sidestep.lambdas.prepare_database.event import Administrator
from sidestep.lambdas.prepare_database.mysql import statements as of_mysql
from sidestep.lambdas.prepare_database.preparation import Outcome, Preparation
from sidestep.lambdas.prepare_database.prepare import prepare
from tests.database.mariadb import MariaDb
from tests.database.postgres import Postgres
from tests.database.server import DatabaseServer

BOSS: Final = "pässwörd;'`"
READER: Final = "a reader's"

SCHEMAS: Final = ("my_app", "myXapp", "my%app", "back`tick", "quo'te", 'dou"ble', "se;mi")
"""Each with the tables `orders` and `cust`omers`."""

TABLES: Final = ("orders", "cust`omers")

Rows = tuple[tuple[Any, ...], ...]


@dataclass(frozen=True)
class Ground(ABC):
    """A server with the SCHEMAS, whose administrator is `boss`.

    Attributes:
        certificates: the file of the authority that has signed the server's certificate.
    """

    server: DatabaseServer
    certificates: Path

    @property
    def address(self) -> Server:
        return Server("localhost", self.server.port, self.certificates)

    def database(self, schema: str) -> str:  # noqa: ARG002 - the schema, where schemas are databases
        """Return the server's name of the database that has a schema."""
        return self.server.database

    def preparation(self, schema: str, *tables: str, user: str = "reader", sample: bool = False) -> Preparation:
        return Preparation(user, self.database(schema), schema, tables, sample)

    def prepare(
        self, schema: str, *tables: str, user: str = "reader", sample: bool = False, password: str = BOSS
    ) -> Outcome:
        """Prepare a schema as the function does."""
        boss = Administrator("boss", password.encode())
        preparation = self.preparation(schema, *tables, user=user, sample=sample)
        return prepare(self.server.engine.name, self.address, boss, preparation)

    def login(self, schema: str) -> Login:
        """Return how Sidestep's queries log in as the user who was prepared."""
        self.let_reader_log_in()
        return Login(self.address, "reader", READER, self.database(schema), schema, 10)

    def refused(self, sql: str) -> bool:
        """Return whether the database denies a statement to the reader; raises its other errors."""
        try:
            self.ask(sql)
        except (pymysql.MySQLError, pg8000.dbapi.Error) as error:
            if self.is_denial(error):
                return True
            raise
        return False

    @abstractmethod
    def execute(self, sql: str) -> Rows:
        """Run a statement as the server's own administrator, where the schemas are."""

    @abstractmethod
    def ask(self, sql: str) -> Rows:
        """Run a statement as the user who was prepared, who may try to write."""

    @abstractmethod
    def run_script(self, script: str) -> None:
        """Run a script as its first user does, in one session that ends at the first error."""

    @abstractmethod
    def clear(self) -> None:
        """Remove what a test has left: the users reader and team, and everything except SCHEMAS and TABLES."""

    @abstractmethod
    def let_reader_log_in(self) -> None:
        """Set up the replacement for IAM tokens."""

    @abstractmethod
    def is_denial(self, error: Exception) -> bool:
        """Return whether an error of the driver says that the user may not."""

    @abstractmethod
    def held(self, user: str = "reader") -> Rows:
        """Return the privileges of a user."""

    @abstractmethod
    def touched(self) -> Rows:
        """Return a value that differs after each change of the reader's grants, even if they are equal again."""

    @abstractmethod
    def quoted(self, name: str) -> str:
        """Return a name as SQL writes it."""


class MySqlGround(Ground):
    """MariaDB off AWS has no AWSAuthenticationPlugin, so the user gets a password; nothing else is replaced."""

    DENIED: ClassVar = {1044, 1142, 1227}
    """No access to the schema, no such privilege on the table, no such privilege at all."""

    def database(self, schema: str) -> str:
        return schema

    def execute(self, sql: str) -> Rows:
        return self.server.execute(sql)

    def ask(self, sql: str) -> Rows:
        connection = pymysql.connect(
            host="localhost",
            port=self.server.port,
            user="reader",
            password=READER,
            ssl={"ca": str(self.certificates)},
        )
        with closing(connection), connection.cursor() as cursor:
            cursor.execute(sql)
            return tuple(cursor.fetchall())

    def run_script(self, script: str) -> None:
        assert isinstance(self.server, MariaDb)
        connection = pymysql.connect(unix_socket=str(self.server.socket), user="root", autocommit=True)
        with closing(connection), connection.cursor() as cursor:
            for statement in script.split(";\n")[:-1]:
                cursor.execute(statement)

    def clear(self) -> None:
        self.server.execute("DROP USER IF EXISTS reader, team")
        for event in ("sessions_begin", "sessions_end"):
            self.server.execute(f"DROP EVENT IF EXISTS my_app.{event}")
        self.server.execute("DROP TABLE IF EXISTS my_app.sessions")

    def let_reader_log_in(self) -> None:
        """Nothing: it has the password from the beginning."""

    def is_denial(self, error: Exception) -> bool:
        return error.args[0] in self.DENIED

    def held(self, user: str = "reader") -> Rows:
        return self.server.execute(f"SHOW GRANTS FOR {self.quoted(user)}")

    def touched(self) -> Rows:
        return self.server.execute("SHOW GLOBAL STATUS WHERE Variable_name IN ('Com_grant', 'Com_revoke_all')")

    def quoted(self, name: str) -> str:
        return of_mysql.quoted(name)


class PostgresGround(Ground):
    """A database of its own, of an administrator who is not a superuser, as on RDS. Passwords replace tokens."""

    NAME: ClassVar = "premises"

    def database(self, schema: str) -> str:  # noqa: ARG002 - it is one of several
        return self.NAME

    def execute(self, sql: str) -> Rows:
        assert isinstance(self.server, Postgres)
        return self.server.execute_in(self.NAME, sql)

    def execute_as_boss(self, sql: str) -> None:
        self.execute(f"SET ROLE boss; {sql}")

    def ask(self, sql: str) -> Rows:
        assert isinstance(self.server, Postgres)
        with closing(self.server.connect_to(self.NAME)) as connection:
            connection.autocommit = True
            cursor = connection.cursor()
            # Faster than to log in, which `login` is for.
            cursor.execute("SET SESSION AUTHORIZATION reader")
            cursor.execute(sql)
            return tuple(map(tuple, cursor.fetchall())) if cursor.description else ()

    def run_script(self, script: str) -> None:
        self.execute_as_boss(script)

    def clear(self) -> None:
        for (user,) in self.execute("SELECT rolname FROM pg_roles WHERE rolname IN ('reader', 'team')"):
            self.execute(f"DROP OWNED BY {user} CASCADE; DROP ROLE {user}")

    def let_reader_log_in(self) -> None:
        password = READER.replace("'", "''")
        self.execute(f"ALTER ROLE reader PASSWORD '{password}'")

    def is_denial(self, error: Exception) -> bool:
        return bool(error.args[0]["C"] == "42501")

    def held(self, user: str = "reader") -> Rows:
        name = user.replace("'", "''")
        return self.execute(
            f"WITH me AS (SELECT oid AS grantee FROM pg_roles WHERE rolname = '{name}'), objects (name, acl) AS ("
            " SELECT oid::regclass::text, relacl FROM pg_class"
            " UNION ALL SELECT attrelid::regclass || '.' || attname, attacl FROM pg_attribute"
            " UNION ALL SELECT nspname, nspacl FROM pg_namespace"
            " UNION ALL SELECT datname, datacl FROM pg_database"
            " UNION ALL SELECT proname, proacl FROM pg_proc"
            " UNION ALL SELECT defaclrole::regrole || ' in ' || defaclnamespace::regnamespace, defaclacl"
            " FROM pg_default_acl)"
            " SELECT name, privilege_type, is_grantable FROM objects, aclexplode(acl) JOIN me USING (grantee)"
            " UNION ALL SELECT 'membership', roleid::regrole::text, admin_option FROM pg_auth_members"
            " JOIN me ON member = grantee ORDER BY 1, 2"
        )

    def touched(self) -> Rows:
        return self.execute(
            " UNION ALL ".join(
                f"SELECT '{catalog}', oid::text, xmin::text FROM {catalog}"
                for catalog in ("pg_class", "pg_namespace", "pg_database", "pg_default_acl", "pg_authid", "pg_proc")
            )
            + " UNION ALL SELECT 'pg_auth_members', member::text, xmin::text FROM pg_auth_members ORDER BY 1, 2"
        )

    def quoted(self, name: str) -> str:
        return quoted_for_postgres(name)


@contextmanager
def mysql_ground_on(server: MariaDb, certificates: Path) -> Iterator[MySqlGround]:
    """Make the schemas and the administrator, and take them away at the end."""
    ground = MySqlGround(server, certificates)
    server.execute("CREATE USER boss IDENTIFIED BY %s", [BOSS])
    server.execute("GRANT ALL ON *.* TO boss WITH GRANT OPTION")
    for schema in SCHEMAS:
        server.execute(f"CREATE DATABASE {ground.quoted(schema)}")
        for table in TABLES:
            server.execute(f"CREATE TABLE {ground.quoted(schema)}.{ground.quoted(table)} (id INT)")
    yield ground
    for schema in SCHEMAS:
        server.execute(f"DROP DATABASE {ground.quoted(schema)}")
    server.execute("DROP USER boss")


@contextmanager
def postgres_ground_on(server: Postgres, certificates: Path) -> Iterator[PostgresGround]:
    """Make a database with the schemas, and the administrator, and take them away at the end."""
    ground = PostgresGround(server, certificates)
    password = BOSS.replace("'", "''")
    server.execute(f"CREATE ROLE boss LOGIN CREATEROLE PASSWORD '{password}'")
    server.execute("CREATE ROLE rds_iam")
    server.execute("GRANT rds_iam TO boss WITH ADMIN OPTION")
    server.execute_in("postgres", f"CREATE DATABASE {ground.NAME} OWNER boss")
    for schema in SCHEMAS:
        ground.execute_as_boss(f"CREATE SCHEMA {ground.quoted(schema)}")
        for table in TABLES:
            ground.execute_as_boss(f"CREATE TABLE {ground.quoted(schema)}.{ground.quoted(table)} (id INT)")
    yield ground
    server.execute_in("postgres", f"DROP DATABASE {ground.NAME} WITH (FORCE)")
    server.execute("DROP ROLE boss, rds_iam")
