"""What docs/comparison.md says of Sidestep is computed or measured."""

import re

from benchmarks.names import EXPORTER, SIDESTEP
from benchmarks.report import DATA
from benchmarks.results import Results
from sidestep import paths
from sidestep.commands.cost import ways
from sidestep.commands.cost.comparison import compare
from sidestep.config.limits import MAX_RUN_SECONDS
from sidestep.config.loader import load_settings
from sidestep.lambdas.query_database.page import MAX_DATUMS
from sidestep.prices import CUSTOM_METRIC

DOCUMENT = (paths.ROOT / "docs" / "comparison.md").read_text(encoding="utf-8")
TEXT = " ".join(DOCUMENT.split())


def test_the_costs_are_the_computed_ones() -> None:
    # Given
    rows = re.findall(r"^\| (.*?) \| .*? \| ([\d.]+) \| ([\d.]+) \|$", DOCUMENT, re.MULTILINE)

    # When
    bills = compare(load_settings(paths.ROOT / "metrics.toml"), ["3"]).bills

    # Then
    assert rows == [(bill.way.words, f"{bill.listed:.2f}", f"{bill.after_free_tiers:.2f}") for bill in bills]


def test_the_limits_are_those_of_the_code() -> None:
    assert f"pages of {MAX_DATUMS:,} values" in TEXT
    assert f"any, within {MAX_RUN_SECONDS['express'] // 60} minutes" in TEXT
    assert f"| {ways.MAX_ANSWER // 2**20} MB, what one function hands the other |" in TEXT
    assert f"custom metrics at {CUSTOM_METRIC.dollars:.2f} each" in TEXT
    assert "once a minute at most" in TEXT  # test_schedule: rate(1 minute) is the shortest


def test_the_exporter_is_quicker_and_takes_more_memory_as_is_said() -> None:
    # When
    runs = [run for engine in Results.load(DATA).engines.values() for run in engine.runs.items()]

    # Then "less time at each size, and more memory from 10,000 series on"
    assert all(run[EXPORTER].seconds < run[SIDESTEP].seconds for _, run in runs)
    assert all((run[EXPORTER].megabytes > run[SIDESTEP].megabytes) == (series >= 10_000) for series, run in runs)
