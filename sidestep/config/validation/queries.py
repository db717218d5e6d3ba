"""Series that two queries publish: their values would mix without a trace."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sidestep.config.validation.raw import Mistake, RawQuery


@dataclass(frozen=True)
class _Family:
    """The series of one metric of a query, or their total.

    Attributes:
        key: of metrics.toml, which makes them.
        columns: the dimensions that may have any values.
        fixed: the dimensions that have these.
    """

    query: RawQuery
    metric: str
    key: str
    columns: frozenset[str]
    fixed: Mapping[str, str]

    @property
    def names(self) -> frozenset[str]:
        """All dimensions."""
        return self.columns.union(self.fixed)

    def meets(self, other: "_Family") -> bool:
        """Return whether a series may be in both, given that metric and names are the same."""
        return all(other.fixed.get(name, value) == value for name, value in self.fixed.items())


def mixed_series(queries: Sequence[RawQuery]) -> Iterator[Mistake]:
    """Find metrics and totals whose series another query publishes as well, or may publish."""
    published: dict[tuple[str, frozenset[str]], list[_Family]] = {}
    for query in queries:
        for family in _families(query):
            others = published.setdefault((family.metric, family.names), [])
            owner = next((other for other in others if other.query is not query and family.meets(other)), None)
            if owner:
                publishes = "publishes" if family.columns == owner.columns else "may publish"
                what = "the total of this metric" if owner.key.endswith(".rollup") else "this metric"
                yield (
                    query.called,
                    f"{family.key}: {owner.query.called} {publishes} {what} with the same dimensions; give one of "
                    "them another name or other fixed_dimensions",
                )
            others.append(family)


def _families(query: RawQuery) -> Iterator[_Family]:
    fixed = query.fixed_dimensions
    for metric in query.metrics:
        yield _Family(query, metric, f"metrics.{metric}", frozenset(query.dimensions), fixed)
    for metric in query.totals:
        yield _Family(query, metric, f"metrics.{metric}.rollup", frozenset(), fixed)
