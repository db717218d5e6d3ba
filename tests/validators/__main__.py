"""`python -m tests.validators` runs all validators, or those that the command line names, and prints what is new."""

import argparse
import sys
from collections.abc import Sequence

from tests.validators import findings
from tests.validators.environments import FOLDER
from tests.validators.findings import Answer, AnswerError, Finding
from tests.validators.templates import SynthesisError, write_broken_definition, write_templates
from tests.validators.tools import TOOLS, Tool, ToolError


def main() -> int:
    """Return 1 if a finding has no answer or an answer no finding, and 2 if an app or a validator did not run."""
    tools = _options()
    try:
        answers = findings.load_answers()
        templates = write_templates(FOLDER / "templates")
        broken = write_broken_definition(FOLDER / "templates", templates)
        print(f"{len(templates)} templates, and the definition in each", flush=True)
        results = [_report(tool, tool.findings(templates, broken), answers) for tool in tools]
    except (AnswerError, SynthesisError, ToolError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0 if all(results) else 1


def _report(tool: Tool, found: Sequence[Finding], answers: Sequence[Answer]) -> bool:
    """Print a line for a tool, and one for whatever is wrong; return whether nothing is."""
    own = [answer for answer in answers if answer.tool == tool.name]
    wrong = [*findings.unanswered(found, own), *findings.unused(found, own)]
    print(f"{tool.name}: findings: {len(found)}, answers: {len(own)}", flush=True)
    for one in wrong:
        print(f"  {'no answer' if isinstance(one, Finding) else 'no finding'}: {one}", flush=True)
    return not wrong


def _options() -> list[Tool]:
    parser = argparse.ArgumentParser(prog="python -m tests.validators", description=__doc__)
    names = [tool.name for tool in TOOLS]
    # argparse also looks for the default, an empty list, among the choices.
    parser.add_argument("tools", nargs="*", metavar="TOOL", choices=[[], *names], help=", ".join(names))
    chosen = parser.parse_args().tools
    return [tool for tool in TOOLS if not chosen or tool.name in chosen]


if __name__ == "__main__":
    sys.exit(main())
