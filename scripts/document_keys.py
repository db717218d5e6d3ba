"""The tables of keys in docs/configuration.md: the values and default of each key from its model, and a description.

A new key of metrics.toml needs a description here.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Final

from pydantic.fields import FieldInfo

from scripts.markdown import table
from sidestep.config.checks import Check
from sidestep.config.databases import KINDS
from sidestep.config.fields import Table
from sidestep.config.settings import Alarm, General, Metric, Query

GENERAL: Final[Mapping[str, str]] = {
    "name": "The prefix of the names of stacks, dashboards, alarms and log groups; it separates the stages in one "
    "account. A change creates new stacks; delete the old ones.",
    "namespace": "The CloudWatch namespace of all metrics: letters, digits, spaces and `. - _ / # :`; not `AWS/...`.",
    "schedule": "The schedule of queries without a `schedule` of their own: [Schedules](#schedules-and-time-zones).",
    "timezone": 'The time zone of a cron schedule, such as `"Europe/Berlin"`.',
    "jitter": 'How long after its scheduled time a run may start, such as `"2 minutes"`: [Jitter](#jitter).',
    "workflow": "The type of the state machine. Express costs less, has shorter runs, and keeps no history.",
    "notify": "E-mail addresses and ARNs of SNS topics that receive every alarm: "
    "[Notifications](monitoring.md#notifications).",
    "alarm_on_missing": "Creates an alarm that fires when no run succeeds: "
    "[Missing metrics](monitoring.md#the-alarm-on-missing-metrics).",
    "dashboard": "Creates a CloudWatch dashboard for each database, and one for [several](#several-databases).",
    "query_metrics": "Publishes the duration of each query and the number of its rows: "
    "[Query metrics](#query-metrics).",
    "certificates": "AWS's certificate bundle, for Regions whose roots Sidestep lacks: "
    "[Certificates](databases.md#certificates).",
    "certificates_sha256": "The hash of that file. Needed only if Sidestep does not know the file.",
    "budget": "The maximum cost of the series in US dollars a month: [The budget](#the-budget).",
}

DATABASE: Final[Mapping[str, str]] = {
    "sample": "Creates a sample MySQL database: [The sample](databases.md#the-sample).",
    "instance": "The name of an RDS instance.",
    "cluster": "The name of an Aurora or Multi-AZ cluster. Queries use its reader endpoint.",
    "proxy": "The name of an RDS Proxy.",
    "endpoint": "The host name of the database. Sidestep then looks nothing up in the account.",
    "instance_class": "The size of the sample.",
    "availability_zones": "The zones of the sample's subnets, two or more; by default the first two of the Region.",
    "vpc_id": "The VPC of the database.",
    "engine": "`mysql` also means MariaDB and Aurora MySQL; `postgres` also means Aurora PostgreSQL. By default "
    "PostgreSQL if the table has `database`, else MySQL.",
    "database": "The PostgreSQL database to connect to. Required for PostgreSQL, not allowed for MySQL.",
    "schema": "The schema of the queries' tables. Required for MySQL; by default `public` for PostgreSQL.",
    "user": "The database user of the queries. It authenticates with IAM tokens.",
    "subnets": "The subnets of the function. By default one per zone: isolated subnets if the VPC has any, else "
    "private, else public ones.",
    "security_group": "The database's security group that admits the function. By default the database's first one.",
    "ingress": "Adds the rule that admits the function to that group. `false` if you manage the rule elsewhere.",
    "port": "By default 3306 for MySQL and 5432 for PostgreSQL.",
    "resource_id": "The id of the database in IAM policies: `db-...`, `cluster-...` or `prx-...`.",
    "account": "The AWS account of the database; by default that of your credentials.",
    "region": "The Region of the database; by default that of your credentials.",
    "prepare": "Deploys the function that `sidestep prepare` invokes.",
    "alarm_on_missing": "Overrides `alarm_on_missing` of the file for this database.",
    "query_metrics": "Overrides `query_metrics` of the file for this database.",
    "notify": "Overrides `notify` of the file for the alarms of this database; `[]` for no notifications.",
    "fixed_dimensions": "Dimensions of every series of this database: [Fixed dimensions](#fixed-dimensions).",
}

QUERY: Final[Mapping[str, str]] = {
    "name": "A unique name: letters, digits, `-` and `_`; the first character is a letter or digit.",
    "sql": "One `SELECT` or `WITH` statement: [How Sidestep checks SQL](#how-sidestep-checks-sql).",
    "database": 'The NAME of a `[database.NAME]` table; a list of NAMEs, or `"*"` for all: '
    "[Several databases](#several-databases). Required if there are several.",
    "schedule": "Overrides `schedule` of the file.",
    "timezone": "The time zone of this query's own schedule; by default that of the file.",
    "dimensions": "The result columns that become dimensions.",
    "fixed_dimensions": "Dimensions with the same value in every series: [Fixed dimensions](#fixed-dimensions).",
    "timeout": "Seconds after which the database stops the query.",
    "max_series": "The query fails if it returns more series, totals included. Each series is a billed metric.",
    "on_null": "What a NULL metric becomes: [NULL and empty results](#null-and-empty-results).",
    "on_empty": "What a result without rows becomes: [NULL and empty results](#null-and-empty-results).",
    "on_invalid": "What happens to a row whose dimension value CloudWatch rejects: "
    "[Dimension values](#dimension-values).",
    "alarm_on_empty": 'Creates an alarm that fires when the query publishes no value. Requires `on_empty = "skip"`.',
    "query_metrics": "Overrides `query_metrics` of the database and of the file for this query.",
    "metrics": "The metrics of the query: [query.metrics](#querymetrics).",
}

CHECK: Final[Mapping[str, str]] = {
    "name": "A unique name among queries and checks, in the form of a query's name.",
    "sql": "One `SELECT` or `WITH` statement: [How Sidestep checks SQL](#how-sidestep-checks-sql).",
    "database": QUERY["database"],
    "schedule": "Overrides `schedule` of the file.",
    "timezone": "The time zone of this check's own schedule; by default that of the file.",
    "fixed_dimensions": "Dimensions in addition to `Check`: [Fixed dimensions](#fixed-dimensions).",
    "timeout": "Seconds after which the database stops the query.",
    "rows": "The maximum number of rows that a run logs: [Logged rows](#logged-rows). Requires `show`.",
    "show": "The result columns of these rows that are logged. No other column is logged.",
    "max_age": 'The age beyond which the alarm fires, such as `"90 minutes"`, `"2 hours"` or `"1 day"`: '
    "[Freshness](#freshness).",
    "on_null": "What a NULL time becomes: no value, the age 0, or a failed check. Requires `max_age`.",
    "on_empty": "The same for a result without rows. Requires `max_age`.",
    "for": "The number of consecutive runs that must breach the threshold.",
    "missing": "How the alarm treats a run without a value: [Monitoring](monitoring.md#missing-values).",
    "notify": "Overrides `notify` of the database and of the file for this check; `[]` for no notifications.",
    "window": "`wall-clock` evaluates complete hours, days or weeks: [Windows](monitoring.md#windows).",
    "severity": "The alarm's description begins with it, such as `[critical]`.",
    "query_metrics": "Overrides `query_metrics` of the database and of the file for this check.",
}

METRIC: Final[Mapping[str, str]] = {
    "unit": "A CloudWatch [unit](#units).",
    "resolution": "Seconds per stored point: 60, or 1 for a high-resolution metric.",
    "statistic": "What a metric consists of: one number per series, a [distribution](#distributions) "
    "or a [statistic set](#statistic-sets).",
    "rollup": "Also publishes the [total](#totals) of all series.",
    "alarm": "An alarm on this metric: [alarm](#alarm).",
}

ALARM: Final[Mapping[str, str]] = {
    "above": "The alarm fires for values above this number.",
    "below": "The alarm fires for values below this number. It must be less than `above`.",
    "anomaly": "The alarm fires for values outside a band of expected values. The number is the width of the band in "
    "standard deviations, more than 0. Only for queries without `dimensions`: [Anomalies](monitoring.md#anomalies).",
    "for": "The number of consecutive runs that must breach the threshold.",
    "missing": "How the alarm treats a run without a value: [Monitoring](monitoring.md#missing-values).",
    "notify": "Overrides `notify` of the database and of the file for this alarm; `[]` for no notifications.",
    "window": "`wall-clock` evaluates complete hours, days or weeks: [Windows](monitoring.md#windows).",
}

TABLES: Final[Mapping[str, tuple[Sequence[type[Table]], Mapping[str, str]]]] = {
    "general": ((General,), GENERAL),
    "database": (tuple(KINDS.values()), DATABASE),
    "query": ((Query,), QUERY),
    "check": ((Check,), CHECK),
    "metric": ((Metric,), METRIC),
    "alarm": ((Alarm,), ALARM),
}
"""The tables of metrics.toml: the models that read them, and the descriptions of their keys."""

MOST_CHOICES: Final = 6
"""A key with more possible values has a separate list in the document."""

_JSON_TYPES: Final = {
    "string": "text",
    "boolean": "true or false",
    "integer": "whole number",
    "number": "number",
    "array": "list of text",
    "object": "table",
}


def keys(name: str) -> str:
    """Return the keys of one table of metrics.toml: values, default and description of each.

    Raises:
        ValueError: a key has no description, or a description has no key.
    """
    models, descriptions = TABLES[name]
    fields: dict[str, dict[type[Table], FieldInfo]] = {}
    for model in models:
        for attribute, info in model.model_fields.items():
            fields.setdefault(info.alias or attribute, {})[model] = info
    if fields.keys() != descriptions.keys():
        raise ValueError(f"{name}: describe exactly these keys: {', '.join(fields)}")
    rows = []
    for key, description in descriptions.items():
        kind = [_kind(fields[key])] if len(models) > 1 else []
        rows.append(
            (f"`{key}`", *kind, _values(key, next(iter(fields[key]))), _default(key, fields[key]), description)
        )
    return table(("Key", *(["Kind"] if len(models) > 1 else []), "Value", "Default", "Description"), rows)


def _values(key: str, model: type[Table]) -> str:
    """Return the values that a key may have, from the JSON schema of its model, which has one database a query."""
    if key == "database" and model in (Query, Check):
        return 'text, list of text, `"*"`'
    schema = model.model_json_schema()["properties"][key]
    (one,) = [kind for kind in schema.get("anyOf", [schema]) if kind.get("type") != "null"]
    choices, least, most = one.get("enum", ()), one.get("minimum"), one.get("maximum")
    if 0 < len(choices) <= MOST_CHOICES:
        return ", ".join(f"`{json.dumps(choice)}`" for choice in choices)
    if least is not None:
        return f"{least:,} to {most:,}" if most is not None else f"{least:,} or more"
    kind = _JSON_TYPES[one.get("type", "object")]
    return f"{kind} of text" if "string" in str(one.get("additionalProperties")) else kind


def _default(key: str, fields: Mapping[type[Table], FieldInfo]) -> str:
    """Return the default of a key; nothing for the keys that name the kind of a database."""
    if key in KINDS:
        return ""
    optional = [info for info in fields.values() if not info.is_required()]
    if not optional:
        return "required"
    default = optional[0].get_default(call_default_factory=True)
    shown = "" if default is None else f"`{json.dumps(default)}`"
    return shown if len(optional) == len(fields) else f"{shown or 'none'}; required with `endpoint`"


def _kind(fields: Mapping[type[Table], FieldInfo]) -> str:
    """Return the kinds of databases that allow a key."""
    names = {name for name, model in KINDS.items() if model in fields}
    return "all" if names == set(KINDS) else "existing" if len(names) > 1 else f"`{names.pop()}`"
