"""The policy of a role that may run the acceptance suite in a bootstrapped account, for CI.

    python -m tests.acceptance.role_policy 123456789012 eu-central-1

prints it. What it may change has the name of a run, except through the CDK's roles: CloudFormation deploys with the
execution role of the bootstrap stack, which is an administrator unless you have restricted it.
"""

import json
import sys
from collections.abc import Mapping
from typing import Any, Final

from tests.acceptance.metrics_files import NAMESPACE
from tests.acceptance.run_resources import PREFIX

QUALIFIER: Final = "hnb659fds"
"""That of the CDK's bootstrap stack (CDK guide, "Customize CDK bootstrapping")."""

READ: Final = (
    "cloudformation:DescribeStacks",
    "cloudwatch:DescribeAlarms",
    "cloudwatch:GetMetricData",
    "cloudwatch:GetMetricStatistics",
    "cloudwatch:ListDashboards",
    "cloudwatch:ListMetrics",
    "ec2:DescribeAvailabilityZones",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeVpcEndpointServices",
    "ec2:DescribeVpcs",
    "freetier:GetAccountPlanState",
    "iam:ListRoles",
    "iam:SimulateCustomPolicy",
    "lambda:GetAccountSettings",
    "lambda:ListFunctions",
    "logs:DescribeLogGroups",
    "rds:DescribeCertificates",
    "rds:DescribeDBEngineVersions",
    "rds:DescribeDBInstances",
    "rds:DescribeDBParameterGroups",
    "rds:DescribeDBSnapshots",
    "rds:DescribeDBSubnetGroups",
    "rds:DescribeOrderableDBInstanceOptions",
    "s3:ListAllMyBuckets",
    "scheduler:ListSchedules",
    "servicequotas:GetAWSDefaultServiceQuota",
    "servicequotas:GetServiceQuota",
    "states:ListStateMachines",
    "states:TestState",
)
"""Actions that change nothing of the account; most of them support no resource."""

OF_A_RUN: Final[Mapping[str, tuple[str, ...]]] = {
    "cloudformation:stack/{run}*/*": (
        "cloudformation:DeleteStack",
        "cloudformation:DescribeStackResources",
        "cloudformation:ListStackResources",
    ),
    "cloudwatch:alarm:{run}*": (
        "cloudwatch:DeleteAlarms",
        "cloudwatch:PutMetricAlarm",
        "cloudwatch:TagResource",
    ),
    "lambda:function:{run}*": ("lambda:InvokeFunction",),
    "logs:log-group:{run}*": ("logs:DeleteLogGroup",),
    "logs:log-group:/aws/vendedlogs/states/{run}*": ("logs:DeleteLogGroup", "logs:FilterLogEvents"),
    "rds:db:{run}*": ("rds:DeleteDBInstance",),
    "rds:snapshot:{run}*": ("rds:DeleteDBSnapshot",),
    "secretsmanager:secret:rds!db-*": ("secretsmanager:GetSecretValue",),
    "states:execution:WorkflowStateMachine*": ("states:DescribeExecution", "states:GetExecutionHistory"),
    "states:stateMachine:WorkflowStateMachine*": (
        "states:DescribeStateMachine",
        "states:ListExecutions",
        "states:StartExecution",
        "states:StartSyncExecution",
    ),
}
"""Actions on the resources of a run, by service and resource. State machines and secrets do not have its name."""

GLOBAL: Final[Mapping[str, tuple[str, ...]]] = {
    "cloudwatch::{account}:dashboard/{run}*": (
        "cloudwatch:DeleteDashboards",
        "cloudwatch:PutDashboard",
        "cloudwatch:TagResource",
    ),
    "iam::{account}:role/{run}*": (
        "iam:CreateRole",
        "iam:DeleteRole",
        "iam:DeleteRolePolicy",
        "iam:ListRolePolicies",
        "iam:PutRolePolicy",
        "iam:TagRole",
    ),
    "s3:::cdk-{qualifier}-assets-{account}-{region}": ("s3:ListBucketVersions",),
    "s3:::cdk-{qualifier}-assets-{account}-{region}/*": ("s3:DeleteObject", "s3:DeleteObjectVersion"),
    "iam::{account}:role/cdk-{qualifier}-*-{account}-{region}": ("sts:AssumeRole",),
}
"""Actions on resources without a Region, or with a name that is not a run's."""


def policy(account: str, region: str, *, namespace: str) -> dict[str, Any]:
    """Return the policy for a suite that publishes into a namespace."""
    names = {"run": PREFIX, "account": account, "region": region, "qualifier": QUALIFIER}
    statements = [_statement(READ, "*")]
    for resource, actions in OF_A_RUN.items():
        service, _, name = resource.format(**names).partition(":")
        statements.append(_statement(actions, f"arn:aws:{service}:{region}:{account}:{name}"))
    statements += [_statement(actions, f"arn:aws:{resource.format(**names)}") for resource, actions in GLOBAL.items()]
    statements.append(
        _statement(("cloudwatch:PutMetricData",), "*")
        | {"Condition": {"StringEquals": {"cloudwatch:namespace": namespace}}}
    )
    statements.append(
        _statement(("iam:PassRole",), f"arn:aws:iam::{account}:role/{PREFIX}*")
        | {"Condition": {"StringEquals": {"iam:PassedToService": "states.amazonaws.com"}}}
    )
    return {"Version": "2012-10-17", "Statement": statements}


def _statement(actions: tuple[str, ...], resource: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource}


def main() -> None:
    """Print the policy for an account and a Region."""
    account, region = sys.argv[1:]
    print(json.dumps(policy(account, region, namespace=NAMESPACE), indent=2))


if __name__ == "__main__":
    main()
