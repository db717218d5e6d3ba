"""Finds the columns that a query selects.

sqlglot parses the SQL. It does not support all SQL of each server, so a statement that it cannot parse may be valid.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from sqlglot import exp, parse_one

from sidestep.config.engines import MYSQL, POSTGRES, Engine


class SyntaxProblem(Exception):  # noqa: N818 - the statement may be valid
    """A statement cannot be parsed.

    Attributes:
        offset: the position in the statement, in characters.
        near: the word there; empty if sqlglot names none.
    """

    def __init__(self, offset: int = 0, near: str = "") -> None:
        """Keep the position."""
        super().__init__(near)
        self.offset: Final = offset
        self.near: Final = near


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the result.

    Attributes:
        name: the column's name.
        is_exact: whether the server returns exactly this name; else case and spaces may differ.
    """

    name: str
    is_exact: bool

    def declared_in(self, names: Collection[str]) -> str | None:
        """Return the declared column that the function matches with it: a lower-case name matches any case."""
        if self.name in names:
            return self.name
        if self.is_exact:
            return {name.lower(): name for name in names}.get(self.name)
        return next((name for name in names if _plain(name) == _plain(self.name)), None)


def parsed(sql: str, engine: Engine) -> exp.Expr:
    """Return the tree of a statement.

    Raises:
        SyntaxProblem: the statement cannot be parsed.
    """
    try:
        return parse_one(sql, dialect=engine.dialect, error_message_context=len(sql))
    except Exception as error:  # sqlglot raises AttributeError and others on invalid statements, not only ParseError
        details = getattr(error, "errors", None)
        if not details:
            raise SyntaxProblem from None
        raise SyntaxProblem(len(details[0]["start_context"]), details[0]["highlight"]) from None


def has_lock(tree: exp.Expr) -> bool:
    """Return whether the statement locks rows: FOR UPDATE, FOR SHARE, LOCK IN SHARE MODE and the like."""
    return tree.find(exp.Lock) is not None


def columns_of(tree: exp.Expr, engine: Engine) -> Sequence[Column | None] | None:
    """Return the columns of the result, with None for each column whose name only the server knows.

    Returns:
        None if only the server knows the number of columns.
    """
    while isinstance(tree, exp.Subquery | exp.Paren | exp.SetOperation):
        tree = tree.this  # the first part of a UNION defines the names
    if not isinstance(tree, exp.Select) or any(item.is_star for item in tree.expressions):
        return None
    return [_column(item, engine) for item in tree.expressions]


def _column(item: exp.Expr, engine: Engine) -> Column | None:
    match item:
        case exp.Alias(args={"alias": exp.Identifier() as name}):
            return Column(_folded(name, engine), is_exact=True)
        case exp.Column(this=exp.Identifier() as name):
            return Column(_folded(name, engine), is_exact=engine is POSTGRES)  # MySQL may return a view's spelling
        case exp.Count() | exp.Sum() | exp.Avg() | exp.Min() | exp.Max() if _is_simple(item.this):
            return Column(item.sql(dialect=engine.dialect) if engine is MYSQL else item.key, is_exact=False)
        case _:
            return None


def _folded(name: exp.Identifier, engine: Engine) -> str:
    """Return a name as in the result: PostgreSQL folds unquoted names to lower case, MySQL trims them."""
    if engine is MYSQL:
        return name.name.lstrip()
    return name.name if name.quoted else name.name.lower()


def _is_simple(argument: object) -> bool:
    return isinstance(argument, exp.Star | exp.Column)


def _plain(name: str) -> str:
    return "".join(name.split()).replace("`", "").lower()
