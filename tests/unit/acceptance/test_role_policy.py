"""The policy for CI allows what the suite calls, in the names of IAM."""

from functools import cache
from typing import Final

from botocore.model import OperationModel
from botocore.session import get_session

from sidestep.aws.clients import Clients
from sidestep.local.cloud import LocalCloud
from tests.acceptance.clean_up import CleanUp, Pace
from tests.acceptance.metrics_files import NAMESPACE
from tests.acceptance.role_policy import policy
from tests.acceptance.stack import LISTS

POLICY: Final = policy("123456789012", "eu-central-1", namespace=NAMESPACE)

ALLOWED: Final = {action for statement in POLICY["Statement"] for action in statement["Action"]}

PREFIXES: Final = {"stepfunctions": "states", "service-quotas": "servicequotas"}
"""IAM's names of services, where they differ from those of the service models."""

NAMES: Final = {
    "lambda:Invoke": "lambda:InvokeFunction",
    "s3:DeleteObjects": "s3:DeleteObjectVersion",
    "s3:DeleteBucket": "s3:DeleteBucket",
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    "s3:ListObjectVersions": "s3:ListBucketVersions",
}
"""IAM's names of actions, where they differ from those of the operations (Service Authorization Reference)."""

WITHOUT_AN_OPERATION: Final = {"iam:PassRole"}

OF_AN_OWN_BOOTSTRAP_STACK: Final = {"s3:DeleteBucket"}
"""The role is for an account with a bootstrap stack."""


def action_of(model: OperationModel) -> str:
    """Return the action that allows an operation."""
    service = model.service_model.service_name
    name = f"{PREFIXES.get(service, service)}:{model.name}"
    return NAMES.get(name, name)


def test_each_action_is_that_of_an_operation() -> None:
    # Given
    session = get_session()
    services = {action.partition(":")[0] for action in ALLOWED}
    models = {service: {value: key for key, value in PREFIXES.items()}.get(service, service) for service in services}

    # When
    operations = {
        action_of(session.get_service_model(model).operation_model(operation))
        for model in models.values()
        for operation in session.get_service_model(model).operation_names
    }

    # Then
    single = {"s3:DeleteObject", "s3:DeleteObjectVersion"}
    assert ALLOWED - operations - single == WITHOUT_AN_OPERATION


def test_the_clean_up_and_the_lists_of_resources_are_allowed(account: LocalCloud, clients: Clients) -> None:
    # Given a run of which a stack, a role, an alarm and a log group are left
    del clients
    called: set[str] = set()

    @cache
    def recording(service: str) -> object:
        client = account.client(service)
        client.meta.events.register("before-call", lambda model, **_: called.add(action_of(model)))
        return client

    run = "acceptance-1a2b3c4d"
    account.client("cloudformation").create_stack(
        StackName=f"{run}-shop", TemplateBody='{"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}'
    )
    account.client("iam").create_role(RoleName=f"{run}-preflight", AssumeRolePolicyDocument="{}")
    account.client("logs").create_log_group(logGroupName=f"{run}-shop")

    # When
    left = CleanUp(run, recording, pace=Pace(seconds=1, pause=0), say=lambda _: None).run()
    for service, operation, _ in LISTS.values():
        client = account.client(service)
        model = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[operation])
        called.add(action_of(model))

    # Then
    assert left == []
    assert {"cloudformation:DeleteStack", "iam:DeleteRole", "logs:DeleteLogGroup"} <= called
    assert called - OF_AN_OWN_BOOTSTRAP_STACK <= ALLOWED
