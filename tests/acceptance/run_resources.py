"""The resources of an acceptance run in an AWS account: how to find them, to remove them, and the command for that.

Every name begins with that of the run, so the account itself is the only record: a run that was killed can be cleaned
up from any machine.
"""

import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sidestep import resource_names
from sidestep.aws.clients import Clients

TAG: Final = "sidestep-acceptance"
"""The key of the tag of everything that a run makes; its value is the name of the run."""

PREFIX: Final = "acceptance-"

RUN: Final = re.compile(rf"{PREFIX}[0-9a-f]{{8}}(?=-)")
"""The name of a run, at the beginning of the name of a resource."""


CLEAN_UP: Final = "python -m tests.acceptance.clean_up {run}"
"""Removes what no single command of the AWS CLI does: a role with policies, or a bucket with versions."""


def new_name() -> str:
    """Return the name of a new run: the key `name` of its metrics.toml."""
    return PREFIX + secrets.token_hex(4)


def tags_of(name: str) -> list[dict[str, str]]:
    """Return the tags of a run, as most services take them."""
    return [{"Key": TAG, "Value": name}]


def toolkit_stack(name: str) -> str:
    """Return the name of the run's own bootstrap stack."""
    return f"{name}-toolkit"


def qualifier(name: str) -> str:
    """Return the qualifier of the run's own bootstrap stack, which is in the names of its resources."""
    return name.removeprefix(PREFIX)


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A type of resource that may outlive the stack of a run, or is made without a stack.

    Attributes:
        title: of one resource.
        find: yields the names of all resources whose names begin with a prefix.
        remove: deletes the resource of a name.
        command: deletes it, in a shell; it may name the resource and the run.
    """

    title: str
    find: Callable[[Clients, str], Iterator[str]]
    remove: Callable[[Clients, str], object]
    command: str


def _paged(clients: Clients, service: str, operation: str, key: str, **request: str) -> Iterator[Mapping[str, Any]]:
    for page in clients(service).get_paginator(operation).paginate(**request):
        yield from page[key]


def _alarms(clients: Clients, prefix: str) -> Iterator[str]:
    for alarm in _paged(clients, "cloudwatch", "describe_alarms", "MetricAlarms", AlarmNamePrefix=prefix):
        yield alarm["AlarmName"]


def _dashboards(clients: Clients, prefix: str) -> Iterator[str]:
    for one in _paged(clients, "cloudwatch", "list_dashboards", "DashboardEntries", DashboardNamePrefix=prefix):
        yield one["DashboardName"]


def _log_groups(clients: Clients, prefix: str) -> Iterator[str]:
    for begin in (prefix, resource_names.log_group(prefix), f"/aws/lambda/{prefix}"):
        for group in _paged(clients, "logs", "describe_log_groups", "logGroups", logGroupNamePrefix=begin):
            yield group["logGroupName"]


def _roles(clients: Clients, prefix: str) -> Iterator[str]:
    for role in _paged(clients, "iam", "list_roles", "Roles"):
        if role["RoleName"].startswith(prefix):
            yield role["RoleName"]


def remove_role(clients: Clients, role: str) -> None:
    """Delete a role with its inline policies."""
    iam = clients("iam")
    for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        iam.delete_role_policy(RoleName=role, PolicyName=policy)
    iam.delete_role(RoleName=role)


def _instances(clients: Clients, prefix: str) -> Iterator[str]:
    for instance in _paged(clients, "rds", "describe_db_instances", "DBInstances"):
        if instance["DBInstanceIdentifier"].startswith(prefix) and instance["DBInstanceStatus"] != "deleting":
            yield instance["DBInstanceIdentifier"]


def _remove_instance(clients: Clients, instance: str) -> None:
    clients("rds").delete_db_instance(
        DBInstanceIdentifier=instance, SkipFinalSnapshot=True, DeleteAutomatedBackups=True
    )


def _snapshots(clients: Clients, prefix: str) -> Iterator[str]:
    for one in _paged(clients, "rds", "describe_db_snapshots", "DBSnapshots", SnapshotType="manual"):
        if one["DBInstanceIdentifier"].startswith(prefix) or one["DBSnapshotIdentifier"].startswith(prefix):
            yield one["DBSnapshotIdentifier"]


def _buckets(clients: Clients, prefix: str) -> Iterator[str]:
    """Yield the bucket of the run's bootstrap stack, which CloudFormation retains."""
    if prefix != PREFIX:
        begin = f"cdk-{qualifier(prefix)}"
        yield from (
            bucket["Name"] for bucket in clients("s3").list_buckets()["Buckets"] if bucket["Name"].startswith(begin)
        )


def _remove_bucket(clients: Clients, bucket: str) -> None:
    s3 = clients("s3")
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        versions = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        keys = [{"Key": version["Key"], "VersionId": version["VersionId"]} for version in versions]
        if keys:
            s3.delete_objects(Bucket=bucket, Delete={"Objects": keys})
    s3.delete_bucket(Bucket=bucket)


KINDS: Final[Sequence[Kind]] = (
    Kind(
        title="alarm",
        find=_alarms,
        remove=lambda clients, name: clients("cloudwatch").delete_alarms(AlarmNames=[name]),
        command="aws cloudwatch delete-alarms --alarm-names {name}",
    ),
    Kind(
        title="dashboard",
        find=_dashboards,
        remove=lambda clients, name: clients("cloudwatch").delete_dashboards(DashboardNames=[name]),
        command="aws cloudwatch delete-dashboards --dashboard-names {name}",
    ),
    Kind(
        title="log group",
        find=_log_groups,
        remove=lambda clients, name: clients("logs").delete_log_group(logGroupName=name),
        command="aws logs delete-log-group --log-group-name {name}",
    ),
    Kind(
        title="role",
        find=_roles,
        remove=remove_role,
        command=CLEAN_UP,
    ),
    Kind(
        title="RDS instance",
        find=_instances,
        remove=_remove_instance,
        command="aws rds delete-db-instance --skip-final-snapshot --db-instance-identifier {name}",
    ),
    Kind(
        title="RDS snapshot",
        find=_snapshots,
        remove=lambda clients, name: clients("rds").delete_db_snapshot(DBSnapshotIdentifier=name),
        command="aws rds delete-db-snapshot --db-snapshot-identifier {name}",
    ),
    Kind(
        title="bucket",
        find=_buckets,
        remove=_remove_bucket,
        command=CLEAN_UP,
    ),
)
"""In the order in which they are removed, after the stacks."""
