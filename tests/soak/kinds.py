"""Kinds of columns: their SQL types on each engine, and random cells of them."""

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import Final

from tests.soak.cells import INFINITY, MINUS_INFINITY, NAN, Cell, as_dimension, number, single, single_span

MYSQL: Final = "mysql"
POSTGRES: Final = "postgres"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of column.

    Attributes:
        types: its SQL type by engine; engines without it are missing.
        cell: returns a random cell for an engine; only a wild one may have a value that CloudWatch refuses.
        is_number: whether SUM, MIN and MAX accept it.
        precision: the servers' precision of sums in bits; 0 if they are exact.
    """

    types: Mapping[str, str]
    cell: Callable[[Random, str, bool], Cell]
    is_number: bool = True
    precision: Mapping[str, int] | None = None


def quoted(text: str, engine: str) -> str:
    """Return a text as a literal."""
    doubled = text.replace("'", "''")
    if engine == MYSQL:
        doubled = doubled.replace("\\", "\\\\").replace("\0", "\\0")
    return f"'{doubled}'"


_SPECIAL: Final = (NAN, INFINITY, MINUS_INFINITY)


def _whole(value: int) -> Cell:
    return number(str(value), value, text=str(value))


def _integer(random: Random, _engine: str, _wild: bool) -> Cell:
    return _whole(random.choice((random.randint(-9, 9), random.randint(-(2**31), 2**31 - 1))))


def _long(random: Random, _engine: str, _wild: bool) -> Cell:
    edges = (2**63 - 1, -(2**63), 2**53, 2**53 + 1, -(2**53) - 1, random.getrandbits(63), random.getrandbits(54))
    return _whole(random.choice(edges))


def _decimal(digits: int, scale: int) -> Callable[[Random, str, bool], Cell]:
    def cell(random: Random, _engine: str, _wild: bool) -> Cell:
        size = random.randint(1, digits)
        unscaled = random.randint(-(10**size), 10**size)
        written = f"{abs(unscaled):0{scale + 1}d}"
        literal = f"{'-' if unscaled < 0 else ''}{written[:-scale] if scale else written}"
        return number(f"{literal}.{written[-scale:]}" if scale else literal, Fraction(unscaled, 10**scale))

    return cell


def _numeric(random: Random, engine: str, wild: bool) -> Cell:
    """PostgreSQL's numeric without a scale, which can hold values beyond a double."""
    if wild:
        if random.random() < 0.3:
            return random.choice(_SPECIAL)
        literal = f"{random.randint(1, 9)}e{random.choice((-400, -330, -109, -100, 50, 108, 109, 310, 400))}"
        return number(literal, Fraction(literal))
    return _decimal(40, 20)(random, engine, wild)


def _double(random: Random, engine: str, wild: bool) -> Cell:
    if wild:
        if engine == POSTGRES and random.random() < 0.4:
            return random.choice(_SPECIAL)
        # Subnormal numbers, those beyond CloudWatch's limits, and those at the limits, which it accepts.
        value = random.choice((5e-324, -2.5e-310, 1e300, -1.7e308, 2.0**360, -(2.0**-360), 2.0**-361, 2.0**361))
    else:
        value = random.choice(
            (
                round(random.uniform(-1000, 1000), 2),
                random.uniform(-1, 1) * 10.0 ** random.randint(-100, 100),
                float(random.randint(-5, 5)),
                random.uniform(-1e9, 1e9),
            )
        )
    return number(f"'{value!r}'" if engine == POSTGRES else repr(value), Fraction(value))


def _single(random: Random, engine: str, wild: bool) -> Cell:
    if wild and engine == POSTGRES and random.random() < 0.5:
        return random.choice(_SPECIAL)
    value = random.choice(
        (
            single(
                random.choice((16777215.0, 19.99, 0.1, 123456.789, -1e-30, 3.4e38, 1e-45, random.uniform(-1e6, 1e6)))
            ),
            struct.unpack("<f", struct.pack("<I", random.getrandbits(31) % 0x7F800000))[0],
        )
    )
    literal = f"'{value!r}'" if engine == POSTGRES else repr(value)
    # Both its exact value and the shortest decimal of the same 32-bit float are right.
    return Cell(literal, single_span(value), secret=literal.strip("'-") if len(literal) >= 11 else "")


def _boolean(random: Random, engine: str, _wild: bool) -> Cell:
    value = random.random() < 0.5
    return number(str(value).lower(), int(value), text=str(value).lower() if engine == POSTGRES else str(int(value)))


_ODD_TEXTS: Final = (
    "", " ", "\t", "Zürich", "日本", "😀", "line\nbreak", "bell\a", "\x7f", "x" * 1025, "ß" * 3000, "a\u200bb", " é ",
)  # fmt: skip


def _text(random: Random, engine: str, wild: bool) -> Cell:
    secret = f"Qz{random.getrandbits(40):010x}"
    if wild:
        odd = random.choice(_ODD_TEXTS)
        text = random.choice((odd, f"{secret}{odd}", f"{odd}{secret}"))
    else:
        text = random.choice(
            (secret, f"{secret} 'quoted' \"twice\" \\ %s :name $1", secret + "x" * 1000, f" {secret}")
        )
    return Cell(quoted(text, engine), text=as_dimension(text), secret=secret if secret in text else "")


def _label(random: Random, engine: str, _wild: bool) -> Cell:
    text = random.choice(("north", "south", "east 'n' west", "10%", "back\\slash"))
    return Cell(quoted(text, engine), text=text)


def _date(random: Random, engine: str, wild: bool) -> Cell:
    if wild and engine == MYSQL:
        return Cell("'0000-00-00'")
    return Cell(f"'20{random.randint(10, 99)}-0{random.randint(1, 9)}-1{random.randint(0, 9)}'")


KINDS: Final[Mapping[str, Kind]] = {
    "whole": Kind({MYSQL: "INT", POSTGRES: "integer"}, _integer),
    "long": Kind({MYSQL: "BIGINT", POSTGRES: "bigint"}, _long),
    "money": Kind({MYSQL: "DECIMAL(12,2)", POSTGRES: "numeric(12,2)"}, _decimal(10, 2)),
    "fine": Kind({MYSQL: "DECIMAL(65,30)", POSTGRES: "numeric(65,30)"}, _decimal(60, 30)),
    "huge": Kind({MYSQL: "DECIMAL(65,0)", POSTGRES: "numeric(65,0)"}, _decimal(60, 0)),
    "numeric": Kind({POSTGRES: "numeric"}, _numeric),
    "double": Kind({MYSQL: "DOUBLE", POSTGRES: "double precision"}, _double, precision={MYSQL: 52, POSTGRES: 52}),
    "single": Kind({MYSQL: "FLOAT", POSTGRES: "real"}, _single, precision={MYSQL: 52, POSTGRES: 23}),
    "truth": Kind({MYSQL: "BOOLEAN", POSTGRES: "boolean"}, _boolean, is_number=False),
    "text": Kind({MYSQL: "TEXT", POSTGRES: "text"}, _text, is_number=False),
    "label": Kind({MYSQL: "VARCHAR(40)", POSTGRES: "varchar(40)"}, _label, is_number=False),
    "day": Kind({MYSQL: "DATE", POSTGRES: "date"}, _date, is_number=False),
}
"""By name."""
