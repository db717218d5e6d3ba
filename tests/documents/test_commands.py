"""The commands, options, paths and addresses in the documents exist."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from sidestep import paths
from sidestep.cli.main import GROUPS
from tests.documents.markdown import DOCUMENTS, text

README = paths.ROOT / "README.md"

COMMANDS = {command.__name__: command for commands in GROUPS.values() for command in commands}

OPTIONS = [
    pytest.param(name, options, id=f"{document.name}: {name} {options}")
    for document in DOCUMENTS
    for name, options in re.findall(r"\bsidestep (\w+) ([^`\n]*--[^`\n]*)", text(document))
]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_every_command_exists(document: Path) -> None:
    named = set(re.findall(r"(?:`|\$ (?:\.venv/bin/)?)sidestep (\w+)", text(document)))
    assert named <= set(COMMANDS)


def test_every_command_is_in_a_document() -> None:
    explained = " ".join(text(paths.ROOT / "docs" / name) for name in ("operations.md", "local-cloud.md"))
    assert [name for name in COMMANDS if f"`sidestep {name}`" not in explained] == []


@pytest.mark.parametrize(("name", "options"), OPTIONS)
def test_every_documented_option_exists(name: str, options: str) -> None:
    known = {parameter.replace("_", "-") for parameter in COMMANDS[name].__annotations__}
    named = set(re.findall(r"--([a-z-]+)", options))
    assert named <= known | {"print", "json"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_every_make_target_exists(document: Path) -> None:
    targets = set(re.findall(r"^(\w+):", text(paths.ROOT / "Makefile"), re.MULTILINE))
    assert set(re.findall(r"(?:`|\$ )make (\w+)", text(document))) <= targets


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_every_path_exists(document: Path) -> None:
    roots = "|".join(re.escape(folder.name) for folder in paths.ROOT.iterdir() if folder.is_dir())
    named = set(re.findall(rf"`((?:{roots})/[\w./]*)`", text(document)))
    assert [path for path in sorted(named) if not (paths.ROOT / path).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_every_external_link_is_a_valid_url(document: Path) -> None:
    # Given what `make check` does not look up: it has no network
    links = re.findall(r"\]\(([^)\n]+)\)", text(document))
    addresses = [link for link in links if "://" in link]

    # Then
    form = re.compile(r"https://[a-z0-9-]+(\.[a-z0-9-]+)+(/[\w./~%+-]*)?(\?[\w=&%-]+)?(#[\w.-]+)?")
    assert [address for address in addresses if not form.fullmatch(address)] == []


@pytest.mark.slow
@pytest.mark.parametrize(("shell", "source"), [("bash", "source"), ("sh", ".")])
def test_one_line_puts_all_tools_on_the_path(shell: str, source: str) -> None:
    # Given a shell without these tools
    (folder,) = re.findall(r"^\$ source (\S+)$", text(README), re.MULTILINE)
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
    pinned = json.loads(text(paths.ROOT / "package.json"))["dependencies"]["aws-cdk"]
    assert cdk.split()[0] == pinned
    assert node.startswith("v24.")
