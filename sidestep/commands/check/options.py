"""What the command line asks for, and what of it cannot be meant."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sidestep.config.errors import OptionError, printable, suggestion
from sidestep.config.settings import Query, Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of the command line.

    Attributes:
        file: the metrics.toml.
        database: a URL of the database to ask.
        local: whether to ask the embedded one.
        of: the name of the database in the file whose queries are checked.
        queries: the names of those to check; all if there are none.
        ca: a PEM file with the authorities to trust.
        iam: whether a token is the password.
        as_json: whether a program reads the output.
    """

    file: Path
    database: str | None = None
    local: bool = False
    of: str | None = None
    queries: Sequence[str] = ()
    ca: Path | None = None
    iam: bool = False
    as_json: bool = False

    @property
    def asks(self) -> bool:
        """Whether queries are run."""
        return self.local or self.database is not None

    def check(self) -> None:
        """Refuse options that do not belong together.

        Raises:
            OptionError: says which.
        """
        if self.local and self.database is not None:
            raise OptionError("--local is a database of its own; leave it or --database out")
        for name, given in (("--ca", self.ca is not None), ("--iam", self.iam)):
            if given and self.database is None:
                raise OptionError(f"{name} says how to log in to a database; name it with --database")


def chosen_queries(settings: Settings, options: Options) -> tuple[Query, ...]:
    """Return the queries to check, in the order of the file; those of one database if one is to be asked.

    Raises:
        OptionError: there is no such query or database, or it is not clear which of several is meant.
    """
    file = str(options.file)
    databases = list(settings.databases)
    if options.of is not None and options.of not in databases:
        raise OptionError(
            f"--of {printable(options.of)}: {file} has no such database{suggestion(options.of, databases)}; "
            f"it has {', '.join(databases)}"
        )
    possible = [query for query in settings.queries if options.of in (None, query.database)]
    names = [query.name for query in possible]
    for name in options.queries:
        if name not in names:
            where = f"database.{options.of}" if options.of else file
            known = f"{suggestion(name, names)}; it has {', '.join(names)}"
            raise OptionError(f"--query {printable(name)}: {where} has no such query{known}")
    chosen = tuple(query for query in possible if not options.queries or query.name in options.queries)
    asked = list(dict.fromkeys(str(query.database) for query in chosen))
    if options.asks and len(asked) > 1:
        raise OptionError(
            f"{file} has queries of several databases, and one is asked; say whose with --of: {', '.join(asked)}"
        )
    return chosen
