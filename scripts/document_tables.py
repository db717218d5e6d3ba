"""The tables and outputs from the code that `make docs` writes into the documents.

The documents call these functions in the comments that cog reads. Each function returns Markdown.
"""

import ast
import json
import os
import re
import tempfile
import tomllib
from collections.abc import Mapping
from functools import cache
from math import log2
from pathlib import Path
from textwrap import fill
from typing import Any, Final

import boto3
from typer.testing import CliRunner

from scripts.markdown import block, fence, table
from sidestep import paths, prices
from sidestep.cli.main import GROUPS, app
from sidestep.commands.cost.bill import Way
from sidestep.commands.cost.ways import REMARKS
from sidestep.config import cloudwatch, limits, schedule
from sidestep.config.alarm_windows import window_for_missing_runs
from sidestep.config.certificates import KNOWN, shipped_regions
from sidestep.config.limits import Timing
from sidestep.config.receivers import publish_statement
from sidestep.config.schedule import Schedule
from sidestep.config.validation.runs import MAX_QUERIES
from sidestep.lambdas.query_database import aggregates, columns, kept_slices, page
from sidestep.lambdas.query_database.event import OLDEST
from sidestep.local.foreground import introduction
from sidestep.prices import ANOMALY_ALARM_METRICS
from sidestep.resource_names import PREFIX, alarm_prefix, stack_name
from tests.acceptance import claims as acceptance_claims

FOLDERS: Final[Mapping[str, str]] = {
    "`metrics.toml`": "The queries, and the metrics that they become.",
    "`app.py`": "The CDK app: one stack for each database.",
    "`statemachine/`": "The workflow, in Amazon States Language.",
    "`examples/`": "CDK apps that use Sidestep's construct.",
    "`scripts/`": "Programs for releases, documents and the picture of the demo; `fleet.py` is the simulation of "
    "[Limits](limits.md#500-databases).",
    "`benchmarks/`": "Writes [benchmarks.md](benchmarks.md).",
    "`tests/`": "The tests: [Contributing](../CONTRIBUTING.md#find-your-way) lists the folders.",
}
"""The folders without a docstring, for docs/architecture.md."""

ALARM_SCHEDULES: Final = ("rate(5 minutes)", "rate(1 day)", "cron(0 8 ? * MON-FRI *)")
TIME_SCHEDULES: Final = ("rate(1 minute)", "rate(5 minutes)", "rate(1 hour)")


LOCAL_COMMANDS: Final = ("source .venv/bin/activate", "cdk bootstrap", "cdk deploy --all", "sidestep prepare shop")
"""The commands that the local cloud prints for the shipped file."""


def units() -> str:
    """Return the units of CloudWatch."""
    return block(fill(", ".join(f"`{unit}`" for unit in cloudwatch.UNITS), width=120))


def size_limits() -> str:
    """Return the limits on the size of a file, a result and a run."""
    return table(
        ("Limit", "Value"),
        (
            ("Queries of a database", f"{MAX_QUERIES}"),
            ("Timeouts of all queries of a run, together", f"{limits.MAX_QUERY_SECONDS} s"),
            ("Time for each page of 1,000 series after the first page", f"{limits.PAGE_SECONDS} s"),
            (
                "Absolute value of a number, except 0",
                f"2^{log2(columns.MIN_VALUE):g} to 2^{log2(columns.MAX_VALUE):g}",
            ),
            ("Whole numbers without rounding", f"up to 2^{log2(columns.MAX_EXACT_INTEGER):g}"),
            ("Characters of a metric or dimension name", f"{cloudwatch.NAME_LIMIT}"),
            ("Characters of a dimension value", f"{columns.MAX_DIMENSION_VALUE:,}"),
            ("Characters of a fixed dimension value", f"{cloudwatch.VALUE_LIMIT}"),
            ("Dimensions of a series, fixed ones included", f"{cloudwatch.MAX_DIMENSIONS}"),
            ("Characters of a schedule expression", f"{schedule.MAX_EXPRESSION}"),
            ("Longest rate", f"{schedule.LONGEST_RATE.days} days"),
            ("Age of a scheduled time", f"{OLDEST.days} days"),
            ("Values of a page", f"{page.MAX_DATUMS:,}"),
            ("Size of a page", f"about {page.MAX_BYTES // 1024} KB"),
            ("Distinct values of a distribution in one datum", f"{aggregates.MAX_UNIQUE_VALUES}"),
            ("Disk space for the unpublished pages of a run", f"{kept_slices.MAX_BYTES // 2**20} MB"),
        ),
    )


def run_seconds() -> str:
    """Return how long the queries and further pages of a run may take, by schedule and workflow."""
    rows = [
        (
            f"`{expression}`",
            *(
                f"{Timing(Schedule(expression), workflow).available_seconds:,} s"
                for workflow in limits.MAX_RUN_SECONDS
            ),
        )
        for expression in TIME_SCHEDULES
    ]
    return table(("Schedule", *(workflow.capitalize() for workflow in limits.MAX_RUN_SECONDS)), rows)


def published() -> str:
    """Return the metrics that the example of README.md publishes for the sample database."""
    example, *_ = re.findall(r"^```toml\n(.*?)^```$", _read("README.md"), re.DOTALL | re.MULTILINE)
    document = json.loads(_output(example, "check", "--local", "--json"))
    rows = []
    for request in document["runs"][0]["requests"]:
        for datum in request["MetricData"]:
            dimensions = ", ".join(f"{one['Name']} = {one['Value']}" for one in datum["Dimensions"])
            rows.append((request["Namespace"], datum["MetricName"], dimensions, f"{datum['Value']}", datum["Unit"]))
    return table(("Namespace", "Metric", "Dimension", "Value", "Unit"), rows)


def ways(*left_out: str) -> str:
    """Return the monthly cost of architectures for the shipped metrics.toml, and their differences."""
    rows = [
        (bill["name"], REMARKS[Way(bill["way"])], *_dollars(bill["listed"], bill["after_free_tiers"]))
        for bill in _costs()["bills"]
        if bill["way"] not in left_out
    ]
    return table(("USD a month", "Remarks", "List price", "After free tiers"), rows, numbers=2)


def sample_costs() -> str:
    """Return the monthly cost of the sample database."""
    sample = _costs()["sample"]
    rows = [(line["what"], *_dollars(line["listed"])) for line in sample["lines"]]
    return table(("USD a month", "List price"), [*rows, ("sum", *_dollars(sample["listed"]))], numbers=1)


def admitted() -> str:
    """Return the output of `sidestep check` for the shipped metrics.toml."""
    return _console(_read("metrics.toml"), "check")


def over_budget() -> str:
    """Return the output of `sidestep check` if the example of totals exceeds its budget."""
    found = re.findall(r"^```toml\n(.*?)^```$", _read("docs/configuration.md"), re.DOTALL | re.MULTILINE)
    (totals,) = [example for example in found if "rollup = true" in example and "namespace" not in example]
    head = 'namespace = "Shop"\nschedule = "rate(5 minutes)"\nbudget = 50\n\n[database.shop]\nsample = true\n\n'
    return _console(head + totals, "check")


def misspelt() -> str:
    """Return the output of `sidestep check` for a misspelt key."""
    return _console(_read("metrics.toml").replace("timeout = ", "timout = "), "check")


def commands() -> str:
    """Return the commands of `sidestep`, as its help describes them."""
    rows = [
        (f"`sidestep {command.__name__}`", _first_sentence(command.__doc__ or ""))
        for group in GROUPS.values()
        for command in group
    ]
    return table(("Command", "Description"), rows)


def alarm_delays() -> str:
    """Return how long the alarm on missing metrics waits, by schedule."""
    windows = {one: window_for_missing_runs([Timing(Schedule(one), "standard")]) for one in ALARM_SCHEDULES}
    rows = [(f"`{one}`", _duration(window.seconds)) for one, window in windows.items() if window]
    return table(("Schedule", "The alarm fires after"), rows)


def topic_policy() -> str:
    """Return the statement that the policy of a user's topic needs."""
    topic = "arn:aws:sns:eu-central-1:123456789012:pager"
    alarms = f"arn:aws:cloudwatch:eu-central-1:123456789012:alarm:{alarm_prefix(stack_name(PREFIX, 'shop'))}*"
    statement = publish_statement(topic, alarms=alarms, account="123456789012")
    return fence("json", json.dumps(statement, indent=2))


def monitoring_prices() -> str:
    """Return the monthly cost of alarms, dashboards and notifications."""
    items = (
        (f"An alarm; `above` and `below` are two, `anomaly` counts as {ANOMALY_ALARM_METRICS}", prices.ALARM),
        ("An alarm on a metric with dimensions, for each series that it watches", prices.INSIGHTS_ALARM),
        ("A dashboard", prices.DASHBOARD),
        ("The KMS key for e-mail addresses in `notify`, for each database", prices.KEY),
        (f"{prices.MAIL.per:,} e-mails", prices.MAIL),
        ("A GB of log lines, such as the logged rows of checks", prices.LOG_GB),
    )
    rows = [(item, f"{price.dollars:.2f}", f"{price.free:,}" if price.free else "none") for item, price in items]
    return table(("Item", "USD a month", "Free per account"), rows, numbers=2)


def shipped_roots() -> str:
    """Return the number of Regions whose roots are shipped, and the Regions of AWS's own partition that lack them."""
    missing = set(boto3.Session().get_available_regions("rds")) - shipped_regions()
    named = ", ".join(f"`{region}`" for region in sorted(missing))
    number = len(shipped_regions())
    return block(f"Sidestep ships the roots of {number} Regions.\nThese commercial Regions are missing: {named}.")


def certificate_files() -> str:
    """Return the certificate bundles of AWS that Sidestep knows, by their hashes."""
    return table(("SHA-256", "File"), ((f"`{digest}`", name) for digest, name in KNOWN.items()))


def local_shell() -> str:
    """Return the output of `make local`."""
    lines = introduction(
        "http://localhost:37551",
        LOCAL_COMMANDS,
    )
    return fence("console", f"$ make local\n{lines}")


def moto_patches() -> str:
    """Return the modules that fill gaps of moto."""
    modules = sorted((paths.ROOT / "sidestep" / "local" / "moto_patches").glob("[a-z]*.py"))
    return table(("Module", "Subject"), [(f"`{path.name}`", _subject(path)) for path in modules])


def claims() -> str:
    """Return the claims about AWS that the acceptance suite settles."""
    rows = [
        (claim.claim, claim.made, claim.shown, ", ".join(f"`{test}`" for test in claim.tests))
        for claim in acceptance_claims.claims()
    ]
    return table(("Claim", "Made in", "Shown today by", "Settled by"), rows)


def open_claims() -> str:
    """Return the claims about AWS that need more than the acceptance suite has."""
    rows = [(claim.claim, claim.made, claim.shown, claim.needs) for claim in acceptance_claims.open_claims()]
    return table(("Claim", "Made in", "Shown today by", "Needs"), rows)


def folders() -> str:
    """Return the folders of the repository with their subjects; a package has its own in its docstring."""
    packages = [
        path.parent for folder in ("lambdas", "sidestep") for path in (paths.ROOT / folder).glob("*/__init__.py")
    ]
    own = [
        (f"`{path.relative_to(paths.ROOT)}/`", _subject(path / "__init__.py"))
        for path in sorted(packages)
        if not path.is_symlink()
    ]
    return table(("Path", "Subject"), [*FOLDERS.items(), *own])


def layers() -> str:
    """Return a diagram of the packages of `sidestep`: each imports only packages below it."""
    contracts = tomllib.loads(_read("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    (contract,) = [one for one in contracts if one.get("containers") == ["sidestep"]]
    lines = ["flowchart TD"]
    rows = [[name.strip() for name in layer.split("|")] for layer in contract["layers"]]
    for number, names in enumerate(rows):
        lines.append(f'    layer{number}["{" · ".join(names)}"]')
    lines.append("    " + " --> ".join(f"layer{number}" for number in range(len(rows))))
    return fence("mermaid", "\n".join(lines))


def _subject(module: Path) -> str:
    """Return the first sentence of a module."""
    return _first_sentence(ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or "")


def _dollars(*amounts: float) -> list[str]:
    return [f"{amount:.2f}" for amount in amounts]


@cache
def _costs() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(_output(_read("metrics.toml"), "cost", "--series", "3", "--json"))
    return document


def _output(content: str, *words: str) -> str:
    """Return the output of a command for a metrics.toml, without the folder of the file."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / paths.METRICS_FILE).write_text(content, encoding="utf-8")
        try:
            os.chdir(folder)
            return CliRunner().invoke(app, words).output.replace(f"{Path(folder).resolve()}{os.sep}", "")
        finally:
            os.chdir(before)


def _console(content: str, *words: str) -> str:
    return fence("console", f"$ sidestep {' '.join(words)}\n{_output(content, *words).rstrip()}")


def _read(name: str) -> str:
    return (paths.ROOT / name).read_text(encoding="utf-8")


def _duration(seconds: int) -> str:
    minutes = seconds // 60
    return f"{minutes // 60} hours" if minutes > 60 else f"{minutes} minutes"  # noqa: PLR2004


def _first_sentence(docstring: str) -> str:
    paragraph = " ".join(docstring.partition("\n\n")[0].split())
    return re.split(r"(?<=\.) ", paragraph)[0]
