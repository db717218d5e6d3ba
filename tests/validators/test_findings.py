"""Findings and answers: which finding an answer matches, and what is wrong with findings.toml."""

from pathlib import Path

import pytest

from tests.validators.findings import Answer, AnswerError, Finding, load_answers, unanswered, unused
from tests.validators.tools import TOOLS

LOGS = Finding("checkov", "CKV_AWS_158", "shipped/shop", "shop/Default/Workflow/Logs", "encrypted by ['KMS']?")

ENTRY = """
[[answer]]
tool = "checkov"
rule = "CKV_AWS_158"
resources = ["*/Logs"]
reason = "AWS's key encrypts them."
"""


def answer(*resources: str, tool: str = LOGS.tool, rule: str = LOGS.rule, message: str = "*") -> Answer:
    return Answer(tool, rule, resources, "because", message)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "findings.toml"


@pytest.mark.parametrize(
    "one",
    [
        answer("*/Workflow/Logs"),
        answer("shop/*"),
        answer("nothing", LOGS.resource),
        answer("*", message="encrypted by ['KMS']?"),
        answer("*", message="*['KMS']*"),
    ],
)
def test_an_answer_matches_a_finding_of_its_tool_and_rule(one: Answer) -> None:
    assert unanswered([LOGS], [one]) == []


@pytest.mark.parametrize(
    "one",
    [
        answer("*", tool="cfripper"),
        answer("*", rule="CKV_AWS_115"),
        answer("*/QueryDatabase/Logs"),
        answer("Logs"),
        answer("*", message="encrypted by [KMS]?"),
        answer("*", message="encrypted"),
    ],
)
def test_an_answer_matches_no_other_finding(one: Answer) -> None:
    assert unanswered([LOGS], [one]) == [LOGS]


def test_each_pattern_of_an_answer_needs_a_finding() -> None:
    # Given
    one = answer("*/Workflow/Logs", "*/QueryDatabase/Logs")

    # When
    (without,) = unused([LOGS], [one])

    # Then
    assert (without.answer, without.pattern) == (one, "*/QueryDatabase/Logs")


def test_answers_are_read_from_a_file(file: Path) -> None:
    file.write_text(ENTRY, encoding="utf-8")
    assert load_answers(file) == [Answer("checkov", "CKV_AWS_158", ("*/Logs",), "AWS's key encrypts them.")]


@pytest.mark.parametrize(
    ("entry", "key"),
    [
        (ENTRY.replace('reason = "AWS\'s key encrypts them."', ""), "reason"),
        (ENTRY.replace("AWS's key encrypts them.", ""), "reason"),
        (ENTRY.replace('"*/Logs"', ""), "resources"),
        (f'{ENTRY}resource = "Logs"', "resource"),
    ],
)
def test_a_wrong_answer_is_refused_with_its_rule_and_key(file: Path, entry: str, key: str) -> None:
    # Given
    file.write_text(entry, encoding="utf-8")

    # When
    with pytest.raises(AnswerError) as error:
        load_answers(file)

    # Then
    assert "answer 1 (checkov CKV_AWS_158)" in str(error.value)
    assert str(error.value).endswith(key)


def test_each_answer_of_the_project_is_for_a_validator() -> None:
    assert {one.tool for one in load_answers()} == {tool.name for tool in TOOLS}
