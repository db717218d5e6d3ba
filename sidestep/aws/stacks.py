"""The deployed stack of a database."""

from collections.abc import Mapping

from sidestep.aws.clients import Clients, explained, operators_clients
from sidestep.aws.errors import AwsError
from sidestep.config.databases import Database, Sample
from sidestep.config.errors import SettingsError, escaped, suggestion
from sidestep.config.settings import Settings


def database_of(settings: Settings, name: str, *, file: str) -> Database:
    """Return a database of metrics.toml.

    Raises:
        SettingsError: there is none with this name.
    """
    try:
        return settings.databases[name]
    except KeyError:
        names = list(settings.databases)
        raise SettingsError(
            [f"{file}: has no [database.{escaped(name)}]{suggestion(name, names)}; it has {', '.join(names)}"]
        ) from None


def clients_for(database: Database, *, read_timeout: int, attempts: int = 2) -> Clients:
    """Return clients for the region of a database's stack; see operators_clients."""
    region = None if isinstance(database, Sample) else database.region
    return operators_clients(region, read_timeout=read_timeout, attempts=attempts)


def check_account(database: Database, name: str, clients: Clients) -> None:
    """Check that the credentials are for the database's account: another account may have a stack of the same name.

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
            f"your credentials are for account {account}, but database.{name} is in {wanted}; sign in to {wanted}"
        )


def outputs_of(stack: str, clients: Clients) -> Mapping[str, str]:
    """Return the outputs of a stack by name.

    Raises:
        AwsError: the stack does not exist, or cannot be read.
    """
    with explained("cloudformation:DescribeStacks"):
        client = clients("cloudformation")
        try:
            (description,) = client.describe_stacks(StackName=stack)["Stacks"]
        except client.exceptions.ClientError as error:
            if "does not exist" in str(error):
                where = client.meta.region_name
                raise AwsError(f"the stack {stack} does not exist in {where}; run `make deploy`") from None
            raise
    return {output["OutputKey"]: output["OutputValue"] for output in description.get("Outputs", [])}
