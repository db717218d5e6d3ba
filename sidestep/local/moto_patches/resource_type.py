"""A type of resource for moto's CloudFormation, in a few lines: how it is created, changed and removed."""

from typing import Any, ClassVar, Self

from moto.cloudformation.exceptions import UnformattedGetAttTemplateException

Properties = dict[str, Any]
"""A resource's properties in a template, with all references resolved."""


class ResourceType:
    """One resource of a stack. Derive from it first and, directly, from CloudFormationModel: moto sees no others.

    Attributes:
        TYPE: the type as templates name it.
        NAME_PROPERTY: the property that names the resource; empty if it has none.
        name: the name from that property, else one made from the stack's name and the logical id.
        properties: what the template says.
        account, region: where the resource is.
        physical_resource_id: what Ref returns; the name, unless `create` sets another.
    """

    TYPE: ClassVar[str]
    NAME_PROPERTY: ClassVar[str] = ""

    def __init__(self, name: str, properties: Properties, account: str, region: str) -> None:
        """Describe the resource; it is not created yet."""
        self.name = name
        self.properties = properties
        self.account = account
        self.region = region
        self.physical_resource_id = name

    def create(self) -> None:
        """Bring the resource into being."""
        raise NotImplementedError

    def remove(self) -> None:
        """End it."""
        raise NotImplementedError

    def change(self, properties: Properties) -> None:
        """Become what a changed template says: by being made anew, unless a type knows better."""
        self.remove()
        self.properties = properties
        self.create()

    def attributes(self) -> dict[str, str]:
        """Return what Fn::GetAtt can ask for."""
        return {}

    def get_cfn_attribute(self, attribute_name: str) -> str:
        """Return what Fn::GetAtt names, or have moto refuse the template."""
        try:
            return self.attributes()[attribute_name]
        except KeyError:
            raise UnformattedGetAttTemplateException from None

    @classmethod
    def cloudformation_type(cls) -> str:
        """Tell moto the type."""
        return cls.TYPE

    @classmethod
    def cloudformation_name_type(cls) -> str:
        """Tell moto the property with the name."""
        return cls.NAME_PROPERTY

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Properties, account_id: str, region_name: str, **_: object
    ) -> Self:
        """Create a resource that a template has and the stack has not."""
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
        """Change a resource whose part of the template is another one now; with another name, it is another one."""
        properties = cloudformation_json["Properties"]
        if properties.get(cls.NAME_PROPERTY, original_resource.name) != original_resource.name:
            original_resource.remove()
            return cls.create_from_cloudformation_json(
                new_resource_name, cloudformation_json, account_id, region_name
            )
        original_resource.change(properties)
        return original_resource

    def delete(self, account_id: str, region_name: str) -> None:  # noqa: ARG002 - moto's form
        """Remove a resource that the template has no more, or whose stack goes away."""
        self.remove()
