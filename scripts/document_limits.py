"""The quotas of AWS on the way of a run, and the load that reaches each, for docs/limits.md."""

import json
from collections.abc import Iterator
from typing import Final

from scripts import quotas
from scripts.fleet import retry_pauses
from scripts.markdown import table
from scripts.quotas import Bucket, Rate
from sidestep import paths
from sidestep.config import limits
from sidestep.config.cloudwatch import MAX_WIDGETS
from sidestep.config.limits import Timing
from sidestep.config.schedule import Schedule
from sidestep.config.settings import MAX_SERIES
from sidestep.config.validation.alarms import MAX_INSIGHTS_ALARMS
from sidestep.config.validation.runs import MAX_QUERIES
from sidestep.infrastructure.template_limits import MAX_BYTES, MAX_RESOURCES
from sidestep.infrastructure.workflow import DELIVERY_RETRIES
from sidestep.lambdas.query_database import page

EVERY_FIVE_MINUTES: Final = "rate(5 minutes)"

EVENTS: Final = {"Task": 5, "Choice": 2, "Succeed": 2, "Fail": 1}
"""Events of a state without retries: a task is entered, scheduled, started, succeeded and exited (HistoryEvent)."""

EVENTS_OF_AN_EXECUTION: Final = 2
"""ExecutionStarted, and ExecutionSucceeded or ExecutionFailed."""

ROLES: Final = 4
"""Roles of a stack: of the two functions, the state machine and the schedules. One less without `prepare`."""

OTHER_RESOURCES: Final = 23
"""Resources of a stack for an existing database with one schedule, besides its alarms; without `notify`."""

OTHER_WIDGETS: Final = 5
"""Widgets of a dashboard besides those of the metrics: alarms, runs, run time, failed queries, a note."""

SUBNETS: Final = 2
"""Subnets of a function, each of which needs a network interface; an example."""


def events(pages: int) -> int:
    """Return the events in the history of an execution with a number of pages and no retry."""
    states = json.loads(paths.WORKFLOW_FILE.read_text(encoding="utf-8"))["States"]
    of_a_page = sum(EVENTS[states[name]["Type"]] for name in ("QueryDatabase", "PublishMetrics", "MorePages?"))
    return EVENTS_OF_AN_EXECUTION + EVENTS["Succeed"] + pages * of_a_page


def most_pages(schedule: str, workflow: limits.WorkflowType) -> int:
    """Return the highest number of pages of a run with one query, whose timeout is one second."""
    return 1 + (Timing(Schedule(schedule), workflow).available_seconds - 1) // limits.PAGE_SECONDS


def rates() -> str:
    """Return the quotas on requests, and the number of databases that reach them if all start at once."""
    delivery = Timing(Schedule(EVERY_FIVE_MINUTES), "standard").delivery_limit
    start = f"EventBridge Scheduler retries {DELIVERY_RETRIES} times within {delivery} s; then the run is lost"
    rows = [
        _rate(quotas.INVOCATIONS, "one for each schedule of a database", 1, "the run starts later"),
        _rate(quotas.STARTS, "one for each run", 1, start),
        _rate(quotas.EXPRESS_STARTS, "one for each run", 1, start),
        _rate(
            quotas.TRANSITIONS, f"{_at_the_end()} when the function returns", _at_the_end(), "the run takes longer"
        ),
        (
            f"[Concurrent functions]({quotas.LAMBDA})",
            *[f"{quotas.CONCURRENCY:,}"] * 2,
            "one for each run",
            f"{quotas.CONCURRENCY:,}",
            _retried("QueryDatabase", "Lambda.TooManyRequestsException"),
        ),
        (
            f"[Start rate of a function]({quotas.LAMBDA_SCALING})",
            *[f"{quotas.SCALING:,} environments in 10 s"] * 2,
            "one environment of the database's own function",
            "any number",
            "not reached",
        ),
        _rate(quotas.PUTS, "one for each page", 1, _retried("PublishMetrics", "CloudWatch.CloudWatchException")),
    ]
    return table(("Quota", "Large Regions", "Other Regions", "A run needs", "Databases at once", "Beyond it"), rows)


def runs() -> str:
    """Return the limits of one run and one database."""
    hourly = {workflow: most_pages("rate(1 hour)", workflow) for workflow in limits.MAX_RUN_SECONDS}
    often = most_pages(EVERY_FIVE_MINUTES, "standard")
    thousands = page.MAX_DATUMS
    return table(
        ("Limit", "Value", "What it limits", "Beyond it"),
        (
            (
                "Queries of a database",
                f"{MAX_QUERIES}",
                "the errors of all queries in the cause of a failed execution",
                "a second `[database.NAME]` table for the same database",
            ),
            (
                "Timeouts of a run's queries",
                f"{limits.MAX_QUERY_SECONDS} s",
                f"{limits.MAX_FUNCTION_SECONDS} s of a function",
                "several schedules",
            ),
            ("Series of a query", f"{MAX_SERIES:,}", "the bill", "several queries"),
            (
                f"[State input and output]({quotas.STEP_FUNCTIONS})",
                f"{quotas.STATE_BYTES:,} bytes",
                f"a page, to {page.MAX_BYTES:,} bytes",
                "the next page",
            ),
            (
                f"[PutMetricData request]({quotas.PUT_METRIC_DATA_PAGE})",
                f"{page.MAX_DATUMS:,} values, {quotas.REQUEST_BYTES:,} bytes",
                f"a page, to {page.MAX_DATUMS:,} values",
                "the next page",
            ),
            (
                f"[Events of a Standard execution]({quotas.STEP_FUNCTIONS})",
                f"{quotas.HISTORY_EVENTS:,}",
                f"{page.MAX_PAGES:,} pages, which are {events(page.MAX_PAGES):,} events",
                "not reached: the run ends earlier",
            ),
            (
                f"Run at `{EVERY_FIVE_MINUTES}`",
                f"{limits.Timing(Schedule(EVERY_FIVE_MINUTES), 'standard').run_limit} s",
                f"{often} pages, {often * thousands:,} series",
                "run less often, or a second table for the same database",
            ),
            (
                "Standard run, hourly or less often",
                f"{limits.MAX_RUN_SECONDS['standard']:,} s",
                f"{hourly['standard']:,} pages, {hourly['standard'] * thousands:,} series",
                "a second table for the same database",
            ),
            (
                f"[Express run]({quotas.STEP_FUNCTIONS})",
                f"{limits.MAX_RUN_SECONDS['express']} s",
                f"{hourly['express']} pages, {hourly['express'] * thousands:,} series",
                "a Standard workflow",
            ),
        ),
    )


def resources() -> str:
    """Return the quotas on resources, and the number of databases or alarms that reaches them."""
    return table(
        ("Quota", "Default", "Sidestep needs", "Reached by", "Beyond it"),
        (
            (
                f"[Roles of an account]({quotas.IAM})",
                f"{quotas.ROLES:,}",
                f"{ROLES} for a database, {ROLES - 1} without `prepare`",
                f"{quotas.ROLES // ROLES} databases, {quotas.ROLES // (ROLES - 1)} without `prepare`",
                "request up to 5,000, which AWS approves automatically; several accounts",
            ),
            (
                f"[Network interfaces of functions in a VPC]({quotas.LAMBDA})",
                f"{quotas.INTERFACES:,}",
                "one for each subnet of a database's function",
                f"{quotas.INTERFACES // SUBNETS} databases with {SUBNETS} subnets",
                "request a higher quota; `subnets` with one subnet",
            ),
            (
                f"[Inbound rules of a security group]({quotas.VPC})",
                f"{quotas.RULES:,}",
                "one for each database that has the group",
                f"{quotas.RULES} databases with one group",
                "request a higher quota; `security_group` names another one of the database's groups",
            ),
            (
                f"[Security groups of a Region]({quotas.VPC})",
                f"{quotas.SECURITY_GROUPS:,}",
                "one for a database",
                f"{quotas.SECURITY_GROUPS:,} databases",
                "request a higher quota",
            ),
            (
                f"[Stacks]({quotas.CLOUDFORMATION})",
                f"{quotas.STACKS:,}",
                "one for a database",
                f"{quotas.STACKS:,} databases",
                "request a higher quota; several databases in a stack of your own with [SqlMetrics](api.md)",
            ),
            (
                f"[Resources and size of a template]({quotas.CLOUDFORMATION})",
                f"{MAX_RESOURCES}; {MAX_BYTES:,} bytes",
                f"{OTHER_RESOURCES}, and one for each alarm of a database",
                f"{MAX_RESOURCES - OTHER_RESOURCES} alarms",
                "`cdk synth` reports it; a second table for the same database",
            ),
            (
                f"[Metrics Insights alarms]({quotas.CLOUDWATCH})",
                f"{MAX_INSIGHTS_ALARMS}",
                "one for each `above` or `below` of a metric with dimensions",
                f"{MAX_INSIGHTS_ALARMS} of them",
                "`cdk synth` reports it for one file; not adjustable: alarm on totals, or use several accounts",
            ),
            (
                f"[Metrics of a Metrics Insights alarm]({quotas.ALARMS})",
                f"{quotas.INSIGHTS_METRICS:,}",
                "one for each series of the metric",
                f"{quotas.INSIGHTS_METRICS:,} series",
                "the alarm does not see the others; alarm on a total",
            ),
            (
                f"[Widgets of a dashboard]({quotas.DASHBOARDS})",
                f"{MAX_WIDGETS}",
                f"{OTHER_WIDGETS}, and one for each metric of a database",
                f"{MAX_WIDGETS - OTHER_WIDGETS} metrics",
                "`cdk synth` reports it; `dashboard = false`, or a second table",
            ),
            (
                f"[Series of a graph]({quotas.SEARCHES})",
                f"{quotas.GRAPH_SERIES}",
                "one for each series of the metric",
                f"{quotas.GRAPH_SERIES} series",
                "the graph shows some of them; alarms are not affected",
            ),
        ),
    )


def _rate(rate: Rate, needs: str, each: int, beyond: str) -> tuple[str, ...]:
    large, small = rate.large, rate.small
    return (
        f"[{rate.name}]({rate.page})",
        _bucket(large),
        _bucket(small),
        needs,
        f"{large.size // each:,}" if large == small else f"{large.size // each:,} or {small.size // each:,}",
        beyond,
    )


def _bucket(bucket: Bucket) -> str:
    if bucket.size == bucket.refill:
        return f"{bucket.size:,} a second"
    return f"{bucket.size:,} at once, then {bucket.refill:,} a second"


def _at_the_end() -> int:
    """Return the states that a run of one page enters after its function."""
    return sum(1 for _ in _states_after("QueryDatabase"))


def _states_after(name: str) -> Iterator[str]:
    states = json.loads(paths.WORKFLOW_FILE.read_text(encoding="utf-8"))["States"]
    while (following := states[name].get("Next") or states[name].get("Default")) is not None:
        yield (name := following)


def _retried(state: str, error: str) -> str:
    *first, last = (f"{pause:g}" for pause in retry_pauses(state, error))
    return f"Step Functions retries after {', '.join(first)} and {last} s; then the run fails"
