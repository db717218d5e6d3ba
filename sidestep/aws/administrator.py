"""The administrator of a database: finds and reads the secret with the password."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from sidestep.aws.clients import Clients, explained, refuse_plain_text
from sidestep.aws.errors import AwsError
from sidestep.config.databases import Cluster, Database, Instance
from sidestep.resource_names import ADMINISTRATOR_SECRET


@dataclass(frozen=True, slots=True)
class Administrator:
    """A user with all privileges. Its representation does not show the password."""

    user: str
    password: str = field(repr=False)


def find_secret(database: Database, outputs: Mapping[str, str], clients: Clients) -> str:
    """Return the ARN of the secret that RDS manages for a database; `outputs` are those of its stack.

    Raises:
        AwsError: RDS does not manage a secret, or RDS cannot be queried.
    """
    if secret := outputs.get(ADMINISTRATOR_SECRET):
        return secret
    match database:
        case Instance():
            with explained("rds:DescribeDBInstances"):
                found = clients("rds").describe_db_instances(DBInstanceIdentifier=database.instance)["DBInstances"]
        case Cluster():
            with explained("rds:DescribeDBClusters"):
                found = clients("rds").describe_db_clusters(DBClusterIdentifier=database.cluster)["DBClusters"]
        case _:
            found = []
    secrets = [resource["MasterUserSecret"]["SecretArn"] for resource in found if "MasterUserSecret" in resource]
    if not secrets:
        raise AwsError(
            "RDS does not manage the administrator's password; name a secret of Secrets Manager that has username "
            "and password: --secret ARN"
        )
    return str(secrets[0])


def read_secret(secret: str, clients: Clients) -> Administrator:
    """Read the administrator from a secret of Secrets Manager, given its ARN or name.

    Raises:
        AwsError: it cannot be read, or does not have the form of RDS's secrets.
    """
    with explained(f"secretsmanager:GetSecretValue on {secret}"):
        client = clients("secretsmanager")
        refuse_plain_text(client)
        text = client.get_secret_value(SecretId=secret).get("SecretString", "")
    try:
        content = json.loads(text)
    except ValueError:
        content = None  # not in the message: it might be the bare password
    if isinstance(content, dict):
        user, password = content.get("username"), content.get("password")
        if isinstance(user, str) and isinstance(password, str) and user and password:
            return Administrator(user, password)
    raise AwsError(f'the secret {secret} must be JSON with "username" and "password", like RDS\'s own secrets')
