"""Cells of a table: the SQL of a value, and the value that CloudWatch should have."""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, NamedTuple, Self

MAX_MAGNITUDE: Final = Fraction(2) ** 360
"""Values lie between -2^360 and 2^360 (CloudWatch API reference, MetricDatum)."""

MIN_MAGNITUDE: Final = 1 / MAX_MAGNITUDE
"""Values closer to 0 are refused; 0 is accepted."""

MAX_TEXT: Final = 1024
"""Characters of a dimension's value (CloudWatch API reference, Dimension)."""


class Span(NamedTuple):
    """The range of right numbers for a value; a single number if the value is known exactly."""

    low: Fraction
    high: Fraction

    @classmethod
    def exactly(cls, value: Fraction | int) -> Self:
        return cls(Fraction(value), Fraction(value))

    @property
    def is_exact(self) -> bool:
        return self.low == self.high

    def __add__(self, other: object) -> "Span":
        if not isinstance(other, Span):
            return NotImplemented
        return Span(self.low + other.low, self.high + other.high)

    def around(self, error: Fraction) -> "Span":
        return Span(self.low - error, self.high + error)

    @property
    def is_refused(self) -> bool:
        """Whether CloudWatch refuses all of the numbers."""
        if self.is_exact:
            rounded = nearest(self.low)
            return not is_publishable(self.low) and (rounded == 0 or not is_publishable(rounded))
        return self.low > MAX_MAGNITUDE or self.high < -MAX_MAGNITUDE or (self.low > 0 and self.high < MIN_MAGNITUDE)

    @property
    def is_doubtful(self) -> bool:
        """Whether CloudWatch accepts only some of the numbers; rounding may move a number across a limit."""
        numbers = [self.low, self.high, *map(nearest, self)]
        tiny = not self.is_exact and self.low < MIN_MAGNITUDE and self.high > -MIN_MAGNITUDE
        return tiny or not all(map(is_publishable, numbers))

    def holds(self, published: float) -> bool:
        """Whether a double is right: the nearest one of an exact value, and any within the span of others."""
        if self.is_exact:
            return Fraction(published) == nearest(self.low)
        return min(self.low, nearest(self.low)) <= Fraction(published) <= max(self.high, nearest(self.high))


ZERO: Final = Span.exactly(0)


def total(spans: Iterable[Span]) -> Span:
    return sum(spans, start=ZERO)


def nearest(value: Fraction) -> Fraction:
    """Return the nearest double of a value; the value itself if it is beyond the range of doubles."""
    try:
        return Fraction(float(value))
    except OverflowError:
        return value


def is_publishable(value: Fraction) -> bool:
    return value == 0 or MIN_MAGNITUDE <= abs(value) <= MAX_MAGNITUDE


def single(value: float) -> float:
    """Return the 32-bit float that is nearest to a number."""
    narrow: float = struct.unpack("<f", struct.pack("<f", value))[0]
    return narrow


def single_span(value: float) -> Span:
    """Return the numbers of which a 32-bit float is the nearest one."""
    if value < 0:
        low, high = single_span(-value)
        return Span(-high, -low)
    (bits,) = struct.unpack("<I", struct.pack("<f", value))
    around = [struct.unpack("<f", struct.pack("<I", max(0, bits + step)))[0] for step in (-1, 1)]
    exact = Fraction(value)
    low, high = ((exact + Fraction(other)) / 2 if abs(other) < float("inf") else exact for other in around)
    return Span(low, high)


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell.

    Attributes:
        literal: the SQL; equal cells of a column have equal ones.
        span: the right numbers for it as a metric; None if it is not a number.
        text: its value as a dimension; None if CloudWatch refuses it.
        is_null: whether it is NULL.
        secret: the part that no message may contain; empty if it is too short to be recognized.
    """

    literal: str
    span: Span | None = None
    text: str | None = None
    is_null: bool = False
    secret: str = ""


NULL: Final = Cell("NULL", is_null=True)
NAN: Final = Cell("'NaN'")
INFINITY: Final = Cell("'Infinity'")
MINUS_INFINITY: Final = Cell("'-Infinity'")


def number(literal: str, value: Fraction | int, *, text: str | None = None) -> Cell:
    digits = literal.strip("-'")
    return Cell(literal, Span.exactly(value), text, secret=digits if len(digits) >= 9 else "")


def as_dimension(text: str) -> str | None:
    """Return a text if CloudWatch accepts it as a dimension's value: printable ASCII, not blank, not too long."""
    is_taken = 1 <= len(text) <= MAX_TEXT and all(" " <= letter <= "~" for letter in text) and text.strip(" ")
    return text if is_taken else None
