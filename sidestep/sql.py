"""What a query's SQL may be: one statement that reads. The database's own permissions are what enforces it."""

from sqlglot import tokenize
from sqlglot.errors import TokenError
from sqlglot.tokenizer_core import Token, TokenType


def checked_sql(sql: str) -> str:
    """Return the statement without blanks and a semicolon around it.

    Raises:
        ValueError: it is not one SELECT, or it writes into a file or a variable.
    """
    if any(not (mark.isprintable() or mark.isspace()) for mark in sql):
        raise ValueError("has a control character; write plain text")
    try:
        tokens = tokenize(sql, dialect="mysql")
    except TokenError:
        raise ValueError("has a quote or a comment that does not end") from None
    while tokens and tokens[-1].token_type is TokenType.SEMICOLON:
        tokens.pop()
    _check(tokens)
    return sql[: tokens[-1].end + 1].strip()


def _check(tokens: list[Token]) -> None:
    kinds = [token.token_type for token in tokens]
    first = next((kind for kind in kinds if kind is not TokenType.L_PAREN), None)
    if first not in {TokenType.SELECT, TokenType.WITH}:
        raise ValueError("is not a query; write one statement that begins with SELECT or WITH")
    if TokenType.SEMICOLON in kinds:
        raise ValueError("has more than one statement; write one, and a second [[query]] for the other")
    if TokenType.INTO in kinds:
        raise ValueError("writes with INTO; a query only reads")
