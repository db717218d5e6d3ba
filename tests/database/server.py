"""The interface of a server in the tests: one set of tests for all engines, with their differences here."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from sidestep.config.engines import Engine
from sidestep.lambdas.query_database.endpoint import Endpoint

Expected = TypeVar("Expected")


@dataclass(frozen=True)
class DatabaseServer(ABC):
    """A running server with a database, in it a schema `shop`, in which the user `sidestep` may do anything.

    Attributes:
        port: where it listens, on 127.0.0.1.
    """

    port: int

    engine: ClassVar[Engine]

    database: ClassVar[str]
    """What the server calls the database that has the schema."""

    datetime: ClassVar[str]
    """The type of a date and time without a zone."""

    sessions: ClassVar[str]
    """A query for the running statements of `sidestep`; its columns are the session's id and the statement."""

    @abstractmethod
    def execute(self, sql: str, parameters: Sequence[object] | None = None) -> tuple[tuple[Any, ...], ...]:
        """Run a statement as the administrator; %s in it are parameters."""

    @abstractmethod
    def end_session(self, identifier: object) -> None:
        """Kill a session."""

    @abstractmethod
    def sleep(self, seconds: float) -> str:
        """Return an expression that takes so long and is 0."""

    @abstractmethod
    def numbers(self, last: int) -> str:
        """Return something to select from: rows with a column `seq`, from 1 on."""

    @property
    @abstractmethod
    def endless_numbers(self) -> str:
        """Return rows with a column `seq` that the server produces slowly, too many to wait for."""

    @abstractmethod
    def statement_log(self) -> AbstractContextManager[Callable[[str], int]]:
        """Return a counter of the executions of a text by `sidestep` since the `with` block began."""

    @abstractmethod
    def create_schema(self, name: str) -> None:
        """Make a schema, in the server's sense of the word."""

    @abstractmethod
    def let_read(self, schema: str) -> None:
        """Let `sidestep` read the tables of a schema."""

    @abstractmethod
    def drop_schema(self, name: str) -> None:
        """Drop a schema and its content."""

    @abstractmethod
    def in_schema(self, endpoint: Endpoint, schema: str) -> Endpoint:
        """Return an endpoint of this server with another schema."""

    def says(self, answers: Mapping[str, Expected]) -> Expected:
        """Return the answer of this engine."""
        return answers[self.engine.name]
