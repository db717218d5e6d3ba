"""What docs/configuration.md says is true of the code."""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic.fields import FieldInfo

from sidestep import paths, prices
from sidestep.config import cloudwatch, limits, schedule, settings
from sidestep.config.databases import KINDS
from sidestep.config.fields import Table
from sidestep.config.limits import Timing
from sidestep.config.loader import load_settings
from sidestep.config.schedule import Schedule
from sidestep.config.settings import Alarm, General, Metric, Query, Settings
from sidestep.config.validation.budget import summary
from sidestep.config.validation.runs import MAX_QUERIES
from sidestep.lambdas.query_database import aggregates, columns, kept_slices, page
from sidestep.lambdas.query_database.event import FIRST_KEYS, OLDEST, run_from
from sidestep.lambdas.query_database.queries import SET_COLUMNS
from sidestep.lambdas.query_database.queries import Query as DeployedQuery
from tests.documents.markdown import examples
from tests.unit.metrics_files import mistakes_of, write

PATH = paths.ROOT / "docs" / "configuration.md"
DOCUMENT = PATH.read_text(encoding="utf-8")
TEXT = " ".join(DOCUMENT.split())
EXAMPLES = examples(PATH)

DATABASES = tuple(dict.fromkeys(KINDS.values()))

TABLES: Mapping[str, tuple[type[Table], ...]] = {
    "Above the tables": (General,),
    "[database.NAME]": DATABASES,
    "[[query]]": (Query,),
    "[query.metrics]": (Metric,),
    "alarm": (Alarm,),
}

WRONG_TYPES = {
    "text": ("5", ["must be text", "is 5; allowed: "]),
    "list of text": ('"x"', ["must be a list"]),
    "true": ("1", ["must be true or false"]),
    "true or false": ("1", ["must be true or false"]),
    "whole number": ("1.5", ["must be a whole number"]),
    "number": ('"x"', ["must be a number"]),
    "table": ("5", ["must be a table"]),
    "table of text": ("{ x = 5 }", ["must be text"]),
}
"""A value that is not of a type, and what may be said of it."""

RUNS_A_MONTH = 30 * 24 * 12


def section(heading: str) -> str:
    (text,) = re.findall(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", DOCUMENT, re.DOTALL | re.MULTILINE)
    return str(text)


def rows(heading: str) -> dict[str, list[str]]:
    """Return the other cells of a section's table by key; several keys may share a row."""
    lines = [line.strip("|").split("|") for line in section(heading).splitlines() if line.startswith("| `")]
    return {
        key: [cell.strip() for cell in cells] for first, *cells in lines for key in re.findall(r"`([^`]+)`", first)
    }


def fields(models: Iterable[type[Table]]) -> dict[str, list[FieldInfo]]:
    """Return what models say of each key, as the file spells it."""
    found: dict[str, list[FieldInfo]] = {}
    for model in models:
        for name, info in model.model_fields.items():
            found.setdefault(info.alias or name, []).append(info)
    return found


def load(folder: Path, example: str) -> Settings:
    return load_settings(write(folder, example))


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_every_example_is_valid(tmp_path: Path, example: str) -> None:
    assert load(tmp_path, example).queries


@pytest.mark.parametrize("heading", TABLES)
def test_the_tables_have_the_keys_of_the_models(heading: str) -> None:
    assert set(rows(heading)) == {key for model in TABLES[heading] for key in model.key_names()}


@pytest.mark.parametrize("heading", TABLES)
def test_the_defaults_are_those_of_the_models(heading: str) -> None:
    # Given
    models = fields(TABLES[heading])

    # Then
    for key, (_, default, _) in rows(heading).items():
        infos = models[key]
        shown = re.fullmatch(r"`(.*)`", default)
        if shown:
            expected = tomllib.loads(f"value = {shown[1]}")["value"]
            found = [info.get_default(call_default_factory=True) for info in infos]
            assert [list(one) if isinstance(one, tuple) else one for one in found] == [expected] * len(found), key
        elif default == "needed":
            assert all(info.is_required() for info in infos), key
        elif default == "none":
            assert [info.get_default() for info in infos] == [None] * len(infos), key
        elif default == "needed beside `endpoint`":
            assert fields([KINDS["endpoint"]])[key][0].is_required(), key
            assert not any(info.is_required() for info in fields([KINDS["instance"]]).get(key, [])), key
        else:
            assert (heading, default) == ("[database.NAME]", ""), key
            assert key in KINDS


@pytest.mark.parametrize("heading", TABLES)
def test_the_types_are_those_of_the_models(tmp_path: Path, heading: str) -> None:
    for key, (kind, _, _) in rows(heading).items():
        # Given a value of another type
        wrong, complaints = WRONG_TYPES[kind]

        # When
        mistakes = mistakes_of(tmp_path, _only(heading, key, wrong))

        # Then
        about = [mistake for mistake in mistakes if re.search(rf"\b{key}\b.*?: ", mistake)]
        assert any(complaint in mistake for mistake in about for complaint in complaints), key


def _only(heading: str, key: str, value: str) -> str:
    """Return a file with one key in one table."""
    of_the_sample = key in KINDS["sample"].key_names() and key not in KINDS["endpoint"].key_names()
    kind = "" if key in KINDS else "sample = true" if of_the_sample else 'endpoint = "x.y"'
    return {
        "Above the tables": "",
        "[database.NAME]": f"[database.shop]\n{kind}\n",
        "[[query]]": "[[query]]\n",
        "[query.metrics]": "[[query]]\n[query.metrics.M]\n",
        "alarm": "[[query]]\n[query.metrics.M.alarm]\n",
    }[heading] + f"{key} = {value}"


def test_the_first_example_has_every_key() -> None:
    # Given
    content = tomllib.loads(EXAMPLES[0])
    (query,) = content["query"]
    (metric,) = query["metrics"].values()

    # Then
    of_a_file = {"certificates", "certificates_sha256"}  # which does not exist here
    assert set(content) == {*General.key_names(), "database", "query"} - of_a_file
    assert set(query) == set(Query.key_names())
    assert set(metric) == set(Metric.key_names())
    assert set(metric["alarm"]) == set(Alarm.key_names())


def test_the_units_are_all_units() -> None:
    (listed,) = re.findall(r"The units are CloudWatch's: (.*?)\.$", DOCUMENT, re.DOTALL | re.MULTILINE)
    assert tuple(re.findall(r"`([^`]+)`", listed)) == cloudwatch.UNITS


@pytest.mark.parametrize(
    ("phrase", "limit"),
    [
        ("of all metrics: 1 to {} letters", cloudwatch.NAME_LIMIT),
        ("metrics and dimensions have 1 to {} printable", cloudwatch.NAME_LIMIT),
        ("A fixed value has 1 to {} printable", cloudwatch.VALUE_LIMIT),
        ("with `fixed_dimensions` {} at most", cloudwatch.MAX_DIMENSIONS),
        ("1 to {} seconds, enforced by the database", settings.MAX_QUERY_TIMEOUT),
        ("A database has {} queries at most", MAX_QUERIES),
        ("one minute to {} days", schedule.LONGEST_RATE.days),
        ("schedule-types.html), {} characters at most", schedule.MAX_EXPRESSION),
        ("{} seconds for each 1,000 series after the first", limits.PAGE_SECONDS),
        ("{} s of timeouts at most", limits.MAX_QUERY_SECONDS),
        ("{} minutes a run at most", limits.MAX_RUN_SECONDS["express"] // 60),
        ("{} unique values in a datum", aggregates.MAX_UNIQUE_VALUES),
        ("more than {} unique values", aggregates.MAX_UNIQUE_VALUES),
        ("pages of at most {} values", page.MAX_DATUMS),
        ("more than {} values wants an ORDER BY", page.MAX_DATUMS),
        ("about {} KB", page.MAX_BYTES // 1024),
        ("at most {} MB of a run", kept_slices.MAX_BYTES // 2**20),
        ("A run has {} pages at most", page.MAX_PAGES),
        ("1 to {}, and no less than a single row has", settings.MAX_SERIES),
        ("text of 1 to {} printable", columns.MAX_DIMENSION_VALUE),
        ("Whole numbers beyond 2^{} are rounded", columns.MAX_EXACT_INTEGER.bit_length() - 1),
    ],
)
def test_limits_are_those_of_the_code(phrase: str, limit: int) -> None:
    assert phrase.format(f"{limit:,}") in TEXT


def test_limits_in_words_are_those_of_the_code() -> None:
    assert (columns.MIN_VALUE, columns.MAX_VALUE) == (2.0**-360, 2.0**360)
    assert "a size of 2^-360 to 2^360" in TEXT
    assert timedelta(weeks=2) == OLDEST
    assert "times of the last two weeks" in TEXT
    assert limits.MAX_RUN_SECONDS["standard"] == timedelta(hours=1).total_seconds()
    assert "the hour that a run may take at all" in TEXT


@pytest.mark.parametrize(
    ("seconds", "expression", "workflow"),
    [
        (30, "rate(1 minute)", "standard"),
        (270, "rate(5 minutes)", "standard"),
        (270, "rate(1 day)", "express"),
    ],
)
def test_what_fits_into_the_pause(seconds: int, expression: str, workflow: limits.WorkflowType) -> None:
    assert Timing(Schedule(expression), workflow).available_seconds == seconds
    assert "30 s in all at `rate(1 minute)`, 270 s at `rate(5 minutes)` and in any Express workflow" in TEXT


@pytest.mark.parametrize(("expression", "most"), [("rate(5 minutes)", 131_000), ("rate(1 day)", 1_781_000)])
def test_the_series_that_time_allows(expression: str, most: int) -> None:
    seconds = Timing(Schedule(expression), "standard").available_seconds - Query.model_fields["timeout"].default
    assert (seconds // limits.PAGE_SECONDS + 1) * page.MAX_DATUMS == most
    assert f"{most:,}" in section("Large results")


def test_the_columns_of_a_set_are_named() -> None:
    assert SET_COLUMNS == ("minimum", "maximum", "sum", "count")
    assert "literally `minimum`, `maximum`, `sum` and `count`" in section("Statistic sets")


def test_the_costs_are_the_computed_ones() -> None:
    # Given
    shown = re.findall(r"^\| .*? \| ([\d,.]+) \|$", section("Large results"), re.MULTILINE)
    series, series_pages = 25_000, 25

    # When
    transitions = RUNS_A_MONTH * (series_pages * 3 + 1)
    gb_seconds = RUNS_A_MONTH * series_pages * prices.EXPRESS_MEMORY
    requests = RUNS_A_MONTH * series_pages

    # Then
    costs = (
        prices.CUSTOM_METRIC.of(series, free_tier=True),
        prices.TRANSITION.of(transitions, free_tier=True),
        prices.EXPRESS_REQUEST.of(RUNS_A_MONTH, free_tier=True)
        + prices.EXPRESS_GB_SECOND.of(gb_seconds, free_tier=True),
        0,
    )
    assert shown == [f"{dollars:,.2f}" for dollars in costs]
    assert f"{requests:,} requests to CloudWatch" in TEXT
    assert requests <= min(prices.PUT_REQUEST.free, prices.LAMBDA_REQUEST.free)


def test_what_a_synth_says_of_costs_is_what_is_shown(tmp_path: Path) -> None:
    # Given the example with totals, and the budget above it
    (totals,) = [example for example in EXAMPLES if "orders_per_country" in example]

    # When
    (mistake,) = mistakes_of(tmp_path, f"budget = 50\n{totals}")
    line = summary(load_settings(paths.ROOT / "metrics.toml"), file="/home/me/sidestep/metrics.toml")

    # Then
    assert {mistake, line} <= set(DOCUMENT.splitlines())


def test_the_event_is_one_that_the_function_takes() -> None:
    # Given
    (shown,) = re.findall(r"^```json\n(.*?)^```$", DOCUMENT, re.DOTALL | re.MULTILINE)
    deployed = {"new_orders": DeployedQuery("new_orders", "", (), 10, 100, "skip", "skip", {})}

    # When
    event = json.loads(shown)

    # Then
    assert set(event) == set(FIRST_KEYS)
    asked = run_from(event, deployed, datetime(2026, 2, 1, tzinfo=UTC), "0" * 32)
    assert (asked.scheduled_time, [query.name for query in asked.queries]) == (
        event["ScheduledTime"],
        event["Queries"],
    )


def test_every_link_within_the_document_leads_somewhere() -> None:
    # Given
    headings = re.findall(r"^## (.*)$", DOCUMENT, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}

    # Then
    assert set(re.findall(r"\]\(#([^)]+)\)", DOCUMENT)) <= anchors
