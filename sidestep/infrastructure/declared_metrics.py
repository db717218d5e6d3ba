"""Finds the query that publishes a series, for metrics that an app refers to."""

from collections.abc import Iterator, Mapping, Sequence

from sidestep.config.checks import DIMENSION, CheckQuery
from sidestep.config.errors import ConfigError, suggestion
from sidestep.config.settings import Query


def find_series(queries: Sequence[Query], metric: str, dimensions: Mapping[str, str]) -> tuple[Query, dict[str, str]]:
    """Return the query that publishes a series of `metric`, and all dimensions of the series, fixed ones included.

    Args:
        queries: those of the construct.
        metric: its name.
        dimensions: those from columns; fixed ones may be left out.

    Raises:
        ConfigError: no query declares the metric, or none with these dimensions, or several checks publish it.
    """
    declaring = [query for query in queries if metric in query.metrics]
    checks = [query.name for query in declaring if isinstance(query, CheckQuery)]
    if len(checks) > 1 and DIMENSION not in dimensions:
        raise ConfigError(
            [f'metric {metric!r}: pass dimensions={{"{DIMENSION}": ...}} with one of the checks {", ".join(checks)}']
        )
    if not declaring:
        names = list(dict.fromkeys(name for query in queries for name in query.metrics))
        raise ConfigError(
            [f"metric {metric!r}: no query declares it{suggestion(metric, names)}; declared: {', '.join(names)}"]
        )
    for query in declaring:
        whole = {**query.fixed_dimensions, **dimensions}
        is_fixed = query.fixed_dimensions.items() <= whole.items()
        columns = whole.keys() - query.fixed_dimensions.keys()
        if is_fixed and any(columns == set(allowed) for allowed in _columns(query, metric)):
            return query, whole
    allowed = " or ".join(_listed(columns) for query in declaring for columns in _columns(query, metric))
    raise ConfigError([f"metric {metric!r}: has the dimensions {allowed}, not {_listed(dimensions)}"])


def _columns(query: Query, metric: str) -> Iterator[Sequence[str]]:
    """Yield the dimensions from columns of a metric's series, and of its total."""
    yield query.dimensions
    if query.metrics[metric].rollup:
        yield ()


def _listed(names: Sequence[str] | Mapping[str, str]) -> str:
    return f"({', '.join(names)})"
