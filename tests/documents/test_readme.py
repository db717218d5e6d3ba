"""What the README shows is true of the code."""

import io
import json
import re
import subprocess
from pathlib import Path

import pytest
from rich.console import Console

from sidestep import paths
from sidestep.commands.cost.bill import after_free_tiers
from sidestep.commands.cost.comparison import compare
from sidestep.commands.cost.console_report import ways_table
from sidestep.config.loader import load_settings

README = (paths.ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = [paths.ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")]
DOCUMENTS += sorted((paths.ROOT / "docs").glob("*.md"))


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def test_the_costs_are_those_that_the_command_named_there_prints() -> None:
    # Given
    ((series, shown),) = re.findall(r"^\$ sidestep cost --series (\d+)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
    output = io.StringIO()

    # When
    console = Console(file=output, width=100)
    console.print(ways_table(compare(load_settings(paths.ROOT / "metrics.toml"), [series])), highlight=False)

    # Then
    printed = [line.rstrip() for line in output.getvalue().splitlines()]
    assert shown.splitlines() == ["...", *printed, "..."]


@pytest.mark.slow
@pytest.mark.parametrize(("shell", "source"), [("bash", "source"), ("sh", ".")])
def test_one_line_puts_all_tools_on_the_path(shell: str, source: str) -> None:
    # Given a shell without these tools
    (folder,) = re.findall(r"^\$ source (\S+)$", README, re.MULTILINE)
    found = 'for tool in sidestep cdk node pytest python; do command -v "$tool" || exit 1; done'

    # When
    done = subprocess.run(
        [shell, "-c", f"{source} {folder} && {found} && cdk --version && node --version"],
        cwd=paths.ROOT,
        env={"PATH": "/usr/bin:/bin", "CDK_DISABLE_CLI_TELEMETRY": "true"},
        capture_output=True,
        text=True,
        check=False,
    )

    # Then
    assert done.returncode == 0, done.stdout + done.stderr
    *tools, cdk, node = done.stdout.splitlines()
    assert {Path(path).parent for path in tools} == {paths.ROOT / ".venv" / "bin"}
    pinned = json.loads((paths.ROOT / "package.json").read_text(encoding="utf-8"))["dependencies"]["aws-cdk"]
    assert cdk.split()[0] == pinned
    assert node.startswith("v24.")


def test_the_highest_reading_is_named_beside_the_costs() -> None:
    reading = compare(load_settings(paths.ROOT / "metrics.toml"), ["3"]).highest_reading
    assert f"if start and end count as well, Sidestep standard costs {reading.dollars:.2f}." in README


def test_the_sample_costs_what_is_said() -> None:
    sample = compare(load_settings(paths.ROOT / "metrics.toml")).sample
    assert f"about USD {after_free_tiers(sample):.0f} a month" in README


def test_the_example_configuration_is_valid_and_shows_every_default(tmp_path: Path) -> None:
    # Given
    (example,) = blocks("toml")
    shown, least = tmp_path / "shown.toml", tmp_path / "least.toml"
    shown.write_text(example, encoding="utf-8")
    left_out = r"^(workflow|timeout|max_series|on_\w+) = .*\n"
    least.write_text(re.sub(left_out, "", example, flags=re.MULTILINE), encoding="utf-8")

    # When
    (query,) = load_settings(shown).queries

    # Then
    assert load_settings(least).queries == (query,)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_every_make_target_named_exists(document: Path) -> None:
    # Given
    targets = set(re.findall(r"^(\w+):", (paths.ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))

    # When
    named = set(re.findall(r"(?:`|\$ )make (\w+)", document.read_text(encoding="utf-8")))

    # Then
    assert named <= targets
    assert document.name != "README.md" or {"demo", "test", "deploy", "destroy"} <= named


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_every_address_elsewhere_is_one(document: Path) -> None:
    # Given what `make check` does not look up: it has no network
    links = re.findall(r"\]\(([^)\n]+)\)", document.read_text(encoding="utf-8"))
    addresses = [link for link in links if "://" in link]

    # Then
    form = re.compile(r"https://[a-z0-9-]+(\.[a-z0-9-]+)+(/[\w./~%+-]*)?(\?[\w=&%-]+)?(#[\w.-]+)?")
    assert [address for address in addresses if not form.fullmatch(address)] == []
