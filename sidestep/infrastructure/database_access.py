"""What the functions need to know of a database to connect to it."""

from dataclasses import dataclass

from aws_cdk import aws_ec2

from sidestep.config.engines import Engine


@dataclass(frozen=True, kw_only=True)
class DatabaseAccess:
    """A database and the network that leads to it.

    Attributes:
        vpc, subnets: where the function gets its network interfaces.
        connections: the security groups and the port of the database.
        host, port: the RDS endpoint. An IAM token is not valid for a DNS alias.
        writer: the endpoint for writes; differs from `host` if that is a cluster's reader endpoint.
        engine: the database's engine.
        database: the database, or MySQL schema, that the function connects to.
        schema: the schema of unqualified names in a query.
        user: the user that runs the queries; it authenticates with IAM tokens.
        resource_id: its ID in rds-db ARNs: db-..., cluster-... or prx-...
        certificates: the name of the file with the authorities of its certificate.
        administrator_secret: the ARN of the secret with the administrator's password, if RDS manages one.
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
