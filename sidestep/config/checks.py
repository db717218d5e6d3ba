"""The keys of a [[check]] table, and the query that a check becomes.

A check runs on a schedule and finds wrong or old data. The command `sidestep check` is something else: it runs the
queries of a file once, before a deployment.
"""

from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, field_validator

from sidestep.config.alarm_windows import WindowKind
from sidestep.config.duration import duration
from sidestep.config.fields import FixedDimensions, Table, distinct
from sidestep.config.receivers import Receivers
from sidestep.config.settings import (
    Alarm,
    Metric,
    Missing,
    Policy,
    Query,
    QueryName,
    QueryTimeout,
    sql_for_the_engine,
)
from sidestep.lambdas.query_database.checks import AGE, VIOLATIONS

DIMENSION: Final = "Check"
"""The dimension with the name of the check."""

MAX_ROWS: Final = 50
"""Rows of a run that are logged: the log lines of one notification (CloudWatch API reference, PutLogAlarm)."""

MAX_COLUMNS: Final = 20
"""Columns that are logged. With 200 characters each, a line is far below the 256 KB of a notification."""

Severity = Literal["critical", "error", "warning", "info"]
"""The severities of PagerDuty's Common Event Format, which other tools use as well."""


def _checked_duration(text: str) -> str:
    duration(text)
    return text


class Check(Table):
    """One SELECT that returns the rows that should not exist, or one time.

    Attributes:
        database, schedule, timezone, fixed_dimensions, timeout: as in Query.
        rows: the maximum number of rows that a run logs.
        show: the columns of these rows that are logged.
        max_age: the age of the time beyond which the alarm fires; None for a check that returns rows.
        on_null, on_empty: what a NULL, or no row, becomes instead of a time.
        runs: the number of runs in a row that breach before the alarm fires; `for` in the file.
        missing: what the alarm does after a run without a value.
        notify, window: as in Alarm.
        severity: the beginning of the alarm's description.
    """

    name: QueryName
    sql: str
    database: str | None = None
    schedule: str | None = None
    timezone: str | None = None
    fixed_dimensions: FixedDimensions = Field(default_factory=dict)
    timeout: QueryTimeout = 10
    rows: Annotated[int, Field(ge=0, le=MAX_ROWS)] = 0
    show: Annotated[
        tuple[Annotated[str, Field(min_length=1)], ...],
        Field(strict=False, max_length=MAX_COLUMNS),
        AfterValidator(distinct),
    ] = ()
    max_age: Annotated[str, AfterValidator(_checked_duration)] | None = None
    on_null: Policy = "fail"
    on_empty: Policy = "fail"
    runs: Annotated[int, Field(alias="for", ge=1)] = 1
    missing: Missing = "ignore"
    notify: Receivers | None = None
    window: WindowKind = "sliding"
    severity: Severity | None = None
    query_metrics: bool | None = None

    _check_sql = field_validator("sql")(sql_for_the_engine)

    def query(self) -> "CheckQuery":
        """Return the query of the check."""
        seconds = duration(self.max_age) if self.max_age else None
        same_as_alarm = self.model_dump(include=set(Alarm.model_fields) & set(Check.model_fields), by_alias=True)
        alarm = Alarm.model_validate({"above": float(seconds or 0), **same_as_alarm})
        name, unit = (VIOLATIONS, "Count") if seconds is None else (AGE, "Seconds")
        same = self.model_dump(include=set(Query.model_fields) & set(Check.model_fields))
        metric = Metric.model_validate({"unit": unit, "alarm": alarm})
        return CheckQuery.model_construct(
            **same, metrics={name: metric}, rows=self.rows, show=self.show, max_age=seconds, severity=self.severity
        )


class CheckQuery(Query):
    """The query of a check. It publishes one metric in one series, with the name of the check as a dimension.

    Attributes:
        rows, show, severity: as in Check.
        max_age: in seconds; None for a check that returns rows.
    """

    rows: int = 0
    show: tuple[str, ...] = ()
    max_age: int | None = None
    severity: Severity | None = None


def logs_rows(query: Query) -> bool:
    """Return whether a query is that of a check that logs rows."""
    return isinstance(query, CheckQuery) and query.rows > 0


def rows_query(check: str) -> str:
    """Return a query of CloudWatch Logs Insights for the logged rows of a check, the latest run first."""
    return f'fields scheduled_time, @message | filter check = "{check}" | sort scheduled_time desc, number'
