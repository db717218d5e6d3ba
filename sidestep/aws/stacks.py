"""The deployed stack of a database."""

from collections.abc import Mapping
from dataclasses import dataclass

from sidestep.aws.clients import Clients, explained, operators_clients
from sidestep.aws.errors import AwsError
from sidestep.config.databases import Database, Sample
from sidestep.config.errors import ConfigError, printable, suggestion
from sidestep.config.settings import Settings


def database_of(settings: Settings, name: str, *, file: str) -> Database:
    """Return a database of metrics.toml.

    Raises:
        ConfigError: there is none with this name.
    """
    try:
        return settings.databases[name]
    except KeyError:
        names = list(settings.databases)
        raise ConfigError(
            [f"{file}: has no [database.{printable(name)}]{suggestion(name, names)}; it has {', '.join(names)}"]
        ) from None


@dataclass(frozen=True, slots=True)
class Deployed:
    """A stack with a workflow, and where it is.

    Attributes:
        stack: the name of the stack, or STACK/ID for one of several workflows in it.
        database: the name of its database in metrics.toml; None for the stack of another app.
        table: the table of that database.
    """

    stack: str
    database: str | None = None
    table: Database | None = None

    @property
    def title(self) -> str:
        """What to call the workflow."""
        return self.database or self.stack

    @property
    def argument(self) -> str:
        """The arguments that name it to `sidestep watch`."""
        return self.database or f"--stack {self.stack}"

    def clients(self, *, read_timeout: int, attempts: int = 2) -> Clients:
        """Return clients for the region of the stack, after a check of the account; see operators_clients.

        Raises:
            AwsError: the database is in another account.
        """
        region = None if self.table is None or isinstance(self.table, Sample) else self.table.region
        clients = operators_clients(region, read_timeout=read_timeout, attempts=attempts)
        if self.table is not None:
            check_account(self.table, self.title, clients)
        return clients


def deployed_database(settings: Settings, name: str, *, file: str) -> Deployed:
    """Return the stack of a database of metrics.toml.

    Raises:
        ConfigError: there is no database with this name.
    """
    table = database_of(settings, name, file=file)
    return Deployed(settings.stack_of(name), name, table)


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
                raise AwsError(f"the stack {stack} does not exist in {where}; run `cdk deploy`") from None
            raise
    return {output["OutputKey"]: output["OutputValue"] for output in description.get("Outputs", [])}
