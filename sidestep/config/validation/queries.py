"""Errors between several tables, each of which is valid: duplicate names and series, unused databases."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sidestep.config.cloudwatch import QUERY_METRICS
from sidestep.config.validation.raw import Problem, RawQuery


def duplicate_names(queries: Sequence[RawQuery]) -> Iterator[Problem]:
    """Find names of more than one query, of more than one check, or of both."""
    named = [query for query in queries if isinstance(query.table.get("name"), str)]
    for label, count in Counter(query.label for query in named).items():
        if count > 1:
            yield label, f"name: is used {count} times; each {label.partition(' ')[0]} needs its own"
    names = {query.table["name"] for query in named if query.kind == "query"}
    for query in named:
        if query.kind == "check" and query.table["name"] in names:
            yield query.label, "name: is also that of a query; rename one of them"


def declared_query_metrics(queries: Sequence[RawQuery]) -> Iterator[Problem]:
    """Find metrics with the names of those that query_metrics publishes, if a query of the file has it."""
    if any(query.query_metrics for query in queries):
        for query in queries:
            for name in query.metrics:
                if name in QUERY_METRICS:
                    yield (
                        query.label,
                        f"metrics.{name}: is a metric that query_metrics publishes; choose another name, or remove "
                        "query_metrics from the file",
                    )


def unused_databases(names: Collection[str], queries: Sequence[RawQuery]) -> Iterator[Problem]:
    """Find databases without a query, unless a query does not name its database."""
    named = {query.named_database for query in queries}
    for name in names:
        if name and name not in named and None not in named:  # a construct's database has no name
            yield f"database.{name}", f'has no query; add one with database = "{name}", or remove the database'


def duplicate_series(queries: Sequence[RawQuery]) -> Iterator[Problem]:
    """Find metrics and totals whose series another query publishes, or may publish: their values would mix."""
    published: dict[tuple[str, frozenset[str]], list[_SeriesGroup]] = {}
    for query in queries:
        for group in _groups(query):
            others = published.setdefault((group.metric, group.dimensions), [])
            first = next((other for other in others if other.query is not query and group.overlaps(other)), None)
            if first:
                publishes = "publishes" if group.columns == first.columns else "may publish"
                what = "the total of this metric" if first.key.endswith(".rollup") else "this metric"
                yield (
                    query.label,
                    f"{group.key}: {first.query.label} {publishes} {what} with the same dimensions; rename the "
                    "metric or change fixed_dimensions in one of the queries",
                )
            others.append(group)


@dataclass(frozen=True)
class _SeriesGroup:
    """The series of one metric of a query, or their total.

    Attributes:
        key: the key of metrics.toml that publishes them.
        columns: the dimensions from columns, which may have any values.
        fixed: the fixed dimensions.
    """

    query: RawQuery
    metric: str
    key: str
    columns: frozenset[str]
    fixed: Mapping[str, str]

    @property
    def dimensions(self) -> frozenset[str]:
        """The names of all dimensions."""
        return self.columns.union(self.fixed)

    def overlaps(self, other: "_SeriesGroup") -> bool:
        """Return whether both may have the same series, if they have the same metric and dimensions."""
        return all(other.fixed.get(name, value) == value for name, value in self.fixed.items())


def _groups(query: RawQuery) -> Iterator[_SeriesGroup]:
    fixed = query.fixed_dimensions
    for metric in query.metrics:
        yield _SeriesGroup(query, metric, f"metrics.{metric}", frozenset(query.dimensions), fixed)
    for metric in query.totals:
        yield _SeriesGroup(query, metric, f"metrics.{metric}.rollup", frozenset(), fixed)
