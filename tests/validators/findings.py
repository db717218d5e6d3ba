"""Findings of validators, and the answers to them in findings.toml.

A finding without an answer fails the validation, and so does an answer without a finding.
"""

import re
import tomllib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FILE: Final = Path(__file__).with_name("findings.toml")

_KEYS: Final = {"tool", "rule", "resources", "reason"}


class AnswerError(Exception):
    """findings.toml has a wrong entry; the message names it."""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """What a tool reports.

    Attributes:
        source: the app and the stack.
        resource: the path of the construct; for a definition, the name of the state.
    """

    tool: str
    rule: str
    source: str
    resource: str
    message: str

    def __str__(self) -> str:
        """Return it in one line."""
        return f"{self.tool} {self.rule}: {self.source}: {self.resource}: {self.message}"


@dataclass(frozen=True, slots=True)
class Answer:
    """Why findings stay.

    Attributes:
        resources: patterns for the resources of the findings; in a pattern, * stands for any text.
        message: a pattern for their messages.
    """

    tool: str
    rule: str
    resources: tuple[str, ...]
    reason: str
    message: str = "*"

    def matches(self, finding: Finding, pattern: str) -> bool:
        """Return whether it answers a finding, with one of the patterns for resources."""
        return (
            (finding.tool, finding.rule) == (self.tool, self.rule)
            and _is_like(finding.resource, pattern)
            and _is_like(finding.message, self.message)
        )


@dataclass(frozen=True, slots=True)
class Unused:
    """A pattern of an answer that matches no finding."""

    answer: Answer
    pattern: str

    def __str__(self) -> str:
        """Return it in one line."""
        return f"{self.answer.tool} {self.answer.rule}: no finding for {self.pattern!r}"


def load_answers(file: Path = FILE) -> list[Answer]:
    """Read the answers.

    Raises:
        AnswerError: an entry lacks a key, or has an unknown or an empty one.
    """
    answers = []
    for number, entry in enumerate(tomllib.loads(file.read_text(encoding="utf-8"))["answer"], start=1):
        label = f"{file.name}: answer {number} ({entry.get('tool')} {entry.get('rule')})"
        if missing := _KEYS - entry.keys():
            raise AnswerError(f"{label}: lacks {', '.join(sorted(missing))}")
        if unknown := entry.keys() - _KEYS - {"message"}:
            raise AnswerError(f"{label}: has unknown keys: {', '.join(sorted(unknown))}")
        if empty := [key for key in sorted(_KEYS) if not entry[key]]:
            raise AnswerError(f"{label}: has empty keys: {', '.join(empty)}")
        answers.append(Answer(**entry | {"resources": tuple(entry["resources"])}))
    return answers


def unanswered(findings: Iterable[Finding], answers: Iterable[Answer]) -> list[Finding]:
    """Return the findings that no answer matches."""
    known = [(answer, pattern) for answer in answers for pattern in answer.resources]
    return sorted(
        finding for finding in findings if not any(answer.matches(finding, pattern) for answer, pattern in known)
    )


def unused(findings: Collection[Finding], answers: Iterable[Answer]) -> list[Unused]:
    """Return the patterns that match no finding."""
    return [
        Unused(answer, pattern)
        for answer in answers
        for pattern in answer.resources
        if not any(answer.matches(finding, pattern) for finding in findings)
    ]


def _is_like(text: str, pattern: str) -> bool:
    return bool(re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text, re.DOTALL))
