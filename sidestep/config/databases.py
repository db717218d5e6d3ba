"""The databases of metrics.toml: the sample, one that is looked up in the account, or one given by its attributes."""

import re
from collections.abc import Mapping
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator

from sidestep.config.engines import ENGINES, MYSQL, POSTGRES, Engine, EngineName, engine_meant
from sidestep.config.fields import FixedDimensions, Table, distinct, matching, one_of
from sidestep.lambdas.engines.postgres.names import MAX_NAME as MAX_POSTGRES_NAME

_ID: Final = "([0-9a-f]{8}|[0-9a-f]{17})"

_RESERVED: Final = (
    r"(?!(root|admin|postgres|rdsadmin|rdsproxyadmin|rds_(superuser|iam|replication|password)|(mysql\.|pg_)\w+"
    r"|public|none)$)"
)
"""Accounts of RDS and of the engines, and what RDS calls an administrator by default: none to take rights from.

To PostgreSQL public is everybody and none nobody, in quotes as well.
"""

SAMPLE_SCHEMA: Final = "sample"

SAMPLE_USER: Final = "sidestep"
"""The user of the sample's queries; it authenticates with IAM tokens only."""

PUBLIC: Final = "public"
"""The schema that a PostgreSQL database begins with."""

MAX_SUBNETS: Final = 16
"""The maximum number of subnets of a function (Lambda API reference, VpcConfig)."""

SampleClass = Literal["db.t4g.micro", "db.t4g.small", "db.t4g.medium", "db.t3.micro", "db.t3.small", "db.t3.medium"]
"""Burstable classes of RDS for MySQL 8.4, up to the largest that the sample allows."""

Account = Annotated[str, matching(r"\d{12}", "an account has 12 digits")]
Region = Annotated[str, matching(r"[a-z]{2}(-[a-z]+)+-\d", 'write for example "eu-central-1"')]
Zone = Annotated[str, matching(r"[a-z]{2}(-[a-z]+)+-\d[a-z]", 'a zone has a name like "eu-central-1a"')]
VpcId = Annotated[str, matching(f"vpc-{_ID}", "the id of a VPC is vpc- with 8 or 17 hexadecimal digits")]
SubnetId = Annotated[str, matching(f"subnet-{_ID}", "the id of a subnet is subnet- with 8 or 17 hexadecimal digits")]
SecurityGroupId = Annotated[
    str, matching(f"sg-{_ID}", "the id of a security group is sg- with 8 or 17 hexadecimal digits")
]
_IDENTIFIER: Final = "[A-Za-z][A-Za-z0-9-]{0,62}"

_ARN: Final = re.compile(rf"arn:aws[a-z-]*:rds:[^:]*:[^:]*:(db|cluster):({_IDENTIFIER})")
_ENDPOINT: Final = re.compile(
    rf"({_IDENTIFIER})\.(?!cluster-custom-)(cluster|proxy)?[a-z0-9-]+\.[a-z0-9-]+\.rds\.amazonaws\.com(?:\.cn)?(?::\d+)?"
)
"""RDS and Aurora user guides, "Amazon Resource Names" and "Endpoints".

The name of a custom endpoint is not the name of its cluster.
"""


def _checked_identifier(name: str) -> str:
    """Refuse a value that is not an RDS name; for an ARN or an endpoint, suggest key and name."""
    if re.fullmatch(_IDENTIFIER, name):
        return name
    meant = ""
    if arn := _ARN.fullmatch(name):
        kind, identifier = "instance" if arn[1] == "db" else arn[1], arn[2]
        meant = f'; write {kind} = "{identifier}"'
    elif endpoint := _ENDPOINT.fullmatch(name):
        meant = f'; write {endpoint[2] or "instance"} = "{endpoint[1]}"'
    raise ValueError(f"is {name!r}; RDS names have up to 63 letters, digits and -, and begin with a letter{meant}")


Identifier = Annotated[str, AfterValidator(_checked_identifier)]
SchemaName = Annotated[str, matching(r"[ -~]{1,64}", "a schema's name has 1 to 64 printable ASCII characters")]
DatabaseName = Annotated[str, matching(r"[ -~]{1,63}", "a database's name has 1 to 63 printable ASCII characters")]
UserName = Annotated[
    str,
    # No wildcard of IAM and no slash: the name ends the ARN that rds-db:connect is allowed for.
    matching(
        rf"{_RESERVED}[A-Za-z0-9_][A-Za-z0-9_.-]{{0,31}}",
        "a user's name has 1 to 32 letters, digits, _, - and ., and is not an administrator's or the server's own",
    ),
]


def _as_we_call_it(name: object) -> object:
    """Refuse another name of an engine with the one to write; what is none is refused as any wrong choice is."""
    engine = engine_meant(name) if isinstance(name, str) else None
    if engine is not None and name != engine.name:
        raise ValueError(f'is "{name}"; write "{engine.name}", which stands for all that speak its protocol')
    return name


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
    """A database that the stack creates, with its network.

    Attributes:
        instance_class: RDS's name for its size. Accounts on the Free plan can start micro classes only.
        availability_zones: of its subnets; by default the first two of the region.
    """

    sample: Annotated[bool, one_of(True)]
    instance_class: SampleClass = "db.t4g.micro"
    availability_zones: Annotated[tuple[Zone, ...], Field(strict=False), AfterValidator(distinct)] = ()

    @property
    def engine(self) -> Engine:
        """The sample is a MySQL."""
        return MYSQL

    @field_validator("availability_zones")
    @classmethod
    def _check_zones(cls, zones: tuple[str, ...]) -> tuple[str, ...]:
        """RDS requires subnets in at least two zones (RDS user guide, "Working with DB subnet groups")."""
        if len(zones) == 1:
            raise ValueError("names one zone; RDS requires at least two")
        return zones


class Existing(AnyDatabase):
    """A database that is there already.

    Attributes:
        vpc_id: the VPC in which the database is, and in which the function will be.
        engine_name: `engine` in the file; None if the other keys are to tell it.
        own_name: what PostgreSQL calls the database; `database` in the file.
        schema_name: the default schema of the queries; `schema` in the file. MySQL's databases are its schemas.
        user: who asks; authenticates with IAM tokens.
        subnets: where the function gets its network interfaces.
        security_group: the database's group that lets the function in.
        ingress: whether the stack adds the rule for the function to that group.
        account, region: where the database is; those of the shell's credentials if left out.
    """

    vpc_id: VpcId
    engine_name: Annotated[EngineName | None, Field(alias="engine"), BeforeValidator(_as_we_call_it)] = None
    own_name: Annotated[DatabaseName | None, Field(alias="database", validate_default=True)] = None
    schema_name: Annotated[SchemaName | None, Field(alias="schema", validate_default=True)] = None
    user: UserName = "sidestep"
    subnets: Annotated[
        tuple[SubnetId, ...], Field(strict=False, max_length=MAX_SUBNETS), AfterValidator(distinct)
    ] = ()
    security_group: SecurityGroupId | None = None
    ingress: bool = True
    account: Account | None = None
    region: Region | None = None

    @property
    def engine(self) -> Engine:
        """The engine that the file names or means."""
        return _engine(self.engine_name, self.own_name)

    @property
    def database(self) -> str:
        """What the server calls the database that is connected to."""
        return self.own_name or self.default_schema

    @property
    def default_schema(self) -> str:
        """Where names without a schema are looked for."""
        return self.schema_name or PUBLIC

    @field_validator("own_name")
    @classmethod
    def _check_database(cls, database: str | None, info: ValidationInfo) -> str | None:
        engine = info.data.get("engine_name")
        if engine == POSTGRES.name and database is None:
            raise ValueError("is missing; name the PostgreSQL database that has the schema")
        if engine == MYSQL.name and database is not None:
            raise ValueError("is a key for PostgreSQL; MySQL's databases are its schemas, so schema says it all")
        return database

    @field_validator("schema_name")
    @classmethod
    def _check_schema(cls, schema: str | None, info: ValidationInfo) -> str | None:
        if not {"engine_name", "own_name"} <= set(info.data):
            return schema  # these have mistakes of their own
        engine = _engine(info.data["engine_name"], info.data["own_name"])
        if engine is MYSQL and schema is None:
            raise ValueError("is missing")
        if engine is POSTGRES and len(schema or "") > MAX_POSTGRES_NAME:
            raise ValueError(f"is {schema!r}; PostgreSQL's names have {MAX_POSTGRES_NAME} characters at most")
        return schema


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
        port_number: `port` in the file.
        resource_id: what ARNs of rds-db call it.
    """

    endpoint: Annotated[
        str, matching(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", "an endpoint is a host name, without protocol and port")
    ]
    port_number: Annotated[int | None, Field(alias="port", ge=1, le=65535)] = None
    resource_id: Annotated[
        str, matching("(db|cluster|prx)-[A-Za-z0-9]+", "a resource id begins with db-, cluster- or prx-")
    ]
    subnets: Annotated[
        tuple[SubnetId, ...], Field(strict=False, min_length=1, max_length=MAX_SUBNETS), AfterValidator(distinct)
    ]
    security_group: SecurityGroupId

    @field_validator("port_number")
    @classmethod
    def _check_port(cls, port: int | None, info: ValidationInfo) -> int | None:
        """Find a PostgreSQL that nothing else in its table says to be one: no lookup would tell."""
        if port == POSTGRES.port and not (info.data.get("engine_name") or info.data.get("own_name")):
            raise ValueError(
                f"is {port}, PostgreSQL's, but the table is one for MySQL: name the database with the key database, "
                'or write engine = "mysql" if it is one'
            )
        return port

    @property
    def port(self) -> int:
        """What the endpoint listens on: the engine's usual port, if the file does not say."""
        return self.port_number or self.engine.port


Database: TypeAlias = Sample | Instance | Cluster | Proxy | ByHand

KINDS: Final[Mapping[str, type[Database]]] = {
    "sample": Sample,
    "instance": Instance,
    "cluster": Cluster,
    "proxy": Proxy,
    "endpoint": ByHand,
}
"""By the key that tells the kind of a [database.NAME] table."""


def engine_of(table: Mapping[str, object]) -> Engine:
    """Return the engine that a [database.NAME] table names or means, right or wrong as it may be."""
    return _engine(table.get("engine"), table.get("database"))


def _engine(name: object, database: object) -> Engine:
    """Return the engine of a name; without one, `database` tells, which is a key for PostgreSQL only."""
    if isinstance(name, str) and name in ENGINES:
        return ENGINES[name]
    return MYSQL if database is None else POSTGRES
