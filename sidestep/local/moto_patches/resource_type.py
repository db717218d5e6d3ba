"""A resource type for moto's CloudFormation: how a resource is created, changed and removed."""

from typing import Any, ClassVar, Generic, Self, TypeVar

from moto.cloudformation.exceptions import UnformattedGetAttTemplateException
from moto.core.base_backend import BackendDict, BaseBackend

Properties = dict[str, Any]
"""The properties of a resource in a template, with all references resolved."""

Backend = TypeVar("Backend", bound=BaseBackend)


class ResourceType(Generic[Backend]):
    """One resource of a stack. Derive from it, and directly from CloudFormationModel, so that moto finds it.

    Attributes:
        TYPE: the type in templates.
        NAME_PROPERTY: the property that names the resource; empty if there is none.
        BACKENDS: moto's backends of the service.
        name: the value of that property, or a name made of the stack's name and the logical id.
        properties: the properties in the template.
        account, region: where the resource is.
        physical_resource_id: the value of Ref; the name, unless `create` sets another value.
    """

    TYPE: ClassVar[str]
    NAME_PROPERTY: ClassVar[str] = ""
    BACKENDS: BackendDict[Backend]

    def __init__(self, name: str, properties: Properties, account: str, region: str) -> None:
        """Describe the resource; `create` creates it."""
        self.name = name
        self.properties = properties
        self.account = account
        self.region = region
        self.physical_resource_id = name

    @property
    def backend(self) -> Backend:
        """The service's backend in the resource's account and region."""
        return self.BACKENDS[self.account][self.region]

    def create(self) -> None:
        """Create the resource."""
        raise NotImplementedError

    def remove(self) -> None:
        """Remove the resource."""
        raise NotImplementedError

    def change(self, properties: Properties) -> None:
        """Apply a changed template: replace the resource. Override it for a change in place."""
        self.remove()
        self.properties = properties
        self.create()

    def attributes(self) -> dict[str, str]:
        """Return the attributes for Fn::GetAtt."""
        return {}

    def get_cfn_attribute(self, attribute_name: str) -> str:
        """Return one attribute; moto refuses the template if there is none with this name."""
        try:
            return self.attributes()[attribute_name]
        except KeyError:
            raise UnformattedGetAttTemplateException from None

    @classmethod
    def cloudformation_type(cls) -> str:
        """Return the type."""
        return cls.TYPE

    @classmethod
    def cloudformation_name_type(cls) -> str:
        """Return the property with the name."""
        return cls.NAME_PROPERTY

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Properties, account_id: str, region_name: str, **_: object
    ) -> Self:
        """Create a resource that is new in the template."""
        resource = cls(resource_name, cloudformation_json["Properties"], account_id, region_name)
        resource.create()
        return resource

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: Self,
        new_resource_name: str,
        cloudformation_json: Properties,
        account_id: str,
        region_name: str,
    ) -> Self:
        """Change a resource whose part of the template has changed; a new name replaces it."""
        properties = cloudformation_json["Properties"]
        if properties.get(cls.NAME_PROPERTY, original_resource.name) != original_resource.name:
            original_resource.remove()
            return cls.create_from_cloudformation_json(
                new_resource_name, cloudformation_json, account_id, region_name
            )
        original_resource.change(properties)
        return original_resource

    def delete(self, account_id: str, region_name: str) -> None:  # noqa: ARG002 - moto's form
        """Remove a resource that is no longer in the template, or whose stack is deleted."""
        self.remove()
