"""Graphs of metrics: the lines of each series, for the dashboard of one database and that of several."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final, NamedTuple

from aws_cdk import Duration, aws_cloudwatch

from sidestep.config import cloudwatch, metric_queries
from sidestep.config.checks import CheckQuery
from sidestep.config.settings import Metric, Query, QuerySettings
from sidestep.lambdas.query_database.metric_data import EMPTY_RESULTS, FAILED_QUERIES, QUERY_DURATION, ROWS_RETURNED

WIDTH: Final = 24
"""Columns of a dashboard's grid (CloudWatch API reference, dashboard body)."""

AVERAGE: Final = "Average"

PERCENTILES: Final = ("p50", "p90", "p99")
"""The lines of a distribution; other metrics have no percentiles."""


class Source(NamedTuple):
    """A query whose metrics a graph shows, and where they are if that is not where the dashboard is.

    Attributes:
        database: the name of its database in labels; "" if all lines of the graph are of one database.
    """

    query: Query
    database: str = ""
    account: str | None = None
    region: str | None = None


def values_graph(settings: QuerySettings, sources: Sequence[Source], metric: str) -> aws_cloudwatch.GraphWidget:
    """Return the graph of a metric, which all sources declare."""
    query = sources[0].query
    lines = [
        line
        for source in sources
        for statistic in _statistics(query.metrics[metric])
        for line in _lines(settings, source, metric, statistic)
    ]
    title = f"{metric} {query.name}" if isinstance(query, CheckQuery) else metric  # several checks have one metric
    return _graph(title, lines, query.metrics[metric].unit)


def failures_graph(settings: QuerySettings, sources: Sequence[Source]) -> aws_cloudwatch.GraphWidget:
    """Return the graph of the queries that failed or were empty."""
    return aws_cloudwatch.GraphWidget(
        title="Queries that failed or were empty",
        left=[
            _own_line(settings, source, name, _label(name, source.query.name, source.database), "Maximum")
            for name in (FAILED_QUERIES, EMPTY_RESULTS)
            for source in sources
        ],
        width=WIDTH // 3,
    )


def query_graphs(settings: QuerySettings, sources: Sequence[Source]) -> list[aws_cloudwatch.IWidget]:
    """Return the graphs of the durations and rows of the queries of one database, or of one query on several.

    There are none if no query publishes them.
    """
    measured = [source for source in sources if source.query.query_metrics]
    if not measured:
        return []
    of_query = measured[0].query.name if measured[0].database else ""
    return [
        _graph(
            " ".join(filter(None, (name, of_query))),
            [_own_line(settings, source, name, source.database or source.query.name, AVERAGE) for source in measured],
            unit,
        )
        for name, unit in ((QUERY_DURATION, "Milliseconds"), (ROWS_RETURNED, "Count"))
    ]


def search_note() -> aws_cloudwatch.TextWidget:
    """Return a note that a new series appears late, because a search finds only listed metrics."""
    minutes = cloudwatch.LISTING // timedelta(minutes=1)
    return aws_cloudwatch.TextWidget(
        markdown=f"Graphs of metrics with dimensions show new series after up to {minutes} minutes.",
        background=aws_cloudwatch.TextWidgetBackground.TRANSPARENT,
        width=WIDTH,
        height=1,
    )


def _graph(title: str, lines: Sequence[aws_cloudwatch.IMetric], unit: str) -> aws_cloudwatch.GraphWidget:
    axis = aws_cloudwatch.YAxisProps(label="" if unit == "None" else unit, show_units=False)
    return aws_cloudwatch.GraphWidget(title=title, left=lines, left_y_axis=axis, width=WIDTH // 3)


def _own_line(
    settings: QuerySettings, source: Source, name: str, label: str | None, statistic: str
) -> aws_cloudwatch.Metric:
    return aws_cloudwatch.Metric(
        namespace=settings.namespace,
        metric_name=name,
        dimensions_map=settings.own_dimensions(source.query),
        statistic=statistic,
        label=label,
        account=source.account,
        region=source.region,
    )


def _lines(settings: QuerySettings, source: Source, metric: str, statistic: str) -> Iterator[aws_cloudwatch.IMetric]:
    """Yield a line for each series, labelled with the values of its columns, and one for their total."""
    query = source.query
    which = "" if statistic == AVERAGE else statistic
    if not query.dimensions:
        yield _line(settings, source, metric, statistic, _label(source.database, which))
        alarm = query.metrics[metric].alarm
        if alarm and alarm.anomaly and not source.database and statistic == _statistics(query.metrics[metric])[0]:
            yield _band(settings, source, metric, alarm.anomaly)
        return
    period = settings.timing_of(query).interval
    yield aws_cloudwatch.SearchExpression(
        expression=metric_queries.search_expression(
            settings.namespace, metric, query, statistic=statistic, period=period
        ),
        label=_label(source.database, *(f"${{PROP('Dim.{name}')}}" for name in query.dimensions), which),
        period=Duration.seconds(period),
        search_account=source.account,
        search_region=source.region,
    )
    if query.metrics[metric].rollup:
        yield _line(settings, source, metric, statistic, _label(source.database, "total", which))


def _line(
    settings: QuerySettings, source: Source, metric: str, statistic: str, label: str | None
) -> aws_cloudwatch.Metric:
    return aws_cloudwatch.Metric(
        namespace=settings.namespace,
        metric_name=metric,
        dimensions_map=source.query.fixed_dimensions,
        statistic=statistic,
        label=label,
        period=Duration.seconds(settings.timing_of(source.query).interval),
        account=source.account,
        region=source.region,
    )


def _band(settings: QuerySettings, source: Source, metric: str, deviations: float) -> aws_cloudwatch.MathExpression:
    """Return the band of expected averages, which an alarm watches."""
    return aws_cloudwatch.MathExpression(
        expression=f"ANOMALY_DETECTION_BAND(average, {deviations:g})",
        using_metrics={"average": _line(settings, source, metric, AVERAGE, None)},
        label="expected",
        period=Duration.seconds(settings.timing_of(source.query).interval),
    )


def _label(*words: str) -> str | None:
    return " ".join(filter(None, words)) or None


def _statistics(metric: Metric) -> Sequence[str]:
    return PERCENTILES if metric.statistic == "distribution" else (AVERAGE,)
