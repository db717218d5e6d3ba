"""Checks that a query's SQL is one statement that reads, and prepares its parameters for the driver.

The check finds errors early. The privileges of the database user prevent writes.
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
"""The names that SQL may use after a colon: the times of this run and of the previous run of its schedule."""

_PARAMETER: Final = re.compile(rf"(?<!\w):(?P<name>{'|'.join(PARAMETERS)})(?!\w)")

_EXECUTABLE_COMMENTS: Final = ("/*!", "/*M!")
"""MySQL or MariaDB executes the text of comments that begin like this."""

_WRITES: Final = "writes with INTO; remove INTO, since a query only reads"


def checked_sql(sql: str, engine: Engine) -> str:
    """Return the statement without surrounding blanks and semicolons.

    Raises:
        ValueError: it is not one SELECT, it writes with INTO, or it has an unknown parameter.
    """
    if any(not (char.isprintable() or char.isspace()) for char in sql):
        raise ValueError("has a control character; remove it")
    try:
        tokens = tokenize(sql, dialect=engine.dialect)
    except TokenError:
        raise ValueError("has a quote or a comment that does not end") from None
    if engine is MYSQL and any(start in sql for start in _EXECUTABLE_COMMENTS):
        raise ValueError("has a comment that MySQL executes; write its text without /*! or /*M!")
    while tokens and tokens[-1].token_type is TokenType.SEMICOLON:
        tokens.pop()
    _check_statement(tokens)
    if engine is MYSQL and writes_with_into(sql):
        raise ValueError(_WRITES)
    _check_parameters(name for name, _ in _named(sql, tokens))
    if engine is POSTGRES:
        _check_no_numbers(tokens)
    return sql[: tokens[-1].end + 1].strip()


def parameters_of(sql: str, engine: Engine) -> tuple[str, ...]:
    """Return the parameters of a checked statement, each once, in the order of PARAMETERS."""
    used = {name for name, _ in _named(sql, tokenize(sql, dialect=engine.dialect))}
    return tuple(name for name in PARAMETERS if name in used)


def quoted_parameters(sql: str, engine: Engine) -> Iterator[tuple[str, int]]:
    """Yield the parameters in quotes, which are text instead, with the offset of each opening quote."""
    for token in tokenize(sql, dialect=engine.dialect):
        # Outside of quotes, a colon is a separate token.
        for match in _PARAMETER.finditer(token.text):
            yield match["name"], token.start


def for_the_driver(sql: str, engine: Engine) -> str:
    """Return a checked statement with its parameters in the form of the engine's driver.

    A statement without parameters stays as it is, because the driver then does not look for them.
    """
    parameters = parameters_of(sql, engine)
    if not parameters:
        return sql
    forms = {name: f"%({name})s" if engine is MYSQL else f"${parameters.index(name) + 1}" for name in parameters}
    pieces, end = [], 0
    for name, start in _named(sql, tokenize(sql, dialect=engine.dialect)):
        before = _escaped(sql[end:start], engine)
        # In PostgreSQL, a dollar continues a name: AND$1 would be one.
        gap = " " if engine is POSTGRES and before and _is_in_name(before[-1]) else ""
        pieces += [before, gap, forms[name]]
        end = start + len(":") + len(name)
    return "".join([*pieces, _escaped(sql[end:], engine)])


def _escaped(sql: str, engine: Engine) -> str:
    """Double each % for PyMySQL (PEP 249, "pyformat"), which looks for parameters in strings and comments too."""
    return sql.replace("%", "%%") if engine is MYSQL else sql


def _named(sql: str, tokens: Iterable[Token]) -> Iterator[tuple[str, int]]:
    """Yield the name after each colon outside of quotes and comments, and the offset of the colon.

    In brackets, a colon before anything but a parameter is the colon of a PostgreSQL array slice.
    """
    brackets = 0
    for token in tokens:
        brackets += (token.token_type is TokenType.L_BRACKET) - (token.token_type is TokenType.R_BRACKET)
        if token.token_type is TokenType.COLON:
            name = "".join(takewhile(_is_in_name, sql[token.end + 1 :]))
            if not brackets or name in PARAMETERS:
                yield name, token.start


def _is_in_name(char: str) -> bool:
    return char.isalnum() or char in "_$"


def _check_statement(tokens: list[Token]) -> None:
    kinds = [token.token_type for token in tokens]
    first = next((kind for kind in kinds if kind is not TokenType.L_PAREN), None)
    if first not in {TokenType.SELECT, TokenType.WITH}:
        raise ValueError("is not a query; write one statement that begins with SELECT or WITH")
    if TokenType.SEMICOLON in kinds:
        raise ValueError("has more than one statement; write a [[query]] for each")
    if TokenType.INTO in kinds:
        raise ValueError(_WRITES)


def _check_parameters(names: Iterable[str]) -> None:
    known = [f":{name}" for name in PARAMETERS]
    for name in names:
        if name not in PARAMETERS:
            raise ValueError(
                f"has :{name}, which is not a parameter{suggestion(f':{name.lower()}', known)}; allowed: "
                f"{', '.join(known)}; write any other colon in quotes"
            )


def _check_no_numbers(tokens: Iterable[Token]) -> None:
    """Refuse PostgreSQL's own form of parameters, which the server would confuse with Sidestep's."""
    for token, following in pairwise(tokens):
        if token.token_type is TokenType.PARAMETER and following.token_type is TokenType.NUMBER:
            raise ValueError(
                f"has ${following.text}, a parameter without a value; allowed: "
                f"{', '.join(f':{name}' for name in PARAMETERS)}"
            )
