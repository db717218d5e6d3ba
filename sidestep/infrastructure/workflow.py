"""The state machine, its role and the schedule that starts it."""

import json
from collections.abc import Sequence
from typing import Final

from aws_cdk import (
    ArnFormat,
    Duration,
    RemovalPolicy,
    Stack,
    TimeZone,
    aws_iam,
    aws_lambda,
    aws_logs,
    aws_scheduler,
    aws_scheduler_targets,
    aws_stepfunctions,
)
from constructs import Construct

from sidestep import paths, resource_names
from sidestep.config.limits import MARGIN, PUBLISH, RESTORE_PAUSE, machine_limit, restore_attempts
from sidestep.config.limits import Workflow as WorkflowType
from sidestep.config.pages import further_pages
from sidestep.config.settings import Run
from sidestep.infrastructure.nag import acknowledge

DELIVERY_RETRIES: Final = 2
"""How often EventBridge Scheduler tries again to start a run; its default of 185 would measure the past."""

NOT_READY: Final = "Lambda.ResourceNotReadyException"
"""Lambda's errors while it restores a function's network interface (API reference, Invoke)."""


class Workflow(Construct):
    """statemachine/sidestep.asl.json, on its schedule.

    Attributes:
        state_machine: the workflow.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: aws_lambda.IFunction,
        function_timeout: int,
        namespace: str,
        workflow: WorkflowType,
        runs: Sequence[Run],
    ) -> None:
        """Create the workflow around a query function whose timeout is given in seconds, with a schedule per run."""
        super().__init__(scope, construct_id)
        role = self._role(namespace)
        may_invoke = self._let_it_invoke(role, function)
        self.state_machine: Final = aws_stepfunctions.StateMachine(
            self,
            "StateMachine",
            # Inline, not as an S3 asset, so that the template, its tests and its validators show the definition.
            definition_body=aws_stepfunctions.DefinitionBody.from_string(_definition(runs, function_timeout)),
            definition_substitutions={"QueryFunctionArn": function.function_arn, "Namespace": namespace},
            state_machine_type=aws_stepfunctions.StateMachineType[workflow.upper()],
            role=role,
            logs=aws_stepfunctions.LogOptions(
                destination=self._log_group(), level=aws_stepfunctions.LogLevel.ALL, include_execution_data=False
            ),
            tracing_enabled=True,
        )
        for run in runs:
            self._schedule(run).node.add_dependency(may_invoke)

    def _role(self, namespace: str) -> aws_iam.Role:
        stack = Stack.of(self)
        machines = stack.format_arn(
            service="states", resource="stateMachine", resource_name="*", arn_format=ArnFormat.COLON_RESOURCE_NAME
        )
        role = aws_iam.Role(
            self,
            "Role",
            description="Sidestep's state machine",
            # Source of the conditions: Step Functions developer guide, "Prevent cross-service confused deputy issue".
            assumed_by=aws_iam.ServicePrincipal(
                "states.amazonaws.com",
                conditions={
                    "StringEquals": {"aws:SourceAccount": stack.account},
                    "ArnLike": {"aws:SourceArn": machines},
                },
            ),
        )
        role.add_to_policy(
            aws_iam.PolicyStatement(
                sid="PublishMetrics",
                actions=["cloudwatch:PutMetricData"],
                resources=["*"],  # metrics have no ARN; the condition is what AWS offers instead
                conditions={"StringEquals": {"cloudwatch:namespace": namespace}},
            )
        )
        acknowledge(
            role,
            {
                "AwsSolutions-IAM5[Resource::*]": "Metrics have no ARN, so a condition binds PutMetricData to the "
                "namespace; the actions for log delivery and for X-Ray know no resource."
            },
        )
        return role

    def _let_it_invoke(self, role: aws_iam.Role, function: aws_lambda.IFunction) -> aws_iam.Policy:
        """Allow the state machine to invoke the function.

        This policy is separate, because it depends on the function, and so on a database that the stack creates. Step
        Functions checks the permissions for log delivery when it creates the state machine, so the policy with these
        must have propagated by then.
        """
        statement = aws_iam.PolicyStatement(
            sid="InvokeQueryFunction", actions=["lambda:InvokeFunction"], resources=[function.function_arn]
        )
        return aws_iam.Policy(self, "InvokePolicy", statements=[statement], roles=[role])

    def _log_group(self) -> aws_logs.LogGroup:
        return aws_logs.LogGroup(
            self,
            "Logs",
            log_group_name=resource_names.log_group(Stack.of(self).stack_name),
            retention=aws_logs.RetentionDays.ONE_MONTH,
            removal_policy=RemovalPolicy.DESTROY,
        )

    def _schedule(self, run: Run) -> aws_scheduler.Schedule:
        event = {
            "ScheduledTime": aws_scheduler.ContextAttribute.scheduled_time,
            "Queries": [query.name for query in run.queries],
        }
        schedule = run.timing.schedule
        return aws_scheduler.Schedule(
            self,
            # A path of constructs has slashes.
            f"Schedule {schedule.expression} {schedule.timezone}".replace("/", "|"),
            description=f"Runs Sidestep's queries: {schedule.expression}",
            schedule=aws_scheduler.ScheduleExpression.expression(schedule.expression, TimeZone.of(schedule.timezone)),
            target=aws_scheduler_targets.StepFunctionsStartExecution(
                self.state_machine,
                input=aws_scheduler.ScheduleTargetInput.from_object(event),
                retry_attempts=DELIVERY_RETRIES,
                max_event_age=Duration.seconds(run.timing.delivery_limit),
            ),
        )


def _definition(runs: Sequence[Run], function_timeout: int) -> str:
    """Return the ASL file with its time limits, in seconds, set; ASL takes no substitution in place of a number.

    A manual start runs all queries.
    """
    pages = further_pages(query for run in runs for query in run.queries)
    limit = machine_limit([run.timing for run in runs], function_timeout, pages)
    definition = json.loads(paths.WORKFLOW_FILE.read_text(encoding="utf-8"))
    query_database = definition["States"]["QueryDatabase"]
    (not_ready,) = [retrier for retrier in query_database["Retry"] if NOT_READY in retrier["ErrorEquals"]]
    definition["TimeoutSeconds"] = limit
    query_database["TimeoutSeconds"] = function_timeout + MARGIN
    not_ready["IntervalSeconds"] = RESTORE_PAUSE
    not_ready["MaxAttempts"] = restore_attempts(limit, function_timeout, pages)
    definition["States"]["PublishMetrics"]["TimeoutSeconds"] = PUBLISH
    return json.dumps(definition, indent=2)
