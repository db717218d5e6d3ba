"""The state machine, its role and its log group, and the schedules that start it."""

import json
from collections.abc import Sequence
from typing import Final

from aws_cdk import (
    Acknowledgment,
    ArnFormat,
    Duration,
    RemovalPolicy,
    Stack,
    TimeZone,
    Validations,
    aws_iam,
    aws_lambda,
    aws_logs,
    aws_scheduler,
    aws_scheduler_targets,
    aws_stepfunctions,
)
from constructs import Construct

from sidestep import paths, resource_names
from sidestep.config.limits import (
    MARGIN_SECONDS,
    PUBLISH_SECONDS,
    RESTORE_PAUSE_SECONDS,
    WorkflowType,
    machine_limit,
    restore_attempts,
)
from sidestep.config.settings import ScheduledRun, further_pages

DELIVERY_RETRIES: Final = 2
"""How often EventBridge Scheduler retries to start a run. After its default of 185 retries, it would be too late."""

NOT_READY: Final = "Lambda.ResourceNotReadyException"
"""Lambda's error while it restores a function's network interface (API reference, Invoke)."""


class Workflow(Construct):
    """statemachine/sidestep.asl.json on its schedules.

    Attributes:
        state_machine: the state machine.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        function: aws_lambda.IFunction,
        function_timeout: int,
        namespace: str,
        workflow: WorkflowType,
        runs: Sequence[ScheduledRun],
    ) -> None:
        """Create the state machine, with a schedule for each run; `name` is in the name of the log group.

        `function_timeout` is in seconds.
        """
        super().__init__(scope, construct_id)
        role = self._role(namespace)
        invoke_policy = self._allow_invocation(role, function)
        self.state_machine: Final = aws_stepfunctions.StateMachine(
            self,
            "StateMachine",
            # Inline, not as an S3 asset, so that the template, its tests and its validators show the definition.
            definition_body=aws_stepfunctions.DefinitionBody.from_string(_definition(runs, function_timeout)),
            definition_substitutions={"QueryFunctionArn": function.function_arn, "Namespace": namespace},
            state_machine_type=aws_stepfunctions.StateMachineType[workflow.upper()],
            role=role,
            logs=aws_stepfunctions.LogOptions(
                destination=self._log_group(name), level=aws_stepfunctions.LogLevel.ALL, include_execution_data=False
            ),
            tracing_enabled=True,
        )
        for run in runs:
            self._schedule(run).node.add_dependency(invoke_policy)

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
                resources=["*"],  # metrics have no ARN; AWS offers the condition instead
                conditions={"StringEquals": {"cloudwatch:namespace": namespace}},
            )
        )
        Validations.of(role).acknowledge(
            Acknowledgment(
                id="AwsSolutions-IAM5[Resource::*]",
                reason="Metrics have no ARN, so a condition limits PutMetricData to the namespace; the actions for "
                "log delivery and for X-Ray do not support resources.",
            )
        )
        return role

    def _allow_invocation(self, role: aws_iam.Role, function: aws_lambda.IFunction) -> aws_iam.Policy:
        """Allow the state machine to invoke the function.

        The policy is separate, because it depends on the function, and so on a database that the stack may create.
        Step Functions checks the permissions for log delivery when it creates the state machine, so the role's other
        policy, which has them, must exist early enough to have propagated.
        """
        statement = aws_iam.PolicyStatement(
            sid="InvokeQueryFunction", actions=["lambda:InvokeFunction"], resources=[function.function_arn]
        )
        return aws_iam.Policy(self, "InvokePolicy", statements=[statement], roles=[role])

    def _log_group(self, name: str) -> aws_logs.LogGroup:
        return aws_logs.LogGroup(
            self,
            "Logs",
            log_group_name=resource_names.log_group(name),
            retention=aws_logs.RetentionDays.ONE_MONTH,
            removal_policy=RemovalPolicy.DESTROY,
        )

    def _schedule(self, run: ScheduledRun) -> aws_scheduler.Schedule:
        event = {
            "ScheduledTime": aws_scheduler.ContextAttribute.scheduled_time,
            "Queries": [query.name for query in run.queries],
        }
        schedule = run.timing.schedule
        return aws_scheduler.Schedule(
            self,
            # A slash is not valid in a construct's ID.
            f"Schedule {schedule.expression} {schedule.timezone}".replace("/", "|"),
            description=f"Runs Sidestep's queries: {schedule.expression}",
            schedule=aws_scheduler.ScheduleExpression.expression(schedule.expression, TimeZone.of(schedule.timezone)),
            time_window=_time_window(run.timing.jitter),
            target=aws_scheduler_targets.StepFunctionsStartExecution(
                self.state_machine,
                input=aws_scheduler.ScheduleTargetInput.from_object(event),
                retry_attempts=DELIVERY_RETRIES,
                max_event_age=Duration.seconds(run.timing.delivery_limit),
            ),
        )


def _time_window(jitter: int) -> aws_scheduler.TimeWindow:
    """Return the time after the scheduled time in which a run starts; the scheduled time in its input is the same."""
    return aws_scheduler.TimeWindow.flexible(Duration.seconds(jitter)) if jitter else aws_scheduler.TimeWindow.off()


def _definition(runs: Sequence[ScheduledRun], function_timeout: int) -> str:
    """Return the ASL file with its time limits, in seconds: a substitution cannot replace a number in ASL.

    The limits include a manual run, which runs all queries.
    """
    pages = further_pages(query for run in runs for query in run.queries)
    limit = machine_limit([run.timing for run in runs], function_timeout, pages)
    definition = json.loads(paths.WORKFLOW_FILE.read_text(encoding="utf-8"))
    query_database = definition["States"]["QueryDatabase"]
    (not_ready,) = [retrier for retrier in query_database["Retry"] if NOT_READY in retrier["ErrorEquals"]]
    definition["TimeoutSeconds"] = limit
    query_database["TimeoutSeconds"] = function_timeout + MARGIN_SECONDS
    not_ready["IntervalSeconds"] = RESTORE_PAUSE_SECONDS
    not_ready["MaxAttempts"] = restore_attempts(limit, function_timeout, pages)
    definition["States"]["PublishMetrics"]["TimeoutSeconds"] = PUBLISH_SECONDS
    return json.dumps(definition, indent=2)
