"""What a query's SQL may be: one statement that reads, with parameters or without.

The database's own permissions are what enforces the reading.
"""

from collections.abc import Iterable, Iterator
from itertools import takewhile
from typing import Final

from sqlglot import tokenize
from sqlglot.errors import TokenError
from sqlglot.tokenizer_core import Token, TokenType

from sidestep.mistakes import suggestion

PREVIOUS_SCHEDULED_TIME: Final = "previous_scheduled_time"

PARAMETERS: Final = ("scheduled_time", PREVIOUS_SCHEDULED_TIME)
"""What SQL may name with a colon before it: the run's time, and the one at which its schedule last fired before."""


_EXECUTED_COMMENTS: Final = ("/*!", "/*M!")
"""What begins text that MySQL or MariaDB executes although it is written as a comment."""


def checked_sql(sql: str) -> str:
    """Return the statement without blanks and a semicolon around it.

    Raises:
        ValueError: it is not one SELECT, it writes into a file or a variable, or it names an unknown parameter.
    """
    if any(not (mark.isprintable() or mark.isspace()) for mark in sql):
        raise ValueError("has a control character; write plain text")
    try:
        tokens = tokenize(sql, dialect="mysql")
    except TokenError:
        raise ValueError("has a quote or a comment that does not end") from None
    if any(start in sql for start in _EXECUTED_COMMENTS):
        raise ValueError("has a comment that MySQL executes; write what it says without /*! or /*M!")
    while tokens and tokens[-1].token_type is TokenType.SEMICOLON:
        tokens.pop()
    _check(tokens)
    _check_parameters(name for name, _ in _named(sql, tokens))
    return sql[: tokens[-1].end + 1].strip()


def parameters_of(sql: str) -> tuple[str, ...]:
    """Return the names of the parameters that a checked statement uses, each once."""
    used = {name for name, _ in _named(sql, tokenize(sql, dialect="mysql"))}
    return tuple(name for name in PARAMETERS if name in used)


def as_pyformat(sql: str) -> str:
    """Return a checked statement with parameters as PyMySQL wants it, in the paramstyle "pyformat" of PEP 249.

    Every other % is doubled, wherever it stands: the driver looks for its own in strings and comments, too. It does
    so only if there are parameters, so a statement without any must stay as it is.
    """
    pieces, end = [], 0
    for name, start in _named(sql, tokenize(sql, dialect="mysql")):
        pieces += [sql[end:start].replace("%", "%%"), f"%({name})s"]
        end = start + len(":") + len(name)
    return "".join([*pieces, sql[end:].replace("%", "%%")])


def _named(sql: str, tokens: Iterable[Token]) -> Iterator[tuple[str, int]]:
    """Yield what follows each colon outside of quotes and comments, and where the colon is."""
    for token in tokens:
        if token.token_type is TokenType.COLON:
            yield "".join(takewhile(_belongs_to_a_name, sql[token.end + 1 :])), token.start


def _belongs_to_a_name(mark: str) -> bool:
    return mark.isalnum() or mark in "_$"


def _check_parameters(names: Iterable[str]) -> None:
    known = [f":{name}" for name in PARAMETERS]
    for name in names:
        if name not in PARAMETERS:
            raise ValueError(
                f"has :{name}, which is no parameter{suggestion(f':{name.lower()}', known)}; there are "
                f"{' and '.join(known)}, and any other colon belongs into quotes"
            )


def _check(tokens: list[Token]) -> None:
    kinds = [token.token_type for token in tokens]
    first = next((kind for kind in kinds if kind is not TokenType.L_PAREN), None)
    if first not in {TokenType.SELECT, TokenType.WITH}:
        raise ValueError("is not a query; write one statement that begins with SELECT or WITH")
    if TokenType.SEMICOLON in kinds:
        raise ValueError("has more than one statement; write one, and a second [[query]] for the other")
    if TokenType.INTO in kinds:
        raise ValueError("writes with INTO; a query only reads")
