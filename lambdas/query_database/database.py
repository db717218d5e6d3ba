"""The way to the database: an IAM token as the password; verified TLS; time limits; read-only sessions in UTC."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, Self, cast

import pymysql
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from pymysql.cursors import SSCursor

from mysql_tls.connection import Server, connect, reason
from query_database import explanations
from query_database.columns import Row
from query_database.errors import DatabaseUnavailable, QueryFailed
from query_database.queries import Query

if TYPE_CHECKING:
    from botocore.credentials import Credentials, ReadOnlyCredentials

READ_MARGIN: Final = 5
"""Seconds beyond a query's own limit, which the server enforces, until a silent connection is given up."""

TOKEN_LIFETIME: Final = 900
"""Seconds; RDS accepts a token for 15 minutes (RDS user guide, "IAM database authentication")."""

_UTC: Final = "+00:00"
"""The session's time zone, in which NOW() and TIMESTAMP columns agree with the parameters; any server knows it."""

BATCH: Final = 1000
"""Rows that are looked at together; as many datums are on a page, so more would only take more memory."""

BATCH_SIZE: Final = 1_000_000
"""Characters of text in the rows that are looked at together, with which no further ones are read."""

_STEP: Final = 100
"""Rows after which these are counted."""

_STATEMENT_TIMEOUTS: Final = (1969, 3024)
"""Error numbers of a statement past its time limit: MariaDB's and MySQL's."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the database is and who asks. `certificates` is as in Server."""

    host: str
    port: int
    user: str
    schema: str
    region: str
    certificates: Path | None

    @property
    def server(self) -> Server:
        """Where the database is."""
        return Server(self.host, self.port, self.certificates)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], folder: Path) -> Self:
        """Read what the stack put into the function's environment; certificates are in `folder`."""
        return cls(
            host=environment["DATABASE_HOST"],
            port=int(environment["DATABASE_PORT"]),
            user=environment["DATABASE_USER"],
            schema=environment["DATABASE_SCHEMA"],
            region=environment["AWS_REGION"],
            certificates=folder / environment["DATABASE_CERTIFICATES"],
        )


class _RoleCredentials(NamedTuple):
    """What botocore's ReadOnlyCredentials are. Their own module would bring half a client into the process."""

    access_key: str
    secret_key: str
    token: str | None


def iam_token(endpoint: Endpoint, credentials: "Credentials | ReadOnlyCredentials") -> str:
    """Sign the token that stands in for a password; no network call.

    Source: RDS user guide, "Connecting to your DB instance using IAM authentication".
    """
    url = f"https://{endpoint.host}:{endpoint.port}/"
    request = AWSRequest("GET", url, params={"Action": "connect", "DBUser": endpoint.user})
    SigV4QueryAuth(credentials, "rds-db", endpoint.region, expires=TOKEN_LIFETIME).add_auth(request)
    return str(request.url).removeprefix("https://")


def role_credentials(environment: Mapping[str, str]) -> "ReadOnlyCredentials":
    """Return the execution role's credentials, which Lambda puts into the environment."""
    credentials = _RoleCredentials(
        environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"], environment.get("AWS_SESSION_TOKEN")
    )
    return cast("ReadOnlyCredentials", credentials)


def role_token(endpoint: Endpoint) -> str:
    """Sign a token with the execution role's credentials."""
    return iam_token(endpoint, role_credentials(os.environ))


Password = Callable[[Endpoint], str | bytes]
"""Returns what lets a user in, anew for each connection: a token does not live long."""


class _StreamingCursor(SSCursor):
    """A cursor that can be left before its last row without reading all the others."""

    def abandon(self) -> None:
        """Close the connection, and keep pymysql from fetching the rest of the rows, however many they are."""
        connection, self.connection = self.connection, None  # type: ignore[assignment] # as pymysql's close() does
        if connection.open:
            connection.close()
        result = self._result  # type: ignore[attr-defined] # missing in the stubs
        if result is not None:
            result.unbuffered_active = False


class Result:
    """The rows of one query, read from the network some at a time.

    Attributes:
        columns: their names.
        rows_read: how many rows have been read so far.
    """

    def __init__(self, columns: tuple[str, ...], cursor: SSCursor) -> None:
        """Wrap a cursor that has executed its query."""
        self.columns = columns
        self.rows_read = 0
        self._cursor = cursor

    def __iter__(self) -> Iterator[Sequence[Row]]:
        """Yield the rows, up to `BATCH` at a time; raises pymysql's errors."""
        following = iter(self._cursor.read_next, None)
        while rows := self._some(following):
            yield rows

    def _some(self, following: Iterator[Row]) -> list[Row]:
        """Return the next rows: so many, or so few if they are long."""
        rows: list[Row] = []
        size = 0
        while len(rows) < BATCH and size < BATCH_SIZE:
            seen = len(rows)
            try:
                rows.extend(islice(following, _STEP))
            finally:
                self.rows_read += len(rows) - seen
            if len(rows) == seen:
                break
            size += sum(len(cell) for row in rows[seen:] for cell in row if isinstance(cell, str | bytes))
        return rows


class Database:
    """One invocation's connection. A query that fails gives its connection up, so the next one finds a clean one.

    Attributes:
        was_reached: whether it has let the function in.
    """

    def __init__(self, endpoint: Endpoint, longest_query: int, password: Password = role_token) -> None:
        """Prepare for `endpoint`, with the longest timeout of the run's queries in seconds."""
        self.was_reached = False
        self._endpoint = endpoint
        self._password = password
        self._read_timeout = longest_query + READ_MARGIN
        self._connection: pymysql.Connection[SSCursor] | None = None
        self._unavailable: DatabaseUnavailable | None = None

    def __enter__(self) -> Self:
        """Do nothing yet: a page may need no database."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection."""
        if self._connection is not None and self._connection.open:
            self._connection.close()

    @contextmanager
    def ask(self, query: Query, parameters: Mapping[str, datetime] | None = None) -> Iterator[Result]:
        """Run one query under its time limit; all of its rows are to be read inside the `with` block.

        Args:
            query: what to ask.
            parameters: what the driver puts into the SQL, by name. Only if there are any does it look for them.

        Raises:
            QueryFailed: the database refused the query, cut it off or was lost.
            DatabaseUnavailable: there is no way to the database, or it does not let the function in.
        """
        cursor = self.open().cursor(_StreamingCursor)
        try:
            cursor.execute(f"SET SESSION {self._limit(query.timeout)}, time_zone = '{_UTC}'")
            cursor.execute(query.sql, parameters or None)
            yield Result(tuple(column[0] for column in cursor.description or ()), cursor)
        except pymysql.MySQLError as error:
            cursor.abandon()
            raise QueryFailed(_explained(error, query)) from error
        except BaseException:
            cursor.abandon()
            raise

    def open(self) -> "pymysql.Connection[SSCursor]":
        """Connect, unless there is a connection.

        Raises:
            DatabaseUnavailable: there is no way to the database, or it does not let the function in.
        """
        if self._connection is None or not self._connection.open:
            self._connection = self._connect()
            self.was_reached = True
        return self._connection

    def _connect(self) -> "pymysql.Connection[SSCursor]":
        if self._unavailable:  # once is enough: each further attempt would eat up the run's time
            raise self._unavailable
        endpoint = self._endpoint
        try:
            return connect(
                endpoint.server,
                user=endpoint.user,
                password=self._password(endpoint),
                schema=endpoint.schema,
                read_timeout=self._read_timeout,
                init_command="SET SESSION TRANSACTION READ ONLY",
                cursor=SSCursor,
            )
        except (pymysql.MySQLError, OSError) as error:
            self._unavailable = DatabaseUnavailable(
                f"cannot connect to {endpoint.host}:{endpoint.port} as {endpoint.user}: {reason(error)}"
            )
            raise self._unavailable from error

    def _limit(self, seconds: int) -> str:
        if "MariaDB" in self.open().get_server_info():  # type: ignore[no-untyped-call]
            return f"max_statement_time = {seconds}"
        return f"max_execution_time = {seconds * 1000}"  # milliseconds, for SELECT only


def _explained(error: pymysql.MySQLError, query: Query) -> str:
    if error.args and error.args[0] in _STATEMENT_TIMEOUTS:
        return f"ran past its timeout of {query.timeout} s and was stopped; make it faster or raise its timeout"
    return f"the database answered: {explanations.answer(error)}"
