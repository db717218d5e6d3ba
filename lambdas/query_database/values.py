"""What CloudWatch takes for a number and for a dimension's value; anything else fails its query.

The limits are those of MetricDatum and Dimension (CloudWatch API reference).
"""

from decimal import Decimal
from typing import Final

from ..engines.interface import TooLong, Unreadable
from .errors import QueryFailed

MAX_VALUE: Final = 2.0**360
"""Values lie between -2^360 and 2^360."""

MIN_VALUE: Final = 2.0**-360
"""CloudWatch refuses values that are too small as well as too large, with the same exponent."""

MAX_EXACT_INTEGER: Final = 2**53
"""Beyond it a double, which is what CloudWatch keeps, has no room for every integer."""

MAX_DIMENSION_VALUE: Final = 1024
"""Characters in a dimension's value."""

_NUMBERS: Final = (int, float, Decimal)

_INFINITIES: Final = (float("inf"), float("-inf"))


def number(value: object, column: str, row: int) -> float:
    """Return the number that a column has in a row, rows counted from 1.

    Raises:
        QueryFailed: it is none, or one that CloudWatch refuses.
    """
    if not isinstance(value, _NUMBERS):
        raise QueryFailed(f'row {row}, column "{column}": is {_kind(value)}, not a number; {_remedy(value)}')
    if value in _INFINITIES or value != value:  # noqa: PLR0124 - NaN is the number that is not itself
        raise QueryFailed(
            f'row {row}, column "{column}": is {_special(value)}, and CloudWatch takes finite numbers only; make it '
            "NULL in the SELECT, or leave its row out"
        )
    exact = int(value) if isinstance(value, int) else float(value)
    # A small decimal number other than 0 can become 0 here.
    if not is_publishable(exact) or bool(exact) != bool(value):
        raise QueryFailed(
            f'row {row}, column "{column}": is not a number that CloudWatch takes: 0, or a size of 2^-360 to 2^360'
        )
    return exact if -MAX_EXACT_INTEGER <= exact <= MAX_EXACT_INTEGER else float(exact)


def is_publishable(value: float) -> bool:
    """Return whether CloudWatch takes a number; NaN, which compares false with everything, it does not."""
    return not value or MIN_VALUE <= abs(value) <= MAX_VALUE


def dimension_value(value: object, column: str, row: int) -> str:
    """Return the text that a dimension's column has in a row; whole numbers become text.

    Raises:
        QueryFailed: CloudWatch refuses it.
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    problem = _dimension_problem(value)
    if problem:
        raise QueryFailed(
            f'row {row}, column "{column}": {problem}; a dimension is 1 to {MAX_DIMENSION_VALUE} printable ASCII '
            "characters, not all of them blank; convert it in the SELECT (NULL with COALESCE), or set on_invalid"
        )
    return str(value)


def escaped(value: str) -> str:
    r"""Return a text with an escape for each character that CloudWatch refuses: \xd6 for Ö, \n for a new line.

    Different texts stay different, unless one of them already has such an escape.
    """
    return "".join(
        character if character.isascii() and character.isprintable() else character.encode("unicode_escape").decode()
        for character in value
    )


def _dimension_problem(value: object) -> str | None:
    if isinstance(value, TooLong):
        return f"has {value.size} bytes"
    if not isinstance(value, str):
        return f"is {_kind(value)}, not text"
    if not value.strip():
        return "is empty or blank"
    if len(value) > MAX_DIMENSION_VALUE:
        return f"has {len(value)} characters"
    if not (value.isascii() and value.isprintable()):
        return "has a character that is not printable ASCII"
    return None


def _special(value: float | Decimal) -> str:
    if value not in _INFINITIES:
        return "NaN"
    return "infinity" if value > 0 else "-infinity"


def _kind(value: object) -> str:
    if isinstance(value, Unreadable):
        return value.kind
    if isinstance(value, TooLong):
        return f"{value.size} bytes long"
    names = {
        "NoneType": "NULL",
        "str": "text",
        "bytes": "binary",
        "Decimal": "a decimal number",
        "float": "a floating-point number",
        "Single": "a floating-point number",
    }
    kind = type(value).__name__
    return names.get(kind, f"a {kind}")


def _remedy(value: object) -> str:
    return value.remedy if isinstance(value, Unreadable) else "convert it in the SELECT"
