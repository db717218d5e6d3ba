"""Alarms that CloudWatch has no way to evaluate."""

from collections.abc import Iterator

from sidestep.alarm_windows import Window, window_of_runs
from sidestep.consistency.raw import Mistake
from sidestep.settings import Query, Settings


def blind_alarms(settings: Settings) -> Iterator[Mistake]:
    """Find alarms that look back too far, or on names that they cannot say."""
    for query in settings.queries:
        timing = settings.timing_of(query)
        if query.alarm_on_empty:  # on a metric of Sidestep's own, whose dimension is known
            yield from _too_far_back(query, "alarm_on_empty", window_of_runs(timing, 1), dimensions=False)
        for name, metric in query.metrics.items():
            if metric.alarm:
                where = f"metrics.{name}.alarm"
                window = window_of_runs(timing, metric.alarm.runs)
                yield from _too_far_back(query, where, window, dimensions=bool(query.dimensions))
                yield from _unquotable(query, where, (settings.namespace, name, *query.dimensions))


def _too_far_back(query: Query, where: str, window: Window, *, dimensions: bool) -> Iterator[Mistake]:
    furthest = window.furthest(dimensions=dimensions)
    if window.seconds > furthest:
        most = furthest // window.period
        what = "a metric with dimensions" if dimensions else f"a period of {window.period} s"
        remedy = f"write for = {most} or less" if most else "run more often or remove the alarm"
        yield (
            f'query "{query.name}"',
            f"{where}: {window.periods} of its runs are {window.seconds} s, but on {what} CloudWatch's alarms look "
            f"back {furthest} s at most; {remedy}",
        )


def _unquotable(query: Query, where: str, names: tuple[str, ...]) -> Iterator[Mistake]:
    """Find names that a Metrics Insights query has no way to say; what watches dimensions is one."""
    wrong = [name for name in names if query.dimensions and set(name) & set('"\\')]
    for name in wrong:
        yield (
            f'query "{query.name}"',
            f"{where}: {name!r} has a quotation mark or a backslash, which no alarm on a metric with dimensions can "
            "say; rename it",
        )
