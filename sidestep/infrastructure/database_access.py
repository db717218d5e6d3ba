"""What the functions need to know of a database to reach it, whichever way it came into the stack."""

from dataclasses import dataclass

from aws_cdk import aws_ec2

from sidestep.config.engines import Engine


@dataclass(frozen=True, kw_only=True)
class DatabaseAccess:
    """A database as a function sees it.

    Attributes:
        vpc, subnets: where the function gets its network interfaces.
        connections: the database's side of the connection; its default port is the database's.
        host, port: the endpoint's real name, since a token is not valid for an alias, and its port.
        engine: what the database is.
        writer: the endpoint that takes changes; another one only if `host` is a cluster's reader endpoint.
        database: what the server calls the database that is connected to.
        schema: the default schema of the queries.
        user: who asks; authenticates with IAM tokens.
        resource_id: what rds-db ARNs call the database: db-..., cluster-... or prx-...
        certificates: the file of authorities that the database's certificate is verified with.
        administrator_secret: the ARN of the secret that RDS keeps the administrator's password in, if known here.
    """

    vpc: aws_ec2.IVpc
    subnets: aws_ec2.SubnetSelection
    connections: aws_ec2.Connections
    host: str
    writer: str
    port: str
    engine: Engine
    database: str
    schema: str
    user: str
    resource_id: str
    certificates: str
    administrator_secret: str | None = None
