"""The databases of metrics.toml: the sample, a database that is looked up in AWS, or one given by its endpoint."""

import re
from collections.abc import Mapping
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator

from sidestep.config.engines import ENGINES, MYSQL, POSTGRES, Engine, EngineName, engine_from_alias
from sidestep.config.fields import FixedDimensions, Table, distinct, matching, one_of
from sidestep.config.receivers import Receivers
from sidestep.lambdas.engines.postgres.names import MAX_NAME as MAX_POSTGRES_NAME

_ID: Final = "([0-9a-f]{8}|[0-9a-f]{17})"

_RESERVED: Final = (
    r"(?!(root|admin|postgres|rdsadmin|rdsproxyadmin|rds_(superuser|iam|replication|password)|(mysql\.|pg_)\w+"
    r"|public|none)$)"
)
"""Accounts of RDS and of the engines, and usual administrators; `sidestep prepare` must not revoke their privileges.

In PostgreSQL, public means every role and none means no role, even in quotes.
"""

SAMPLE_SCHEMA: Final = "sample"

SAMPLE_USER: Final = "sidestep"
"""The user that runs the sample's queries; it authenticates with IAM tokens only."""

PUBLIC: Final = "public"
"""PostgreSQL's default schema."""

MAX_SUBNETS: Final = 16
"""Maximum number of subnets of a function (Lambda API reference, VpcConfig)."""

SampleClass = Literal["db.t4g.micro", "db.t4g.small", "db.t4g.medium", "db.t3.micro", "db.t3.small", "db.t3.medium"]
"""The burstable classes of RDS for MySQL 8.4 up to medium."""

Account = Annotated[str, matching(r"\d{12}", "an account ID has 12 digits")]
Region = Annotated[str, matching(r"[a-z]{2}(-[a-z]+)+-\d", 'write for example "eu-central-1"')]
Zone = Annotated[str, matching(r"[a-z]{2}(-[a-z]+)+-\d[a-z]", 'write for example "eu-central-1a"')]
VpcId = Annotated[str, matching(f"vpc-{_ID}", "the ID of a VPC is vpc- and 8 or 17 hexadecimal digits")]
SubnetId = Annotated[str, matching(f"subnet-{_ID}", "the ID of a subnet is subnet- and 8 or 17 hexadecimal digits")]
SecurityGroupId = Annotated[
    str, matching(f"sg-{_ID}", "the ID of a security group is sg- and 8 or 17 hexadecimal digits")
]
_IDENTIFIER: Final = "[A-Za-z][A-Za-z0-9-]{0,62}"

_ARN: Final = re.compile(rf"arn:aws[a-z-]*:rds:[^:]*:[^:]*:(db|cluster):({_IDENTIFIER})")
_ENDPOINT: Final = re.compile(
    rf"({_IDENTIFIER})\.(?!cluster-custom-)(cluster|proxy)?[a-z0-9-]+\.[a-z0-9-]+\.rds\.amazonaws\.com(?:\.cn)?(?::\d+)?"
)
"""RDS and Aurora user guides, "Amazon Resource Names" and "Endpoints".

The name of a custom endpoint is not the name of its cluster, so it is not suggested.
"""


def _checked_identifier(name: str) -> str:
    """Refuse a value that is not an RDS identifier; for an ARN or an endpoint, suggest the key and the identifier."""
    if re.fullmatch(_IDENTIFIER, name):
        return name
    hint = ""
    if arn := _ARN.fullmatch(name):
        kind, identifier = "instance" if arn[1] == "db" else arn[1], arn[2]
        hint = f'; write {kind} = "{identifier}"'
    elif endpoint := _ENDPOINT.fullmatch(name):
        hint = f'; write {endpoint[2] or "instance"} = "{endpoint[1]}"'
    raise ValueError(f"is {name!r}; an RDS identifier has up to 63 letters, digits and -, a letter first{hint}")


Identifier = Annotated[str, AfterValidator(_checked_identifier)]
SchemaName = Annotated[str, matching(r"[ -~]{1,64}", "a schema's name has 1 to 64 printable ASCII characters")]
DatabaseName = Annotated[str, matching(r"[ -~]{1,63}", "a database's name has 1 to 63 printable ASCII characters")]
UserName = Annotated[
    str,
    # No IAM wildcard and no slash: the name is the end of the ARN in the policy for rds-db:connect.
    matching(
        rf"{_RESERVED}[A-Za-z0-9_][A-Za-z0-9_.-]{{0,31}}",
        "a user's name has 1 to 32 letters, digits, _, - and ., and is not a reserved or an administrator's name",
    ),
]


def _no_alias(name: object) -> object:
    """Refuse an alias of an engine with the name to write; any other text is refused as a wrong choice."""
    engine = engine_from_alias(name) if isinstance(name, str) else None
    if engine is not None and name != engine.name:
        raise ValueError(f'is "{name}"; write "{engine.name}", which includes all engines with its protocol')
    return name


class BaseDatabase(Table):
    """The keys of every database.

    Attributes:
        prepare: whether the stack has the function that `sidestep prepare` invokes.
        alarm_on_missing: whether an alarm fires when no run succeeds; the file's default if None.
        query_metrics: the default of its queries; that of the file if None.
        notify: who is notified of its alarms; the file's receivers if None.
        fixed_dimensions: dimensions of each series of its queries, unless a query has another value.
    """

    prepare: bool = False
    alarm_on_missing: bool | None = None
    query_metrics: bool | None = None
    notify: Receivers | None = None
    fixed_dimensions: FixedDimensions = Field(default_factory=dict)


class Sample(BaseDatabase):
    """A database that the stack creates, with its network.

    Attributes:
        instance_class: its RDS instance class. Accounts on the Free plan can start micro classes only.
        availability_zones: the zones of its subnets; by default the first two of the region.
    """

    sample: Annotated[bool, one_of(True)]
    instance_class: SampleClass = "db.t4g.micro"
    availability_zones: Annotated[tuple[Zone, ...], Field(strict=False), AfterValidator(distinct)] = ()

    @property
    def engine(self) -> Engine:
        """The sample runs MySQL."""
        return MYSQL

    @field_validator("availability_zones")
    @classmethod
    def _check_zones(cls, zones: tuple[str, ...]) -> tuple[str, ...]:
        """RDS requires subnets in at least two zones (RDS user guide, "Working with DB subnet groups")."""
        if len(zones) == 1:
            raise ValueError(f"has one zone, {zones[0]}; RDS requires at least two")
        return zones


class Login(BaseDatabase):
    """A database that exists already: the keys that a connection needs besides its address.

    Attributes:
        engine_name: `engine` in the file; if None, `database` decides.
        database_name: the name of a PostgreSQL database; `database` in the file.
        schema_name: the default schema of the queries; `schema` in the file. In MySQL, databases are schemas.
        user: the user that runs the queries; it authenticates with IAM tokens.
    """

    engine_name: Annotated[EngineName | None, Field(alias="engine"), BeforeValidator(_no_alias)] = None
    database_name: Annotated[DatabaseName | None, Field(alias="database", validate_default=True)] = None
    schema_name: Annotated[SchemaName | None, Field(alias="schema", validate_default=True)] = None
    user: UserName = "sidestep"

    @property
    def engine(self) -> Engine:
        """The engine that the file names or implies."""
        return _engine(self.engine_name, self.database_name)

    @property
    def database(self) -> str:
        """The database, or MySQL schema, that the function connects to."""
        return self.database_name or self.default_schema

    @property
    def default_schema(self) -> str:
        """The schema of unqualified names in a query."""
        return self.schema_name or PUBLIC

    @field_validator("database_name")
    @classmethod
    def _check_database(cls, database: str | None, info: ValidationInfo) -> str | None:
        engine = info.data.get("engine_name")
        if engine == POSTGRES.name and database is None:
            raise ValueError("is missing; write the name of the PostgreSQL database")
        if engine == MYSQL.name and database is not None:
            raise ValueError("is a key for PostgreSQL; for MySQL, write the schema only")
        return database

    @field_validator("schema_name")
    @classmethod
    def _check_schema(cls, schema: str | None, info: ValidationInfo) -> str | None:
        if not {"engine_name", "database_name"} <= set(info.data):
            return schema  # these keys have errors of their own
        engine = _engine(info.data["engine_name"], info.data["database_name"])
        if engine is MYSQL and schema is None:
            raise ValueError("is missing")
        if engine is POSTGRES and len(schema or "") > MAX_POSTGRES_NAME:
            raise ValueError(f"is {schema!r}; a PostgreSQL schema's name has at most {MAX_POSTGRES_NAME} characters")
        return schema


class AppLogin(Login):
    """Login with the names of SqlMetrics' arguments: its argument `database` is an object of the CDK."""

    database_name: Annotated[DatabaseName | None, Field(validate_default=True)] = None


class Existing(Login):
    """A database that exists already, and the network that leads to it.

    Attributes:
        vpc_id: the VPC of the database and of the function.
        subnets: the subnets of the function's network interfaces.
        security_group: the database's security group that admits the function.
        ingress: whether the stack adds the rule for the function to that group.
        account, region: where the database is; those of the shell's credentials if None.
    """

    vpc_id: VpcId
    subnets: Annotated[
        tuple[SubnetId, ...], Field(strict=False, max_length=MAX_SUBNETS), AfterValidator(distinct)
    ] = ()
    security_group: SecurityGroupId | None = None
    ingress: bool = True
    account: Account | None = None
    region: Region | None = None


class LookedUp(Existing):
    """A database whose remaining attributes are looked up in AWS at synth."""

    @property
    def kind(self) -> str:
        """The key that names it in the file."""
        return type(self).__name__.lower()

    @property
    def identifier(self) -> str:
        """Its RDS identifier."""
        return str(getattr(self, self.kind))


class Instance(LookedUp):
    """An RDS instance."""

    instance: Identifier


class Cluster(LookedUp):
    """An Aurora or Multi-AZ cluster; the queries go to its reader endpoint."""

    cluster: Identifier


class Proxy(LookedUp):
    """An RDS Proxy."""

    proxy: Identifier


class EndpointDatabase(Existing):
    """A database given by its attributes, so that nothing is looked up.

    Attributes:
        endpoint: the name of the RDS endpoint; an IAM token is not valid for a DNS alias.
        port_number: `port` in the file.
        resource_id: its ID in rds-db ARNs.
    """

    endpoint: Annotated[
        str, matching(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", "an endpoint is a host name without protocol and port")
    ]
    port_number: Annotated[int | None, Field(alias="port", ge=1, le=65535)] = None
    resource_id: Annotated[
        str, matching("(db|cluster|prx)-[A-Za-z0-9]+", "a resource ID begins with db-, cluster- or prx-")
    ]
    subnets: Annotated[
        tuple[SubnetId, ...], Field(strict=False, min_length=1, max_length=MAX_SUBNETS), AfterValidator(distinct)
    ]
    security_group: SecurityGroupId

    @field_validator("port_number")
    @classmethod
    def _check_port(cls, port: int | None, info: ValidationInfo) -> int | None:
        """Find a PostgreSQL database in a table without engine and database, which would be treated as MySQL."""
        if port == POSTGRES.port and not (info.data.get("engine_name") or info.data.get("database_name")):
            raise ValueError(
                f"is {port}, PostgreSQL's default, but a table without engine and database is for MySQL; for "
                'PostgreSQL, add database; for MySQL, add engine = "mysql"'
            )
        return port

    @property
    def port(self) -> int:
        """The port of the endpoint; the engine's default port if the file has none."""
        return self.port_number or self.engine.port


Database: TypeAlias = Sample | Instance | Cluster | Proxy | EndpointDatabase

KINDS: Final[Mapping[str, type[Database]]] = {
    "sample": Sample,
    "instance": Instance,
    "cluster": Cluster,
    "proxy": Proxy,
    "endpoint": EndpointDatabase,
}
"""The kinds of [database.NAME] tables, by the key that distinguishes them."""


def database_key(name: str) -> str:
    """Return what messages call a database: its table, or for the one of a construct, the argument `database`."""
    return f"database.{name}" if name else "database"


def engine_of(table: Mapping[str, object]) -> Engine:
    """Return the engine that a [database.NAME] table names or implies, also if the table has errors."""
    return _engine(table.get("engine"), table.get("database"))


def _engine(name: object, database: object) -> Engine:
    """Return the engine of a name; without a name, the key `database`, which only PostgreSQL has, decides."""
    if isinstance(name, str) and name in ENGINES:
        return ENGINES[name]
    return MYSQL if database is None else POSTGRES
