"""The alarms of one database: on silence, on empty results, and on the values that metrics.toml calls bad.

Sidestep's own metrics are watched by Average, Minimum or Maximum: a repeated request would double a Sum.
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
from sidestep.config.alarm_windows import LONGEST_WARM_UP, Window, window_of_runs, window_of_silence
from sidestep.config.settings import Alarm, Missing, Query, Settings
from sidestep.lambdas.query_database.metric_data import EMPTY_RESULTS

MISSING: Final[dict[Missing, TreatMissingData]] = {
    "ignore": TreatMissingData.IGNORE,
    "ok": TreatMissingData.NOT_BREACHING,
    "alarm": TreatMissingData.BREACHING,
    "unknown": TreatMissingData.MISSING,
}
"""What metrics.toml calls CloudWatch's treatments of a period without a value."""

MAX_NAME: Final = 255
"""Characters of an alarm's name (CloudWatch API reference, PutMetricAlarm)."""

Side = Literal["above", "below"]

_COMPARISONS: Final[dict[Side, ComparisonOperator]] = {
    "above": ComparisonOperator.GREATER_THAN_THRESHOLD,
    "below": ComparisonOperator.LESS_THAN_THRESHOLD,
}


class Alarms(Construct):
    """The alarms of one database.

    Attributes:
        all: every one of them.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        database: str,
        state_machine: aws_stepfunctions.StateMachine,
        action: aws_cloudwatch.IAlarmAction | None,
    ) -> None:
        """Create what `settings` asks for; each alarm takes the action when it rings and when it is over."""
        super().__init__(scope, construct_id)
        self._settings = settings
        self.all: Final = [
            *self._of_runs(database, state_machine),
            *(alarm for query in settings.queries_of(database) for alarm in self._of_query(query)),
        ]
        if action:
            for alarm in self.all:
                alarm.add_alarm_action(action)
                alarm.add_ok_action(action)

    def _of_runs(self, database: str, machine: aws_stepfunctions.StateMachine) -> Iterator[aws_cloudwatch.Alarm]:
        if not self._settings.rings_on_missing(database):
            return
        window = window_of_silence([run.timing for run in self._settings.runs_of(database)])
        if window:
            yield self._missing(machine, window)
        else:
            Annotations.of(self).add_warning_v2(
                "sidestep:no-alarm-on-missing",
                f"database.{database} runs too seldom for an alarm on missing metrics: CloudWatch's alarms look back "
                "7 days at most. Run a query of it more often, or accept it there: alarm_on_missing = false",
            )

    def _of_query(self, query: Query) -> Iterator[aws_cloudwatch.Alarm]:
        if query.alarm_on_empty:
            yield self._empty(query)
        for name, metric in query.metrics.items():
            if metric.alarm and metric.alarm.above is not None:
                yield self._threshold(query, name, metric.alarm, "above", metric.alarm.above)
            if metric.alarm and metric.alarm.below is not None:
                yield self._threshold(query, name, metric.alarm, "below", metric.alarm.below)

    def _missing(self, machine: aws_stepfunctions.StateMachine, window: Window) -> aws_cloudwatch.Alarm:
        """Watch runs that succeed: whatever keeps metrics from arriving, there are none of them."""
        period = Duration.seconds(window.period)
        stack = Stack.of(self)
        alarm = aws_cloudwatch.Alarm(
            self,
            "Missing",
            alarm_name=self._name("missing"),
            alarm_description=f"No run of {stack.stack_name} has succeeded for {timedelta(seconds=window.seconds)} "
            f"(h:mm:ss): the schedule is silent, or runs fail. "
            f"{console_urls.state_machine_page(stack.region, machine.state_machine_arn)}",
            # Filled with zeros, since an alarm passes over what is missing as long as it finds older values.
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
        _let_it_warm_up(alarm, window)
        return alarm

    def _empty(self, query: Query) -> aws_cloudwatch.Alarm:
        return aws_cloudwatch.Alarm(
            self,
            f"Empty {query.name}",
            alarm_name=self._name(query.name, "empty"),
            alarm_description=f"The query {query.name} returned nothing.",
            metric=aws_cloudwatch.Metric(
                namespace=self._settings.namespace,
                metric_name=EMPTY_RESULTS,
                dimensions_map={"Query": query.name},
                statistic="Maximum",
                period=_period(window_of_runs(self._settings.timing_of(query), 1)),
            ),
            evaluation_periods=1,
            threshold=0,
            comparison_operator=ComparisonOperator.GREATER_THAN_THRESHOLD,
            treat_missing_data=TreatMissingData.NOT_BREACHING,  # the metric exists only when there is a reason
        )

    def _threshold(
        self, query: Query, metric: str, alarm: Alarm, side: Side, threshold: float
    ) -> aws_cloudwatch.Alarm:
        window = window_of_runs(self._settings.timing_of(query), alarm.runs)
        what = f"A series of {metric}" if query.dimensions else metric
        often = f"in {alarm.runs} runs in a row" if alarm.runs > 1 else "in a run"
        return aws_cloudwatch.Alarm(
            self,
            f"{query.name} {side} {quote(metric, safe=' ')}",  # a path of constructs has slashes
            alarm_name=self._name(query.name, side, metric),
            alarm_description=f"{what} was {side} {threshold:g} {often}. The query is {query.name}.",
            metric=self._watched(query, metric, side, _period(window)),
            evaluation_periods=window.periods,
            threshold=threshold,
            comparison_operator=_COMPARISONS[side],
            treat_missing_data=MISSING[alarm.missing],
        )

    def _watched(self, query: Query, metric: str, side: Side, period: Duration) -> aws_cloudwatch.IMetric:
        """Return what a threshold is compared with: if columns are dimensions, the worst of all series."""
        namespace = self._settings.namespace
        if not query.dimensions:
            return aws_cloudwatch.Metric(
                namespace=namespace,
                metric_name=metric,
                dimensions_map=query.fixed_dimensions,
                statistic="Average",
                period=period,
            )
        worst: Literal["MAX", "MIN"] = "MAX" if side == "above" else "MIN"
        return aws_cloudwatch.MathExpression(
            expression=metric_queries.worst_series(namespace, metric, query, worst=worst),
            label=metric,
            period=period,
        )

    def _name(self, *parts: str) -> str:
        """Return an alarm's name: by what stands before the first slash, the topic knows the alarms of its stack."""
        name = resource_names.alarm_prefix(Stack.of(self).stack_name) + "/".join(parts)
        if len(name) <= MAX_NAME:
            return name
        digest = hashlib.sha256(name.encode()).hexdigest()[:8]  # two long names may begin alike
        return f"{name[: MAX_NAME - len(digest) - 1]}/{digest}"


def _period(window: Window) -> Duration:
    return Duration.seconds(window.period)


def _let_it_warm_up(alarm: aws_cloudwatch.Alarm, window: Window) -> None:
    """Have a new alarm wait for the first run, as far as CloudWatch lets it."""
    resource = alarm.node.default_child
    assert isinstance(resource, aws_cloudwatch.CfnAlarm)  # noqa: S101 - what an Alarm is made of
    resource.warm_up_configuration = aws_cloudwatch.CfnAlarm.WarmUpConfigurationProperty(
        warm_up_period_duration_in_minutes=min(window.seconds, LONGEST_WARM_UP) // 60,
        only_start_evaluating_after_warm_up_period_ends=True,  # the zeros would end it at once
    )
