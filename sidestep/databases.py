"""The databases of metrics.toml: the sample, one that is looked up in the account, or one given by its attributes."""

from collections.abc import Mapping
from typing import Annotated, Final, TypeAlias

from pydantic import AfterValidator, Field

from sidestep.names import FixedDimensions
from sidestep.tables import Table, distinct, matching, one_of

_ID: Final = "([0-9a-f]{8}|[0-9a-f]{17})"

_RESERVED: Final = r"(?!(root|admin|rdsadmin|mysql\.\w+)$)"
"""Accounts of RDS and MySQL themselves, and what RDS calls an administrator by default: none to take rights from."""

Account = Annotated[str, matching(r"\d{12}", "an account has 12 digits")]
Region = Annotated[str, matching(r"[a-z]{2}(-[a-z]+)+-\d", 'write for example "eu-central-1"')]
VpcId = Annotated[str, matching(f"vpc-{_ID}", "the id of a VPC is vpc- with 8 or 17 hexadecimal digits")]
SubnetId = Annotated[str, matching(f"subnet-{_ID}", "the id of a subnet is subnet- with 8 or 17 hexadecimal digits")]
SecurityGroupId = Annotated[
    str, matching(f"sg-{_ID}", "the id of a security group is sg- with 8 or 17 hexadecimal digits")
]
Identifier = Annotated[
    str,
    matching(r"[A-Za-z][A-Za-z0-9-]{0,62}", "RDS names have up to 63 letters, digits and -, a letter first; no ARN"),
]
SchemaName = Annotated[str, matching(r"[ -~]{1,64}", "a schema's name has 1 to 64 printable ASCII characters")]
UserName = Annotated[
    str,
    # No wildcard of IAM and no slash: the name ends the ARN that rds-db:connect is allowed for.
    matching(
        rf"{_RESERVED}[A-Za-z0-9_][A-Za-z0-9_.-]{{0,31}}",
        "a user's name has 1 to 32 letters, digits, _, - and ., and is not an administrator's",
    ),
]


class AnyDatabase(Table):
    """What can be said of every database.

    Attributes:
        prepare: whether the stack has the function that `sidestep prepare` invokes.
        alarm_on_missing: whether an alarm rings when no run succeeds any more; as the file says if left out.
        fixed_dimensions: of each series of its queries, unless a query has another value.
    """

    prepare: bool = False
    alarm_on_missing: bool | None = None
    fixed_dimensions: FixedDimensions = Field(default_factory=dict)


class Sample(AnyDatabase):
    """A database that the stack creates, together with its network."""

    sample: Annotated[bool, one_of(True)]


class Existing(AnyDatabase):
    """A database that is there already.

    Attributes:
        vpc_id: the VPC in which the database is, and in which the function will be.
        schema_name: the default schema of the queries; `schema` in the file.
        user: who asks; authenticates with IAM tokens.
        subnets: where the function gets its network interfaces.
        security_group: the database's group that lets the function in.
        ingress: whether the stack adds the rule for the function to that group.
        account, region: where the database is; those of the shell's credentials if left out.
    """

    vpc_id: VpcId
    schema_name: Annotated[SchemaName, Field(alias="schema")]
    user: UserName = "sidestep"
    subnets: Annotated[tuple[SubnetId, ...], Field(strict=False), AfterValidator(distinct)] = ()
    security_group: SecurityGroupId | None = None
    ingress: bool = True
    account: Account | None = None
    region: Region | None = None


class LookedUp(Existing):
    """A database of which AWS is asked, at synth, for what the file does not say."""

    @property
    def kind(self) -> str:
        """What it is: the key that names it in the file."""
        return type(self).__name__.lower()

    @property
    def identifier(self) -> str:
        """Its name in RDS."""
        return str(getattr(self, self.kind))


class Instance(LookedUp):
    """An RDS instance."""

    instance: Identifier


class Cluster(LookedUp):
    """An Aurora cluster, or a Multi-AZ one; the queries go to its reader endpoint."""

    cluster: Identifier


class Proxy(LookedUp):
    """An RDS Proxy."""

    proxy: Identifier


class ByHand(Existing):
    """A database given by its attributes, so that nothing is looked up.

    Attributes:
        endpoint: the endpoint's real name; a token is not valid for an alias.
        resource_id: what ARNs of rds-db call it.
    """

    endpoint: Annotated[
        str, matching(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", "an endpoint is a host name, without protocol and port")
    ]
    port: Annotated[int, Field(ge=1, le=65535)] = 3306
    resource_id: Annotated[
        str, matching("(db|cluster|prx)-[A-Za-z0-9]+", "a resource id begins with db-, cluster- or prx-")
    ]
    subnets: Annotated[tuple[SubnetId, ...], Field(strict=False, min_length=1), AfterValidator(distinct)]
    security_group: SecurityGroupId


Database: TypeAlias = Sample | Instance | Cluster | Proxy | ByHand

KINDS: Final[Mapping[str, type[Database]]] = {
    "sample": Sample,
    "instance": Instance,
    "cluster": Cluster,
    "proxy": Proxy,
    "endpoint": ByHand,
}
"""By the key that tells the kind of a [database.NAME] table."""
