"""`sidestep cost` in a process of its own."""

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sidestep import paths
from tests.command import completed
from tests.unit.metrics_files import GOOD, query, write

if TYPE_CHECKING:
    import subprocess

pytestmark = pytest.mark.slow

SHIPPED_SUM = "sum 34."
"""101 series: 30.30 for the metrics, 3.00 for the dashboard, 0.86 for state transitions, 0.10 for the alarm, and some
cents that depend on the measured run.
"""


def run(*words: str | Path, columns: int = 100, **variables: str) -> "subprocess.CompletedProcess[str]":
    environment = {"PATH": os.environ["PATH"], "COLUMNS": str(columns), **variables}
    return completed(["cost", *words], env=environment, cwd=paths.ROOT)


def rows(output: str) -> list[str]:
    """Return the lines with single spaces."""
    return [" ".join(line.split()) for line in output.splitlines()]


def test_the_bill_has_its_lines_and_the_other_ways() -> None:
    # When
    result = run()

    # Then
    assert (result.returncode, result.stderr) == (0, "")
    shown = rows(result.stdout)
    assert "state transitions 34,560 0.025 per 1,000 4,000 0.86 0.76" in shown
    assert "custom metrics 101 0.30 per metric 10 30.30 27.30" in shown
    assert any(row.startswith(SHIPPED_SUM) for row in shown)
    assert any(row.startswith("sample database ") and row.endswith(" 14.22 14.22") for row in shown)
    assert any(row.startswith("NAT gateway 36.01 69.") for row in shown)
    (reading,) = [row for row in shown if "51,840" in row]
    assert {"1.20", "0.76."} <= set(reading.split())
    assert any("Series: max_series" in row for row in shown)


@pytest.mark.parametrize("columns", [100, 80, 60])
def test_the_output_fits_a_terminal_and_is_not_cut_off_in_a_pipe(columns: int) -> None:
    # When the output is a terminal, and when it is not
    on_terminal = re.sub(r"\x1b\[[0-9;]*m", "", run(columns=columns, FORCE_COLOR="1").stdout).splitlines()
    in_pipe = run(columns=columns).stdout

    # Then
    assert max(map(len, on_terminal)) <= columns
    assert not any("…" in line for line in on_terminal)
    assert "\x1b" not in in_pipe
    assert in_pipe == run(columns=1000).stdout
    assert not any(line.endswith(" ") for line in in_pipe.splitlines())


def test_the_bill_of_another_way_is_shown_on_request() -> None:
    shown = rows(run("--way", "nat-gateway", "--series", "3").stdout)
    assert "NAT gateway, 1 zone 720 0.045 per hour 32.40 32.40" in shown
    assert not any(line.startswith("state transitions") for line in shown)


def test_json_has_every_line_of_every_way(tmp_path: Path) -> None:
    # Given
    plans = query("plans", 'dimensions = ["Plan"]', "max_series = 50", "metrics = { Plans = {} }")

    # When
    result = run("--json", "--series", "plans=4", "--file", write(tmp_path, "budget = 20\n" + GOOD + plans))

    # Then
    assert (result.returncode, result.stderr) == (0, "")
    content = json.loads(result.stdout)
    assert (content["region"], content["currency"], content["days"]) == ("us-east-1", "USD", 30)
    assert (content["workflow"], content["budget"]) == ("standard", 20)
    assert content["series"] == {"orders": 1, "plans": 4}
    bills = {bill["way"]: bill for bill in content["bills"]}
    assert list(bills) == [
        "standard",
        "express",
        "two-functions",
        "embedded-metrics",
        "ipv6-function",
        "data-api",
        "interface-endpoint",
        "nat-gateway",
    ]
    for bill in bills.values():
        assert bill["listed"] == pytest.approx(sum(line["listed"] for line in bill["lines"]), abs=1e-4)
        assert all(
            re.fullmatch(r"https://aws\.amazon\.com/.*/pricing/", line["price"]["source"]) for line in bill["lines"]
        )
    (metrics,) = [line for line in bills["standard"]["lines"] if line["what"] == "custom metrics"]
    assert (metrics["quantity"], metrics["listed"], metrics["after_free_tiers"]) == (5, 1.5, 0)
    assert content["sample"]["listed"] == pytest.approx(14.22)
    assert content["highest_reading_of_transitions"]["transitions"] == 51_840
    assert content["cheapest"]["after_free_tiers"] in bills


def test_several_databases_are_one_bill(tmp_path: Path) -> None:
    # Given
    second = query("b", 'database = "other"', 'schedule = "rate(1 hour)"', "metrics = { B = {} }")
    first = GOOD.replace('name = "orders"', 'name = "orders"\ndatabase = "shop"')
    text = first.replace("[[query]]", "[database.other]\nsample = true\n[[query]]", 1) + second

    # When
    shown = rows(run("--file", write(tmp_path, text)).stdout)

    # Then
    assert "each database alone runs pages series alarms list" in shown
    assert any(line.startswith("shop 8,640 8,640 1 1 ") for line in shown)
    assert any(line.startswith("other 720 720 1 1 ") for line in shown)
    assert "state transitions 37,440 0.025 per 1,000 4,000 0.94 0.84" in shown


def test_the_budget_is_named(tmp_path: Path) -> None:
    text = " ".join(rows(run("--file", write(tmp_path, "budget = 20\n" + GOOD)).stdout))
    assert "USD 20.00" in text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--file", "nowhere.toml"], "nowhere.toml: "),
        (["--series", "plan=3"], "--series plan=3: "),
    ],
)
def test_an_error_has_a_message_and_exit_code_2(words: list[str], message: str) -> None:
    result = run(*words)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith(message)


def test_every_error_of_the_file_is_printed(tmp_path: Path) -> None:
    result = run("--file", write(tmp_path, GOOD.replace("[query.metrics]", "timout = 1\n[query.metrics]")), "--json")
    assert (result.returncode, result.stdout) == (2, "")
    assert 'metrics.toml: query "orders": timout: ' in result.stderr
