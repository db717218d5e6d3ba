"""What a query's SQL may be: one statement that reads, with parameters or without.

The database's own permissions are what enforces the reading.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise, takewhile
from typing import Final

from sqlglot import tokenize
from sqlglot.errors import TokenError
from sqlglot.tokenizer_core import Token, TokenType

from sidestep.config.engines import MYSQL, POSTGRES, Engine
from sidestep.config.errors import suggestion
from sidestep.config.mysql_into import writes_with_into

PREVIOUS_SCHEDULED_TIME: Final = "previous_scheduled_time"

PARAMETERS: Final = ("scheduled_time", PREVIOUS_SCHEDULED_TIME)
"""What SQL may name with a colon before it: the run's time, and the one at which its schedule last fired before."""

_PARAMETER: Final = re.compile(rf"(?<!\w):(?P<name>{'|'.join(PARAMETERS)})(?!\w)")

_EXECUTED_COMMENTS: Final = ("/*!", "/*M!")
"""What begins text that MySQL or MariaDB executes although it is written as a comment."""

_WRITES: Final = "writes with INTO; a query only reads"


def checked_sql(sql: str, engine: Engine) -> str:
    """Return the statement without blanks and a semicolon around it.

    Raises:
        ValueError: it is not one SELECT, it writes into a file, variable or table, or it names an unknown parameter.
    """
    if any(not (mark.isprintable() or mark.isspace()) for mark in sql):
        raise ValueError("has a control character; write plain text")
    try:
        tokens = tokenize(sql, dialect=engine.dialect)
    except TokenError:
        raise ValueError("has a quote or a comment that does not end") from None
    if engine is MYSQL and any(start in sql for start in _EXECUTED_COMMENTS):
        raise ValueError("has a comment that MySQL executes; write what it says without /*! or /*M!")
    while tokens and tokens[-1].token_type is TokenType.SEMICOLON:
        tokens.pop()
    _check(tokens)
    if engine is MYSQL and writes_with_into(sql):
        raise ValueError(_WRITES)
    _check_parameters(name for name, _ in _named(sql, tokens))
    if engine is POSTGRES:
        _check_no_numbers(tokens)
    return sql[: tokens[-1].end + 1].strip()


def parameters_of(sql: str, engine: Engine) -> tuple[str, ...]:
    """Return the names of the parameters that a checked statement uses, each once, in the order of PARAMETERS."""
    used = {name for name, _ in _named(sql, tokenize(sql, dialect=engine.dialect))}
    return tuple(name for name in PARAMETERS if name in used)


def quoted_parameters(sql: str, engine: Engine) -> Iterator[tuple[str, int]]:
    """Yield the parameters in quotes, which makes them text, with the offset of each opening quote."""
    for token in tokenize(sql, dialect=engine.dialect):
        # Outside of quotes, a colon is a separate token.
        for match in _PARAMETER.finditer(token.text):
            yield match["name"], token.start


def for_the_driver(sql: str, engine: Engine) -> str:
    """Return a checked statement with parameters in the form that the engine's driver in the function wants.

    A driver looks for parameters only if there are any, so a statement without stays as it is.
    """
    if not parameters_of(sql, engine):
        return sql
    return _as_pyformat(sql) if engine is MYSQL else _as_numbered(sql)


def _as_pyformat(sql: str) -> str:
    """Return it in the paramstyle "pyformat" of PEP 249, which PyMySQL has.

    Every other % is doubled, wherever it stands: the driver looks for its own in strings and comments, too.
    """
    pieces, end = [], 0
    for name, start in _named(sql, tokenize(sql, dialect=MYSQL.dialect)):
        pieces += [sql[end:start].replace("%", "%%"), f"%({name})s"]
        end = start + len(":") + len(name)
    return "".join([*pieces, sql[end:].replace("%", "%%")])


def _as_numbered(sql: str) -> str:
    """Return it with $1 for the first of its parameters, which is PostgreSQL's own form: the server looks for it."""
    numbers = {name: number for number, name in enumerate(parameters_of(sql, POSTGRES), start=1)}
    pieces, end = [], 0
    for name, start in _named(sql, tokenize(sql, dialect=POSTGRES.dialect)):
        before = sql[end:start]
        # Unlike a colon, a dollar goes on with a name: AND$1 would be one.
        gap = " " if before and _belongs_to_a_name(before[-1]) else ""
        pieces += [before, gap, f"${numbers[name]}"]
        end = start + len(":") + len(name)
    return "".join([*pieces, sql[end:]])


def _named(sql: str, tokens: Iterable[Token]) -> Iterator[tuple[str, int]]:
    """Yield what follows each colon outside of quotes and comments, and where the colon is.

    Between brackets, a colon with anything but a parameter behind it is that of a PostgreSQL array's slice.
    """
    brackets = 0
    for token in tokens:
        brackets += (token.token_type is TokenType.L_BRACKET) - (token.token_type is TokenType.R_BRACKET)
        if token.token_type is TokenType.COLON:
            name = "".join(takewhile(_belongs_to_a_name, sql[token.end + 1 :]))
            if not brackets or name in PARAMETERS:
                yield name, token.start


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


def _check_no_numbers(tokens: Iterable[Token]) -> None:
    """Refuse PostgreSQL's own form of parameters, which would be taken for ours."""
    for token, following in pairwise(tokens):
        if token.token_type is TokenType.PARAMETER and following.token_type is TokenType.NUMBER:
            raise ValueError(
                f"has ${following.text}, a parameter without a value; there are "
                f"{' and '.join(f':{name}' for name in PARAMETERS)}"
            )


def _check(tokens: list[Token]) -> None:
    kinds = [token.token_type for token in tokens]
    first = next((kind for kind in kinds if kind is not TokenType.L_PAREN), None)
    if first not in {TokenType.SELECT, TokenType.WITH}:
        raise ValueError("is not a query; write one statement that begins with SELECT or WITH")
    if TokenType.SEMICOLON in kinds:
        raise ValueError("has more than one statement; write one, and a second [[query]] for the other")
    if TokenType.INTO in kinds:
        raise ValueError(_WRITES)
