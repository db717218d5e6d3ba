"""The alarms of one database: on missing runs, on empty results, and on the thresholds of metrics.toml.

Alarms on published metrics use Average or Maximum, since a retried PutMetricData request doubles a Sum.
"""

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Final, Literal
from urllib.parse import quote

from aws_cdk import Annotations, Duration, Stack, aws_cloudwatch, aws_stepfunctions
from aws_cdk.aws_cloudwatch import ComparisonOperator, TreatMissingData
from constructs import Construct

from sidestep import console_urls, resource_names
from sidestep.config import metric_queries
from sidestep.config.alarm_windows import (
    MAX_WARM_UP,
    WITHOUT_WALL_CLOCK,
    Window,
    window_for_alarm,
    window_for_missing_runs,
    window_for_runs,
)
from sidestep.config.checks import CheckQuery, logs_rows, rows_query
from sidestep.config.databases import database_key
from sidestep.config.settings import Alarm, Missing, Query, QuerySettings
from sidestep.infrastructure.notifications import Notifications
from sidestep.lambdas.query_database.metric_data import EMPTY_RESULTS

MISSING: Final[dict[Missing, TreatMissingData]] = {
    "ignore": TreatMissingData.IGNORE,
    "ok": TreatMissingData.NOT_BREACHING,
    "alarm": TreatMissingData.BREACHING,
    "unknown": TreatMissingData.MISSING,
}
"""CloudWatch's treatments of missing data by their names in metrics.toml."""

MAX_NAME: Final = 255
"""Maximum number of characters in an alarm's name (CloudWatch API reference, PutMetricAlarm)."""

Side = Literal["above", "below"]

_Created = tuple[Alarm | None, aws_cloudwatch.Alarm]
"""The table of an alarm, which may have its own receivers, and its resource."""

_COMPARISONS: Final[dict[Side, ComparisonOperator]] = {
    "above": ComparisonOperator.GREATER_THAN_THRESHOLD,
    "below": ComparisonOperator.LESS_THAN_THRESHOLD,
}


class Alarms(Construct):
    """The alarms of one database.

    Attributes:
        all: all alarms.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        settings: QuerySettings,
        database: str,
        state_machine: aws_stepfunctions.StateMachine,
        notifications: Notifications,
    ) -> None:
        """Create the alarms, with names that begin with `name`; each notifies its receivers of ALARM and of OK."""
        super().__init__(scope, construct_id)
        self._name = name
        self._settings = settings
        self.all: Final[list[aws_cloudwatch.Alarm]] = []
        created = [
            *self._of_runs(database, state_machine),
            *(pair for query in settings.queries_of(database) for pair in self._of_query(query)),
        ]
        for own, alarm in created:
            actions = notifications.actions(settings.receivers_of(database, own))
            alarm.add_alarm_action(*actions)
            alarm.add_ok_action(*actions)
            self.all.append(alarm)

    def _of_runs(self, database: str, machine: aws_stepfunctions.StateMachine) -> Iterator[_Created]:
        if not self._settings.alarms_on_missing(database):
            return
        window = window_for_missing_runs([run.timing for run in self._settings.runs_of(database)])
        if window and not (window.timezone and Stack.of(self).region in WITHOUT_WALL_CLOCK):
            yield None, self._missing(machine, window)
        else:
            Annotations.of(self).add_warning_v2(
                "sidestep:no-alarm-on-missing",
                f"{database_key(database)} runs too rarely for an alarm on missing runs: CloudWatch's alarms look "
                "back at most 7 days. Run one of its queries more often, or weekly with a cron expression whose runs "
                "end before midnight, or write alarm_on_missing = false",
            )

    def _of_query(self, query: Query) -> Iterator[_Created]:
        if query.alarm_on_empty:
            yield None, self._empty(query)
        for name, metric in query.metrics.items():
            if metric.alarm and metric.alarm.above is not None:
                yield metric.alarm, self._threshold(query, name, metric.alarm, "above", metric.alarm.above)
            if metric.alarm and metric.alarm.below is not None:
                yield metric.alarm, self._threshold(query, name, metric.alarm, "below", metric.alarm.below)
            if metric.alarm and metric.alarm.anomaly is not None:
                yield metric.alarm, self._anomaly(query, name, metric.alarm, metric.alarm.anomaly)

    def _missing(self, machine: aws_stepfunctions.StateMachine, window: Window) -> aws_cloudwatch.Alarm:
        """Count the runs that succeed: whatever the reason for missing metrics, there are none."""
        period = Duration.seconds(window.period)
        alarm = aws_cloudwatch.Alarm(
            self,
            "Missing",
            alarm_name=self._alarm_name("missing"),
            alarm_description=f"No run of {self._name} has succeeded for {timedelta(seconds=window.seconds)} "
            f"(h:mm:ss): the schedule is silent, or runs fail. "
            f"{console_urls.state_machine_page(Stack.of(self).region, machine.state_machine_arn)}",
            # FILL, since an alarm ignores missing periods as long as it finds older values.
            metric=aws_cloudwatch.MathExpression(
                expression="FILL(succeeded, 0)",
                label="Runs that succeeded",
                using_metrics={"succeeded": machine.metric_succeeded(period=period, statistic="Sum")},
                period=period,
            ),
            evaluation_periods=window.periods,
            threshold=1,
            comparison_operator=ComparisonOperator.LESS_THAN_THRESHOLD,
            treat_missing_data=TreatMissingData.BREACHING,
        )
        _set_warm_up(alarm, window)
        _set_evaluation_window(alarm, window)
        return alarm

    def _empty(self, query: Query) -> aws_cloudwatch.Alarm:
        return aws_cloudwatch.Alarm(
            self,
            f"Empty {query.name}",
            alarm_name=self._alarm_name(query.name, "empty"),
            alarm_description=f"The query {query.name} returned nothing.",
            metric=aws_cloudwatch.Metric(
                namespace=self._settings.namespace,
                metric_name=EMPTY_RESULTS,
                dimensions_map=self._settings.own_dimensions(query),
                statistic="Maximum",
                period=_period(window_for_runs(self._settings.timing_of(query), 1)),
            ),
            evaluation_periods=1,
            threshold=0,
            comparison_operator=ComparisonOperator.GREATER_THAN_THRESHOLD,
            treat_missing_data=TreatMissingData.NOT_BREACHING,  # the metric exists only for empty results
        )

    def _threshold(
        self, query: Query, metric: str, alarm: Alarm, side: Side, threshold: float
    ) -> aws_cloudwatch.Alarm:
        window = self._window(query, alarm)
        created = aws_cloudwatch.Alarm(
            self,
            _construct_id(query, side, metric),
            alarm_name=self._alarm_name(query.name, side, metric),
            alarm_description=self._description(query, metric, alarm, f"{side} {threshold:g}"),
            metric=self._watched(query, metric, side, _period(window)),
            evaluation_periods=window.periods,
            threshold=threshold,
            comparison_operator=_COMPARISONS[side],
            treat_missing_data=MISSING[alarm.missing],
        )
        _set_evaluation_window(created, window)
        return created

    def _anomaly(self, query: Query, metric: str, alarm: Alarm, deviations: float) -> aws_cloudwatch.Alarm:
        window = self._window(query, alarm)
        breach = f"outside the band of {deviations:g} standard deviations around its expected values"
        created = aws_cloudwatch.AnomalyDetectionAlarm(
            self,
            _construct_id(query, "anomaly", metric),
            alarm_name=self._alarm_name(query.name, "anomaly", metric),
            alarm_description=self._description(query, metric, alarm, breach),
            metric=self._series(query, metric, _period(window)),
            evaluation_periods=window.periods,
            std_devs=deviations,
            treat_missing_data=MISSING[alarm.missing],
        )
        _set_evaluation_window(created, window)
        return created

    def _window(self, query: Query, alarm: Alarm) -> Window:
        window = window_for_alarm(self._settings.timing_of(query), alarm.runs, alarm.window)
        assert window  # noqa: S101 - the settings are checked
        return window

    def _description(self, query: Query, metric: str, alarm: Alarm, breach: str) -> str:
        often = f"in {alarm.runs} runs in a row" if alarm.runs > 1 else "in a run"
        if not isinstance(query, CheckQuery):
            what = f"A series of {metric}" if query.dimensions else metric
            return f"{what} was {breach} {often}. The query is {query.name}."
        severity = f"[{query.severity}] " if query.severity else ""
        if query.max_age is not None:
            return f"{severity}The check {query.name}: the data was older than {query.max_age} s {often}."
        link = f" {self._rows_page(query)}" if logs_rows(query) else ""
        return f"{severity}The check {query.name}: rows that should not exist were found {often}.{link}"

    def _rows_page(self, check: CheckQuery) -> str:
        group = resource_names.check_log_group(self._name)
        return console_urls.logs_insights_page(Stack.of(self).region, group, rows_query(check.name))

    def _watched(self, query: Query, metric: str, side: Side, period: Duration) -> aws_cloudwatch.IMetric:
        """Return the metric of a threshold; with dimensions from columns, the highest or lowest of all series."""
        if not query.dimensions:
            return self._series(query, metric, period)
        function: Literal["MAX", "MIN"] = "MAX" if side == "above" else "MIN"
        return aws_cloudwatch.MathExpression(
            expression=metric_queries.insights_query(self._settings.namespace, metric, query, function=function),
            label=metric,
            period=period,
        )

    def _series(self, query: Query, metric: str, period: Duration) -> aws_cloudwatch.Metric:
        return aws_cloudwatch.Metric(
            namespace=self._settings.namespace,
            metric_name=metric,
            dimensions_map=query.fixed_dimensions,
            statistic="Average",
            period=period,
        )

    def _alarm_name(self, *parts: str) -> str:
        """Return an alarm's name, whose prefix the topic's policy requires."""
        name = resource_names.alarm_prefix(self._name) + "/".join(parts)
        if len(name) <= MAX_NAME:
            return name
        digest = hashlib.sha256(name.encode()).hexdigest()[:8]  # long names may have the same beginning
        return f"{name[: MAX_NAME - len(digest) - 1]}/{digest}"


def _construct_id(query: Query, what: str, metric: str) -> str:
    return f"{query.name} {what} {quote(metric, safe=' ')}"  # a slash is not valid in an ID


def _period(window: Window) -> Duration:
    return Duration.seconds(window.period)


def _resource(alarm: aws_cloudwatch.Alarm) -> aws_cloudwatch.CfnAlarm:
    resource = alarm.node.default_child
    assert isinstance(resource, aws_cloudwatch.CfnAlarm)  # noqa: S101 - an Alarm's resource
    return resource


def _set_evaluation_window(alarm: aws_cloudwatch.Alarm, window: Window) -> None:
    """Set a wall clock window, for which the CDK's Alarm has no argument; a sliding one is CloudWatch's default."""
    if window.timezone:
        _resource(alarm).evaluation_window = aws_cloudwatch.CfnAlarm.EvaluationWindowProperty(
            wall_clock_window=aws_cloudwatch.CfnAlarm.WallClockWindowProperty(timezone=window.timezone)
        )


def _set_warm_up(alarm: aws_cloudwatch.Alarm, window: Window) -> None:
    """Let a new alarm wait for the first run, or for the maximum time."""
    _resource(alarm).warm_up_configuration = aws_cloudwatch.CfnAlarm.WarmUpConfigurationProperty(
        warm_up_period_duration_in_minutes=min(window.seconds, MAX_WARM_UP) // 60,
        only_start_evaluating_after_warm_up_period_ends=True,  # the zeros of FILL would end it at once
    )
