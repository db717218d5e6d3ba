"""Markdown for the documents: tables and code blocks, with empty lines between them and the comments of cog."""

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: int = 0) -> str:
    """Return a table; the last `numbers` columns are aligned to the right."""
    rule = "|" + "---|" * (len(head) - numbers) + "---:|" * numbers
    first, *others = (f"| {' | '.join(cells)} |" for cells in (head, *rows))
    return block("\n".join((first, rule, *others)))


def fence(language: str, text: str) -> str:
    """Return a block of code."""
    return block(f"```{language}\n{text}\n```")


def block(text: str) -> str:
    """Return text with an empty line on both sides."""
    return f"\n{text}\n"
