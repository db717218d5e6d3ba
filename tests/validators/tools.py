"""The validators: how each is run on all files, and how its output becomes findings.

A tool with an output of its own has a parser here. The others are libraries: a program in programs/ runs each of them
in its environment, and prints a JSON list of objects with the keys rule, file, resource and message.
"""

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from tests.validators.environments import HERE, node_environment, python_environment
from tests.validators.findings import Finding
from tests.validators.templates import BROKEN, Template

PROGRAMS: Final = HERE / "programs"


class ToolError(Exception):
    """A tool did not run, or did not read all files; the message has its output."""


class Raw(NamedTuple):
    """A finding in the words of a tool: `resource` is a logical ID, or a place in a definition."""

    rule: str
    file: str
    resource: str
    message: str


@dataclass(frozen=True, slots=True)
class Tool:
    """A validator.

    Attributes:
        command: from the files to the command that prints findings; it installs the tool.
        parse: from what it prints to findings.
        definitions: whether it reads definitions; otherwise it reads templates.
        exit_codes: those of a complete run, with or without findings.
        variables: what it needs in its environment.
    """

    name: str
    command: Callable[[Sequence[Path]], list[str | Path]]
    parse: Callable[[str], Iterator[Raw]]
    definitions: bool = False
    exit_codes: tuple[int, ...] = (0,)
    variables: Callable[[], Mapping[str, str]] = dict

    def findings(self, templates: Sequence[Template], broken: Path) -> list[Finding]:
        """Run it on all files, a broken definition included.

        Raises:
            ToolError: it did not run.
        """
        definitions = [one.definition for one in templates if one.definition]
        files = [*definitions, broken] if self.definitions else [one.file for one in templates]
        process = subprocess.run(
            self.command(files),
            cwd=broken.parent,  # not the repository, whose configuration of cfn-lint leaves rules out
            env=os.environ | self.variables(),
            capture_output=True,
            text=True,
            check=False,
        )
        if process.returncode not in self.exit_codes:
            raise ToolError(f"{self.name} ended with {process.returncode}: {process.stdout}{process.stderr}")
        try:
            found = list(self.parse(process.stdout))
        except (ValueError, KeyError) as error:
            raise ToolError(f"{self.name}: cannot read its output: {process.stdout}{process.stderr}") from error
        return [self._finding(one, templates) for one in found]

    def _finding(self, raw: Raw, templates: Sequence[Template]) -> Finding:
        name = Path(raw.file).name
        for template in templates:
            if name in template.names:
                resource = raw.resource if self.definitions else template.construct(raw.resource)
                return Finding(self.name, raw.rule, template.source, resource, raw.message)
        if name.removesuffix(".asl.json") != BROKEN:
            raise ToolError(f"{self.name} names a file that it was not given: {raw.file}")
        return Finding(self.name, raw.rule, BROKEN, f"{BROKEN}: {raw.resource}", raw.message)


def parse_program(output: str) -> Iterator[Raw]:
    """Read the output of a program in programs/."""
    for one in json.loads(output):
        yield Raw(one["rule"], one["file"], one["resource"], one["message"])


def parse_cfn_lint(output: str) -> Iterator[Raw]:
    """Read `cfn-lint --format json`. A finding of the whole template has no resource."""
    for match in json.loads(output):
        path = match["Location"]["Path"]
        resource = path[1] if path[:1] == ["Resources"] else ""
        yield Raw(match["Rule"]["Id"], match["Filename"], resource, match["Message"])


def parse_checkov(output: str) -> Iterator[Raw]:
    """Read `checkov --output json`.

    Raises:
        ValueError: checkov could not parse a file.
    """
    report = json.loads(output)
    summary = report["summary"]
    if summary["parsing_errors"] or not summary["resource_count"]:
        raise ValueError(f"{summary['parsing_errors']} files not read, {summary['resource_count']} resources read")
    for check in report["results"]["failed_checks"]:
        _type, _, logical_id = check["resource"].partition(".")
        yield Raw(check["check_id"], check["file_path"], logical_id, check["check_name"])


def parse_statelint(output: str) -> Iterator[Raw]:
    """Read statelint's problems, which have no rules: the rule is the sentence without its place and value."""
    file = ""
    for line in output.splitlines():
        if line.endswith(".asl.json"):
            file = line
        elif line.startswith(" "):
            place = re.search(r"State Machine\S*", line)
            # " PLACE is 2 but should be a Float", or " No state found named NAME, referenced at PLACE"
            rule = re.sub(r"^ (State Machine\S* )?(is .* but )?|( named | to state ).*", "", line)
            yield Raw(rule, file, place[0] if place else "", line.strip())


def _program(environment: str, name: str) -> Callable[[Sequence[Path]], list[str | Path]]:
    return lambda files: [python_environment(environment) / "python", PROGRAMS / name, *files]


def _cfn_lint(files: Sequence[Path]) -> list[str | Path]:
    program = python_environment("cfn-lint") / "cfn-lint"
    rules = ["--append-rules", "cfn_lint_serverless.rules", "--regions", "ALL_REGIONS", "--format", "json"]
    return [program, "--template", *files, *rules]


def _checkov(files: Sequence[Path]) -> list[str | Path]:
    program = python_environment("checkov") / "checkov"
    # Without what its platform adds to the rules.
    options = ["--framework", "cloudformation", "--output", "json", "--compact", "--quiet", "--skip-download"]
    named = [word for file in files for word in ("--file", str(file))]
    return [program, *options, *named]


TOOLS: Final = (
    Tool(
        "statelint",
        lambda files: [python_environment("statelint") / "statelint", *files],
        parse_statelint,
        definitions=True,
        exit_codes=(0, 1),
    ),
    Tool(
        "language-service",
        lambda files: ["node", PROGRAMS / "definitions.cjs", *files],
        parse_program,
        definitions=True,
        variables=lambda: {"NODE_PATH": str(node_environment("language_service"))},
    ),
    Tool("cfn-lint", _cfn_lint, parse_cfn_lint, exit_codes=(0, *range(2, 16, 2))),
    Tool("cloudformation-validate", _program("cloudformation-validate", "templates.py"), parse_program),
    Tool("checkov", _checkov, parse_checkov, exit_codes=(0, 1)),
    Tool("cfripper", _program("cfripper", "templates_of_cfripper.py"), parse_program),
    Tool("parliament", _program("parliament", "policies.py"), parse_program),
)
"""All validators, the quickest first."""
