"""The options of the command line, and the queries that they select."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sidestep.config.errors import OptionError, escaped, suggestion
from sidestep.config.settings import Query, Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of the command line.

    Attributes:
        file: the metrics.toml.
        database: the URL of the database that runs the queries.
        local: whether the embedded database runs the queries.
        of: the name of the database in the file whose queries are checked.
        queries: the names of the queries to check; all if empty.
        ca: a PEM file with the certificate authorities to trust.
        iam: whether an IAM token is the password.
    """

    file: Path
    database: str | None = None
    local: bool = False
    of: str | None = None
    queries: Sequence[str] = ()
    ca: Path | None = None
    iam: bool = False

    @property
    def runs_queries(self) -> bool:
        """Whether a database runs the queries."""
        return self.local or self.database is not None

    def check(self) -> None:
        """Reject options that exclude or need each other.

        Raises:
            OptionError: names the options.
        """
        if self.local and self.database is not None:
            raise OptionError("--local and --database are mutually exclusive")
        for name, given in (("--ca", self.ca is not None), ("--iam", self.iam)):
            if given and self.database is None:
                raise OptionError(f"{name} needs --database")


def chosen_queries(settings: Settings, options: Options) -> tuple[Query, ...]:
    """Return the queries to check, in the order of the file. Queries that run must belong to one database.

    Raises:
        OptionError: the file has no such query or database, or the queries belong to several databases.
    """
    file = str(options.file)
    databases = list(settings.databases)
    if options.of is not None and options.of not in databases:
        raise OptionError(
            f"--of {escaped(options.of)}: {file} has no such database{suggestion(options.of, databases)}; "
            f"it has {', '.join(databases)}"
        )
    possible = [query for query in settings.queries if options.of in (None, query.database)]
    names = [query.name for query in possible]
    for name in options.queries:
        if name not in names:
            where = f"database.{options.of}" if options.of else file
            known = f"{suggestion(name, names)}; it has {', '.join(names)}"
            raise OptionError(f"--query {escaped(name)}: {where} has no such query{known}")
    chosen = tuple(query for query in possible if not options.queries or query.name in options.queries)
    used = list(dict.fromkeys(str(query.database) for query in chosen))
    if options.runs_queries and len(used) > 1:
        raise OptionError(f"{file}: the queries belong to several databases; choose one with --of: {', '.join(used)}")
    return chosen
