"""The deployed stack of a database, as its operator finds it."""

from collections.abc import Mapping

from sidestep.aws.clients import AwsError, Clients, explained, operators_clients
from sidestep.config.databases import Database, Sample
from sidestep.config.errors import ConfigError, printable, suggestion
from sidestep.config.settings import Settings


def database_of(settings: Settings, name: str, *, file: str) -> Database:
    """Return a database of metrics.toml.

    Raises:
        ConfigError: there is none of this name.
    """
    try:
        return settings.databases[name]
    except KeyError:
        names = list(settings.databases)
        raise ConfigError(
            [f"{file}: has no [database.{printable(name)}]{suggestion(name, names)}; it has {', '.join(names)}"]
        ) from None


def clients_for(database: Database, *, read_timeout: int, attempts: int = 2) -> Clients:
    """Return clients with the shell's credentials, where a database's stack is; see operators_clients."""
    region = None if isinstance(database, Sample) else database.region
    return operators_clients(region, read_timeout=read_timeout, attempts=attempts)


def check_account(database: Database, name: str, clients: Clients) -> None:
    """Keep an operator who is signed in to another account from its database of the same name.

    Raises:
        AwsError: the database is in another account.
    """
    wanted = None if isinstance(database, Sample) else database.account
    if wanted is None:
        return
    with explained("sts:GetCallerIdentity"):
        account = clients("sts").get_caller_identity()["Account"]
    if account != wanted:
        raise AwsError(
            f"your credentials are of account {account}, but database.{name} is in {wanted}; sign in there"
        )


def outputs_of(stack: str, clients: Clients) -> Mapping[str, str]:
    """Return the outputs of a stack by their names.

    Raises:
        AwsError: there is no such stack, or it may not be looked at.
    """
    with explained("cloudformation:DescribeStacks"):
        client = clients("cloudformation")
        try:
            (description,) = client.describe_stacks(StackName=stack)["Stacks"]
        except client.exceptions.ClientError as error:
            if "does not exist" in str(error):
                where = client.meta.region_name
                raise AwsError(f"there is no stack {stack} in {where}; `make deploy` brings it") from None
            raise
    return {output["OutputKey"]: output["OutputValue"] for output in description.get("Outputs", [])}
