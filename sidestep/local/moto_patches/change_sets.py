"""Change sets, which the CDK's command line uses, and updates of resources that moto cannot update.

moto has no plug-in form for them, so methods are replaced. moto returns an unexpected exception as a page of HTML;
the CDK's command line then waits a minute before it fails.
"""

from typing import Final

from moto.cloudformation.exceptions import CloudFormationError, ValidationError
from moto.cloudformation.models import ChangeSet, CloudFormationBackend
from moto.core.common_models import CloudFormationModel

_DESCRIBE: Final = CloudFormationBackend.describe_change_set
_EXECUTE: Final = CloudFormationBackend.execute_change_set


class ChangeSetNotFound(CloudFormationError):  # noqa: N818 - CloudFormation's own name for it
    """There is no change set with this name or ARN."""

    code = "ChangeSetNotFound"


def describe_change_set(backend: CloudFormationBackend, change_set_name: str) -> ChangeSet:
    """Return a change set. If there is none, moto reports a stack that does not exist.

    Raises:
        ChangeSetNotFound: there is none.
    """
    try:
        change_set = _DESCRIBE(backend, change_set_name)
    except ValidationError:
        raise ChangeSetNotFound(f"ChangeSet [{change_set_name}] does not exist") from None
    assert change_set is not None  # noqa: S101 - moto raises instead
    return change_set


def execute_change_set(backend: CloudFormationBackend, change_set_name: str, stack_name: str | None = None) -> None:
    """Execute a change set; a failure is in the stack's events.

    moto does not report failures. It also keeps the previous template: the stack has no outputs, and the next change
    set is compared with the wrong template.
    """
    change_set = describe_change_set(backend, change_set_name)
    try:
        _EXECUTE(backend, change_set_name, stack_name)
        _take_over_template(change_set)
    except Exception as error:  # CloudFormation reports any error as an event
        change_set.execution_status = "EXECUTE_FAILED"
        _fail(change_set, f"{type(error).__name__}: {error}")


def delete_change_set(backend: CloudFormationBackend, change_set_name: str) -> None:
    """Delete the change sets with this name or ARN. moto fails if there is none."""
    for arn, change_set in list(backend.change_sets.items()):
        if change_set_name in (arn, change_set.change_set_name):
            del backend.change_sets[arn]


def _fail(change_set: ChangeSet, reason: str) -> None:
    """Report the failure. Remove a stack that could not be created: the next deployment creates it again."""
    stack = change_set.stack
    stack._add_stack_event(f"{change_set.change_set_type}_FAILED", reason)  # noqa: SLF001
    stack.status = "UPDATE_FAILED"
    if change_set.change_set_type == "CREATE":
        stack.template = change_set.template
        stack.resource_map.delete()
        stack.status = "ROLLBACK_COMPLETE"
        stack._add_stack_event(stack.status)  # noqa: SLF001


def _take_over_template(change_set: ChangeSet) -> None:
    stack = change_set.stack
    stack.template = change_set.template
    stack.template_dict = change_set.template_dict
    stack.description = stack.template_description
    stack.parameters = change_set.parameters
    stack.output_map = stack._create_output_map()  # noqa: SLF001 - as in Stack.update


def _keep(
    _cls: type[CloudFormationModel], /, original_resource: CloudFormationModel, *_: object, **__: object
) -> CloudFormationModel:
    """Keep a resource that moto cannot change. moto forgets it, so references and its deletion would fail."""
    return original_resource


CloudFormationBackend.describe_change_set = describe_change_set  # type: ignore[method-assign, assignment]
CloudFormationBackend.execute_change_set = execute_change_set  # type: ignore[method-assign, assignment]
CloudFormationBackend.delete_change_set = delete_change_set  # type: ignore[method-assign, assignment]
CloudFormationModel.update_from_cloudformation_json = classmethod(_keep)  # type: ignore[method-assign, assignment]
