"""The construct for CDK apps: publishes SQL results of a database of the app as CloudWatch metrics."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from aws_cdk import Annotations, Stack, Token, aws_ec2
from constructs import Construct

from sidestep import paths
from sidestep.config.certificates import AMAZON_ROOTS
from sidestep.config.engines import EngineName
from sidestep.config.errors import ConfigError
from sidestep.config.limits import WorkflowType
from sidestep.config.loader import load_login, load_queries, parse
from sidestep.config.settings import QuerySettings
from sidestep.config.validation.alarms import region_errors
from sidestep.infrastructure.app_database import AppDatabase, access_to, endpoint_of, engine_of
from sidestep.infrastructure.database_access import DatabaseAccess
from sidestep.infrastructure.database_metrics import MAX_NAME, DatabaseMetrics
from sidestep.infrastructure.environment import missing_roots
from sidestep.infrastructure.queries import Check, Query, as_table

_NAME: Final = re.compile(f"[A-Za-z0-9_-]{{1,{MAX_NAME}}}")
"""A dashboard's name has no other characters (CloudWatch API reference, PutDashboard)."""


class SqlMetrics(DatabaseMetrics):
    """Runs SQL queries on a private database on a schedule and publishes the results as CloudWatch metrics.

    It creates a Lambda function in the VPC, a state machine with its schedules, alarms and a dashboard. It needs no
    NAT gateway and no VPC endpoint. The database needs IAM authentication and a user for the queries.
    """

    def __init__(  # noqa: PLR0913 - the keys of a file are arguments
        self,
        scope: Construct,
        construct_id: str,
        *,
        vpc: aws_ec2.IVpc,
        database: AppDatabase,
        metrics: str | Path | None = None,
        queries: Sequence[Query] | None = None,
        checks: Sequence[Check] | None = None,
        schema: str | None = None,
        database_name: str | None = None,
        user: str | None = None,
        engine: EngineName | None = None,
        resource_id: str | None = None,
        subnets: aws_ec2.SubnetSelection | None = None,
        security_groups: Sequence[aws_ec2.ISecurityGroup] | None = None,
        fixed_dimensions: Mapping[str, str] | None = None,
        namespace: str | None = None,
        schedule: str | None = None,
        timezone: str | None = None,
        jitter: str | None = None,
        workflow: WorkflowType | None = None,
        notify: Sequence[str] | None = None,
        alarm_on_missing: bool | None = None,
        query_metrics: bool | None = None,
        budget: float | None = None,
        certificates: str | Path | None = None,
        certificates_sha256: str | None = None,
        alarms: bool = True,
        dashboard: bool | None = True,
        name: str | None = None,
        build: str | Path = paths.BUILD,
    ) -> None:
        """Create the function, the workflow, the alarms and the dashboard.

        Args:
            scope: the stack, or another construct.
            construct_id: its ID there.
            vpc: the VPC of the database.
            database: the instance, cluster or proxy, created by the app, looked up or imported. Queries of a cluster
                use its reader endpoint.
            metrics: a file like metrics.toml, without [database] tables. Required without `queries` and `checks`.
            queries: the queries as objects; needs `namespace` and `schedule`.
            checks: the checks as objects; needs `namespace` and `schedule`.
            schema: the schema of the queries' tables. MySQL requires it; PostgreSQL's default is "public".
            database_name: the PostgreSQL database to connect to; PostgreSQL requires it.
            user: the database user of the queries, "sidestep" by default. It authenticates with IAM tokens.
            engine: "mysql" or "postgres", for an imported database whose engine the CDK does not know.
            resource_id: the ID in rds-db ARNs, such as "db-...", for an imported database whose ID the CDK does not
                know.
            subnets: the subnets of the function. By default one per zone, of the most private type in the VPC.
            security_groups: the groups of the database that admit the function; by default those that the CDK knows.
                An imported proxy requires them. The function has a group of its own, which reaches the database only.
            fixed_dimensions: dimensions with the same value in every series, such as the stage.
            namespace: the CloudWatch namespace. This and the next arguments replace keys of the file.
            schedule: when queries without their own schedule run: a rate or cron expression.
            timezone: the time zone of a cron expression, "UTC" by default.
            jitter: how long after its scheduled time a run may start, such as "2 minutes".
            workflow: "standard" (the default) or "express".
            notify: e-mail addresses and ARNs of SNS topics that receive every alarm.
            alarm_on_missing: whether an alarm fires when no run succeeds; it does by default.
            query_metrics: whether each query also publishes its duration and its number of rows.
            budget: the maximum cost of the series, in US dollars a month.
            certificates: AWS's certificate bundle, for Regions whose roots Sidestep lacks. Relative to the folder of
                `metrics`, or else to the current folder.
            certificates_sha256: the hash of that file.
            alarms: False leaves out the alarms, and the topic for `notify`.
            dashboard: None or False leaves out the dashboard; `widgets` has its graphs.
            name: the name of the dashboard, the prefix of the alarms' names, and the end of the log group's name.
                Unique in an account and Region. By default that of the file, or the names of stack and construct.
            build: the folder in which the code of the function is built at synth.

        Raises:
            ConfigError: with every error of the queries, each with its file or construct, key, what is wrong and what
                would be right; or with an error of an argument.
            BundlingError: the driver of the database cannot be installed.
        """
        construct = "/".join(part for part in (scope.node.path, construct_id) if part)
        with _named(construct):
            _check_name(name)
            endpoint = endpoint_of(database)
            engine_name = engine_of(endpoint, engine)
        login = load_login(
            _given(
                engine=engine_name,
                schema=schema,
                database_name=database_name,
                user=user,
                fixed_dimensions=fixed_dimensions,
            ),
            source=construct,
        )
        with _named(construct):
            access = access_to(
                endpoint,
                login,
                vpc=vpc,
                subnets=subnets,
                security_groups=security_groups,
                resource_id=resource_id,
            )
            content = _content(metrics, _given(query=queries, check=checks))
        overrides = _given(
            namespace=namespace,
            schedule=schedule,
            timezone=timezone,
            jitter=jitter,
            workflow=workflow,
            notify=notify,
            alarm_on_missing=alarm_on_missing,
            query_metrics=query_metrics,
            dashboard=None if dashboard else False,
            budget=budget,
            certificates=None if certificates is None else str(certificates),
            certificates_sha256=certificates_sha256,
        )
        settings = load_queries(
            content | overrides,
            login,
            source=f"{construct}: {metrics}" if metrics else construct,
            folder=Path(metrics).parent if metrics else Path(),
        )
        with _named(construct):
            _check_region(access, settings, Stack.of(scope).region)
        super().__init__(
            scope,
            construct_id,
            access=access,
            settings=settings,
            database="",
            build=Path(build),
            name=name or (settings.name if "name" in content else None),
            alarms=alarms,
        )
        for number, warning in enumerate(settings.warnings):
            Annotations.of(self).add_warning_v2(f"sidestep:query-{number}", warning)


@contextmanager
def _named(construct: str) -> Iterator[None]:
    """Put the name of the construct in front of each message."""
    try:
        yield
    except ConfigError as error:
        raise ConfigError([f"{construct}: {what}" for what in error.errors]) from None


def _given(**arguments: object) -> dict[str, object]:
    """Return the arguments that are not None, as TOML would have them."""
    return {name: as_table(value) for name, value in arguments.items() if value is not None}


def _check_name(name: str | None) -> None:
    if name is not None and not _NAME.fullmatch(name):
        raise ConfigError([f"name: is {name!r}; a name has 1 to {MAX_NAME} letters, digits, - and _"])


def _content(metrics: str | Path | None, objects: dict[str, object]) -> dict[str, object]:
    """Return the content of the file, or the objects, as a file with them would have them."""
    if (metrics is None) == (not objects):
        raise ConfigError(
            ["pass either metrics, a file, or queries, a list of Query objects, and checks, of Check objects"]
        )
    return parse(Path(metrics)) if metrics is not None else objects


def _check_region(access: DatabaseAccess, settings: QuerySettings, region: str) -> None:
    """Check the database's certificate and the alarms, if the Region is known at synth."""
    if Token.is_unresolved(region):
        return
    has_public_certificate = access.certificates == AMAZON_ROOTS.name
    if not has_public_certificate and (problem := missing_roots(region, settings.certificates)):
        raise ConfigError([f"certificates: {problem}"])
    if errors := list(region_errors(settings, "", region)):
        raise ConfigError(errors)
