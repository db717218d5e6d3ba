"""What the command line asks for, and what of it cannot be meant."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sidestep.databases import Existing
from sidestep.engines import POSTGRES, Engine
from sidestep.mistakes import escaped, suggestion
from sidestep.settings import Query, Settings


class OptionError(Exception):
    """An option is wrong, or missing; the message names it and says what would be right. It holds no password."""


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
    asked = list(dict.fromkeys(str(query.database) for query in chosen))
    if options.asks and len(asked) > 1:
        raise OptionError(
            f"{file} has queries of several databases, and one is asked; say whose with --of: {', '.join(asked)}"
        )
    return chosen


def check_engine(engine: Engine, where: str, settings: Settings, database: str) -> None:
    """Refuse to ask a database of another engine than the one that the queries are written for.

    Args:
        engine: of the database that is asked.
        where: the option that names it.
        settings: the file.
        database: the name in it of the database whose queries are checked.

    Raises:
        OptionError: the queries' engine is another one.
    """
    table = settings.databases[database]
    own = table.engine
    if engine is own:
        return
    remedy = f"name a {own.title} database with --database"
    if engine is POSTGRES and isinstance(table, Existing):  # without the key it is one for MySQL, unintended maybe
        remedy += f", or give database.{database} the key database if it is a {engine.title}"
    raise OptionError(
        f"{where} is for {engine.title}, but database.{database} is {own.title} in the file, and its queries are "
        f"in the SQL of that; {remedy}"
    )
