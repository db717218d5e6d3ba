"""Tables of metrics.toml as the file has them, right or wrong: one mistake must not hide another."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

Mistake = tuple[str, str]
"""Where, and what is wrong."""

RawTable = Mapping[str, object]


@dataclass(frozen=True)
class RawQuery:
    """A [[query]] table; what is not of the right type in it is left out here.

    Attributes:
        number: counted from 1, in the order of the file.
    """

    number: int
    table: RawTable

    @property
    def called(self) -> str:
        """What messages call it: those without a name by their number."""
        name = self.table.get("name")
        return f'query "{name}"' if isinstance(name, str) else f"query number {self.number}"

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The columns that are dimensions."""
        return tuple(name for name in _items(self.table.get("dimensions")) if isinstance(name, str))

    @property
    def metrics(self) -> dict[str, RawTable]:
        """The tables of its metrics, by their names."""
        metrics = self.table.get("metrics")
        if not isinstance(metrics, dict):
            return {}
        return {name: table if isinstance(table, dict) else {} for name, table in metrics.items()}


def _items(raw: object) -> Collection[object]:
    return raw if isinstance(raw, list) else ()
