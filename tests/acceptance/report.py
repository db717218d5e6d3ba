"""The report of an acceptance run: versions, each test on each cloud, skips with their reasons, and observations."""

import json
import platform
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

import pytest

from scripts.markdown import fence, table
from sidestep import paths
from tests.acceptance.claims import Claim, claims
from tests.acceptance.clouds.cloud import Cloud
from tests.acceptance.redaction import redacted

CLAIM: Final = "claim"
"""The name of a test's property with the id of a claim and what the cloud answered."""

NOT_RUN: Final = "not run"


@dataclass
class TestOnCloud:
    """What became of a test on a cloud."""

    __test__ = False  # pytest takes the class for one of tests

    test: str
    cloud: str
    outcome: str = NOT_RUN
    reason: str = ""
    seconds: float = 0
    claims: list[tuple[str, str]] = field(default_factory=list)


class Report:
    """A plugin of pytest that follows a run, and writes a Markdown file at its end."""

    def __init__(self, file: Path) -> None:
        """Report into `file`."""
        self._file = file
        self._start = datetime.now(UTC)
        self._clouds: dict[str, Cloud] = {}
        self._results: dict[str, TestOnCloud] = {}

    def add_cloud(self, cloud: Cloud) -> None:
        """Add a cloud that runs."""
        self._clouds[cloud.name] = cloud

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Expect each test."""
        for item in session.items:
            self._result(item.nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Store the outcome of a test; a failure before or after it is one of the test."""
        result = self._result(report.nodeid)
        result.seconds += report.duration
        if report.when == "call" or report.outcome != "passed":
            result.outcome = report.outcome
        if report.failed:
            result.reason = report.longreprtext
        elif isinstance(report.longrepr, tuple):  # of a skipped test: file, line and message
            result.reason = report.longrepr[2].removeprefix("Skipped: ")
            result.outcome = NOT_RUN if result.reason.startswith(NOT_RUN) else report.outcome
        if report.when == "call":
            result.claims += [value for name, value in report.user_properties if name == CLAIM]  # type: ignore[misc]

    @pytest.hookimpl(trylast=True)  # after an interrupt, pytest's own implementation ends the clouds
    def pytest_sessionfinish(self) -> None:
        """Write the file."""
        self._file.write_text(redacted("\n".join(self._lines())), encoding="utf-8")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the counts of each cloud."""
        for name in self._names:
            terminalreporter.write_line(f"{name}: {self._counts(name)}")
        terminalreporter.write_line(f"report: {self._file}")

    def _result(self, nodeid: str) -> TestOnCloud:
        name, _, cloud = nodeid.rpartition("::")[2].removesuffix("]").partition("[")
        return self._results.setdefault(nodeid, TestOnCloud(name.removeprefix("test_").replace("_", " "), cloud))

    @property
    def _names(self) -> Sequence[str]:
        return list(dict.fromkeys(result.cloud for result in self._results.values()))

    def _of(self, cloud: str) -> list[TestOnCloud]:
        return [result for result in self._results.values() if result.cloud == cloud]

    def _counts(self, cloud: str) -> str:
        outcomes = [result.outcome for result in self._of(cloud)]
        return ", ".join(f"{outcomes.count(one)} {one}" for one in ("passed", "failed", "skipped", NOT_RUN))

    def _lines(self) -> Iterator[str]:
        yield "# Acceptance report\n"
        yield f"Sidestep {version('sidestep')}, commit {_commit()}, {self._start:%Y-%m-%d %H:%M} UTC."
        yield _table(["Cloud", "Tests", "Seconds"], self._cloud_rows(), numbers=1)
        yield "## Tests"
        yield _table(["Test", *self._names], self._test_rows())
        yield from self._section("Skipped", ["Cloud", "Test", "Reason"], self._reasons("skipped"))
        remarks = [(name, remark) for name, cloud in self._clouds.items() for remark in cloud.remarks]
        yield from self._section("Remarks", ["Cloud", "Remark"], remarks)
        yield "## Claims"
        yield _table(["Claim", *self._names, "Answers"], self._claim_rows())
        yield "## Versions"
        yield _table(["Of", "Version"], self._versions())
        for cloud, test, reason in self._reasons("failed"):
            yield f"## {cloud}: {test}"
            yield fence("text", reason)

    def _section(self, title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
        if rows:
            yield f"## {title}"
            yield _table(head, rows)

    def _cloud_rows(self) -> Iterator[list[str]]:
        for name in self._names:
            yield [name, self._counts(name), f"{sum(result.seconds for result in self._of(name)):.0f}"]

    def _test_rows(self) -> Iterator[list[str]]:
        for test in dict.fromkeys(result.test for result in self._results.values()):
            outcomes = {result.cloud: result.outcome for result in self._results.values() if result.test == test}
            yield [test, *(outcomes.get(name, "") for name in self._names)]

    def _claim_rows(self) -> Iterator[list[str]]:
        for claim in claims():
            answers = [
                f"{one.cloud}: {answer}"
                for one in self._results.values()
                for name, answer in one.claims
                if name == claim.id
            ]
            yield [claim.claim, *(self._settled(claim, cloud) for cloud in self._names), "; ".join(answers)]

    def _settled(self, claim: Claim, cloud: str) -> str:
        """Return the outcome of a claim: that of all of its tests, or the first that did not pass."""
        results = (self._results.get(f"tests/{test}[{cloud}]") for test in claim.tests)
        outcomes = [result.outcome if result else NOT_RUN for result in results]
        return next((one for one in ("failed", "skipped", NOT_RUN) if one in outcomes), "passed")

    def _reasons(self, outcome: str) -> list[tuple[str, str, str]]:
        return [(one.cloud, one.test, one.reason) for one in self._results.values() if one.outcome == outcome]

    def _versions(self) -> Iterator[list[str]]:
        yield ["Python", f"{platform.python_version()} on {platform.system()}"]
        command = paths.ROOT / "node_modules" / "aws-cdk" / "package.json"
        yield ["aws-cdk", json.loads(command.read_text(encoding="utf-8"))["version"]]
        for package in ("aws-cdk-lib", "boto3"):
            yield [package, version(package)]
        for name, cloud in self._clouds.items():
            yield from ([f"{name}: {part}", number] for part, number in cloud.facts.versions.items())


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: int = 0) -> str:
    """Return a table whose cells may have line breaks and bars."""
    cells = [[" ".join(cell.split()).replace("|", "\\|") for cell in row] for row in rows]
    return table(head, cells, numbers=numbers)


def _commit() -> str:
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"],  # noqa: S607
        cwd=paths.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or "unknown"
