"""The report has each test on each cloud, and the reason of each one that did not pass."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import pytest

from tests.acceptance.claims import claims
from tests.acceptance.clouds.cloud import CloudFacts, Feature
from tests.acceptance.report import CLAIM, NOT_RUN, Report


class StandIn:
    """A cloud that only has a description."""

    name = "local"
    lacks: Mapping[Feature, str] = {}
    remarks: Sequence[str] = ("Nothing is billed.",)
    facts = CloudFacts(region="eu-central-2", environment={}, versions={"moto": "5.2.5"})


def ended(
    test: str,
    outcome: Literal["passed", "failed", "skipped"],
    *,
    when: Literal["setup", "call", "teardown"] = "call",
    reason: str | tuple[str, int, str] | None = None,
    claims: Sequence[tuple[str, str]] = (),
    file: str = "test_2_runs.py",
) -> pytest.TestReport:
    """Return pytest's report of a test."""
    return pytest.TestReport(
        nodeid=f"tests/acceptance/{file}::{test}",
        location=("test_2_runs.py", 1, test),
        keywords={},
        outcome=outcome,
        longrepr=reason,
        when=when,
        duration=2.5,
        user_properties=[(CLAIM, claim) for claim in claims],
    )


def skipped(reason: str) -> tuple[str, int, str]:
    return ("test_2_runs.py", 1, f"Skipped: {reason}")


def rows(text: str, heading: str) -> list[list[str]]:
    """Return the rows of the table below a heading, without its head."""
    _, _, section = text.partition(f"{heading}\n")
    lines = [line for line in section.partition("\n#")[0].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


@pytest.fixture
def written(tmp_path: Path) -> str:
    """Return the report of four tests on one cloud, two of them also on another one."""
    report = Report(tmp_path / "report.md")
    report.add_cloud(StandIn())  # type: ignore[arg-type]
    for one in (
        ended("test_a_run_succeeds[local]", "passed"),
        ended("test_a_run_succeeds[aws]", "passed"),
        ended("test_a_run_succeeds[aws]", "failed", when="teardown", reason="left behind"),
        ended("test_an_alarm_fires[local]", "skipped", when="setup", reason=skipped("evaluates alarms: never")),
        ended("test_an_alarm_fires[aws]", "failed", when="setup", reason="no credentials"),
        ended("test_it_is_deployed[local]", "failed", reason="CREATE_FAILED"),
        ended("test_it_is_destroyed[local]", "skipped", when="setup", reason=skipped(f"{NOT_RUN}: test_x failed")),
    ):
        report.pytest_runtest_logreport(one)
    report.pytest_sessionfinish()
    return (tmp_path / "report.md").read_text(encoding="utf-8")


def test_each_test_has_an_outcome_on_each_cloud(written: str) -> None:
    assert rows(written, "## Tests") == [
        ["a run succeeds", "passed", "failed"],
        ["an alarm fires", "skipped", "failed"],
        ["it is deployed", "failed", ""],
        ["it is destroyed", NOT_RUN, ""],
    ]
    assert rows(written, "# Acceptance report") == [
        ["local", "1 passed, 1 failed, 1 skipped, 1 not run", "10"],
        ["aws", "0 passed, 2 failed, 0 skipped, 0 not run", "8"],
    ]


def test_skips_and_failures_have_their_reasons(written: str) -> None:
    assert rows(written, "## Skipped") == [["local", "an alarm fires", "evaluates alarms: never"]]
    for reason in ("left behind", "no credentials", "CREATE_FAILED"):
        assert reason in written


def test_remarks_name_their_cloud(written: str) -> None:
    assert rows(written, "## Remarks") == [["local", "Nothing is billed."]]
    assert ["local: moto", "5.2.5"] in rows(written, "## Versions")


@pytest.mark.parametrize("outcome", ["passed", "failed"])
def test_a_claim_has_the_outcome_of_its_tests_and_the_answers(
    tmp_path: Path, outcome: Literal["passed", "failed"]
) -> None:
    # Given a claim that two tests settle
    claim = next(one for one in claims() if one.id == "free-plan")
    first, second = (test.removeprefix("acceptance/").split("::") for test in claim.tests)
    report = Report(tmp_path / "report.md")

    # When
    answers = [("free-plan", "plan PAID|ACTIVE\nof account 123456789012")]
    report.pytest_runtest_logreport(ended(f"{first[1]}[aws]", "passed", claims=answers, file=first[0]))
    report.pytest_runtest_logreport(ended(f"{second[1]}[aws]", outcome, file=second[0], reason="no"))
    report.pytest_sessionfinish()

    # Then
    written = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert f"| {claim.claim} | {outcome} | aws: plan PAID\\|ACTIVE of account <account> |" in written
    assert f"| {claims()[-1].claim} | {NOT_RUN} |  |" in written
