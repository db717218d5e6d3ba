"""`sidestep init`: writes the files of a new project into a folder."""

import json
import re
import shlex
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from string import Template
from tempfile import TemporaryDirectory
from typing import Final, Literal

from sidestep import paths
from sidestep.config.engines import ENGINES, MYSQL, Engine, engine_from_alias
from sidestep.config.errors import ConfigError, OptionError, printable, suggestion
from sidestep.config.loader import load_settings

Kind = Literal["sample", "instance", "cluster", "proxy"]
"""The key of the [database] table that names the database."""

KINDS: Final[tuple[Kind, ...]] = ("sample", "instance", "cluster", "proxy")

_METRICS: Final = Template("""\
# Each [[query]] runs on the schedule, and each column of its result becomes a metric or a dimension.

namespace = "$namespace"
schedule = "rate(5 minutes)"

[database.$name]
$database
prepare = true                      # deploys the function that `sidestep prepare $name` invokes

[[query]]
name = "$query"
sql = "$sql"
[query.metrics]
$metric = { unit = "Count" }

# A [[check]] counts the rows that should not exist, and its alarm fires if there are any:
#
# [[check]]
# name = "orders_without_customer"
# sql = "SELECT id FROM orders WHERE customer_id IS NULL"
""")

_SAMPLE: Final = "sample = true                       # creates a small RDS MySQL with example data"

_CONNECTIONS: Final[Mapping[str, str]] = {
    "mysql": "SELECT COUNT(*) AS Connections FROM information_schema.processlist",
    "postgres": "SELECT count(*) AS Connections FROM pg_stat_activity",
}
"""A query by engine that works in any database, for a user without privileges on tables."""

_IGNORED: Final = ".build/\n.venv/\ncdk.out/\nnode_modules/\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The database of a new project.

    Attributes:
        kind: the key that names it.
        identifier: its RDS identifier; empty for the sample.
        engine: its engine.
        vpc_id: its VPC; empty for the sample.
        schema: the MySQL schema, or the PostgreSQL database; empty for the sample.
    """

    kind: Kind
    identifier: str = ""
    engine: Engine = MYSQL
    vpc_id: str = ""
    schema: str = ""

    @property
    def name(self) -> str:
        """Its name in metrics.toml: the identifier with the characters that the name of a table may have."""
        name = re.sub(r"[^a-z0-9-]", "-", self.identifier.lower())[:30].rstrip("-")
        return name or "shop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of the command; None for those left out."""

    sample: bool = False
    instance: str | None = None
    cluster: str | None = None
    proxy: str | None = None
    engine: str | None = None
    vpc: str | None = None
    schema: str | None = None


def choose(options: Options, ask: Callable[[str], str] | None) -> Choice:
    """Return the database that the options name; `ask` prompts for what is missing, if there is a terminal.

    Raises:
        OptionError: an option is missing, surplus or wrong.
    """
    kinds: dict[Kind, str] = {
        "instance": options.instance or "",
        "cluster": options.cluster or "",
        "proxy": options.proxy or "",
    }
    given = [kind for kind, identifier in kinds.items() if identifier]
    if options.sample + len(given) > 1:
        raise OptionError("--sample, --instance, --cluster and --proxy are mutually exclusive; choose one")
    if not options.sample and not given and ask:
        kind = _asked_kind(ask)
        kinds[kind] = "" if kind == "sample" else ask(f"The name of the {kind} in RDS").strip()
        given = [kind]
    if options.sample or given == ["sample"]:
        return _sample(options)
    if not given:
        raise OptionError("choose a database: --sample, or --instance, --cluster or --proxy with its name in RDS")
    (kind,) = given
    engine = _engine(options.engine or (ask(f"Its engine, {' or '.join(ENGINES)}") if ask else MYSQL.name))
    return Choice(
        kind=kind,
        identifier=kinds[kind],
        engine=engine,
        vpc_id=_required(options.vpc, "--vpc", "The ID of its VPC", ask),
        schema=_required(options.schema, "--schema", f"The {engine.connects_to} of your tables", ask),
    )


def _asked_kind(ask: Callable[[str], str]) -> Kind:
    answer = ask(f"The database: {', '.join(KINDS)}").strip().lower()
    for kind in KINDS:
        if answer == kind:
            return kind
    raise OptionError(
        f"{printable(answer)!r} is not a kind of database{suggestion(answer, KINDS)}; choose {', '.join(KINDS)}"
    )


def _sample(options: Options) -> Choice:
    surplus = [name for name in ("engine", "vpc", "schema") if getattr(options, name) is not None]
    if surplus:
        raise OptionError(f"--{surplus[0]} is for your own database; the sample is MySQL in a network of its own")
    return Choice(kind="sample")


def _engine(name: str) -> Engine:
    engine = engine_from_alias(name.strip())
    if engine is None:
        raise OptionError(
            f"--engine {printable(name)}: is not supported{suggestion(name, ENGINES)}; choose {' or '.join(ENGINES)}"
        )
    return engine


def _required(given: str | None, option: str, question: str, ask: Callable[[str], str] | None) -> str:
    value = given if given is not None or ask is None else ask(question)
    if not value or not value.strip():
        raise OptionError(f"{option} is missing; it names {question[0].lower()}{question[1:]}")
    return value.strip()


def next_steps(folder: Path, files: Mapping[str, str]) -> list[str]:
    """Return the lines to print after the files have been written."""
    change = [] if folder.resolve() == Path.cwd() else [f"  cd {shlex.quote(str(folder))}"]
    (database,) = tomllib.loads(files["metrics.toml"])["database"]
    return [
        f"wrote {', '.join(files)} to {folder.resolve()}",
        "Next steps:",
        *change,
        "  sidestep check        checks metrics.toml",
        "  sidestep cost         prices a month",
        "  cdk bootstrap         prepares your AWS account and Region for the CDK, once",
        "  cdk deploy --all      deploys",
        f"  sidestep prepare {database}",
    ]


def files_of(choice: Choice) -> dict[str, str]:
    """Return the contents of a project's files, by name."""
    return {
        "metrics.toml": _metrics_file(choice),
        "app.py": (paths.TEMPLATE / "app.py").read_text(encoding="utf-8"),
        "cdk.json": (paths.TEMPLATE / "cdk.json").read_text(encoding="utf-8"),
        "requirements.txt": f"sidestep=={version('sidestep')}\n",
        ".gitignore": _IGNORED,
    }


def check(files: Mapping[str, str]) -> None:
    """Check the metrics.toml of a new project.

    Raises:
        ConfigError: an identifier or another value is not valid.
    """
    with TemporaryDirectory() as folder:
        file = Path(folder, paths.METRICS_FILE)
        file.write_text(files[file.name], encoding="utf-8")
        try:
            load_settings(file)
        except ConfigError as error:
            raise ConfigError([one.replace(str(file), file.name) for one in error.errors]) from None


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Write a project's files into a folder, which is created if it does not exist.

    Raises:
        OptionError: a file exists, in which case nothing is written, or the folder cannot be written.
    """
    existing = [name for name in files if (folder / name).exists() or (folder / name).is_symlink()]
    if existing:
        raise OptionError(
            f"{folder}: has {', '.join(existing)}, and existing files are never replaced; name another folder"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            with (folder / name).open("x", encoding="utf-8") as file:
                file.write(content)
    except OSError as error:
        raise OptionError(f"{error.filename}: cannot be written: {error.strerror}") from None


def _metrics_file(choice: Choice) -> str:
    if choice.kind == "sample":
        return _METRICS.substitute(
            namespace="Shop",
            name=choice.name,
            database=_SAMPLE,
            query="active_sessions",
            sql="SELECT COUNT(*) AS ActiveSessions FROM sessions WHERE expires_at > UTC_TIMESTAMP()",
            metric="ActiveSessions",
        )
    keys = {
        choice.kind: choice.identifier,
        "vpc_id": choice.vpc_id,
        choice.engine.connects_to: choice.schema,
    }
    return _METRICS.substitute(
        namespace=choice.name.title().replace("-", ""),
        name=choice.name,
        database="\n".join(f"{key} = {json.dumps(value)}" for key, value in keys.items()),
        query="connections",
        sql=_CONNECTIONS[choice.engine.name],
        metric="Connections",
    )
