"""Resources of types that moto cannot change: upstream forgets them as soon as their part of the template changes."""

from typing import Any

from moto.core.common_models import CloudFormationModel


def _keep(
    cls: type[CloudFormationModel],
    original_resource: CloudFormationModel,
    new_resource_name: str,
    cloudformation_json: dict[str, Any],
    account_id: str,
    region_name: str,
) -> CloudFormationModel:
    """Leave the resource as it was, so that others can refer to it and it goes away with its stack."""
    del cls, new_resource_name, cloudformation_json, account_id, region_name
    return original_resource


CloudFormationModel.update_from_cloudformation_json = classmethod(_keep)  # type: ignore[method-assign, assignment]
