"""The account and region of a database's stack, as far as they are known at synth."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Self

from sidestep.config.certificates import Certificates, shipped_regions
from sidestep.config.databases import Database, EndpointDatabase, LookedUp, Proxy, Sample
from sidestep.config.errors import ConfigError
from sidestep.config.settings import Settings
from sidestep.config.validation.alarms import region_errors


@dataclass(frozen=True, slots=True)
class Environment:
    """An account and a region. None is decided at deployment."""

    account: str | None = None
    region: str | None = None

    @classmethod
    def from_variables(cls, variables: Mapping[str, str]) -> Self:
        """Read the variables that the CDK's command line sets from the shell's credentials."""
        return cls(variables.get("CDK_DEFAULT_ACCOUNT") or None, variables.get("CDK_DEFAULT_REGION") or None)

    def of(self, database: Database) -> "Environment":
        """Return the environment of a database's stack, if this is the environment of the shell.

        A stack without lookups has no account unless the file sets it: its template is valid in any account.
        """
        if isinstance(database, Sample):
            return Environment()
        if isinstance(database, LookedUp):
            return Environment(database.account or self.account, database.region or self.region)
        return Environment(database.account, database.region)


def check_environments(settings: Settings, shell: Environment, *, file: str) -> None:
    """Check that each database can be looked up, that the function can verify its certificate, and its alarms.

    Raises:
        ConfigError: with one message for each problem of a database.
    """
    errors = [
        f"{file}: database.{name}: {problem}"
        for name, database in settings.databases.items()
        for problem in _problems(settings, name, shell)
    ]
    if errors:
        raise ConfigError(errors)


def missing_roots(region: str, certificates: Certificates | None) -> str | None:
    """Return a message if neither the shipped roots nor `certificates` are those of a Region; None otherwise."""
    if region in (certificates.regions if certificates else shipped_regions()):
        return None
    return (
        f"the bundle has no certificate authority of RDS in {region}, so the function could not verify the "
        'certificate; download AWS\'s file and write certificates = "global-bundle.pem" above the tables '
        "(docs/databases.md)"
    )


def _problems(settings: Settings, name: str, shell: Environment) -> Iterator[str]:
    database = settings.databases[name]
    environment = shell.of(database)
    if isinstance(database, LookedUp) and None in (environment.account, environment.region):
        yield (
            f'looking up {database.kind} "{database.identifier}" in AWS needs credentials; set them in the shell, or '
            "write account and region here if cdk.context.json has the result already, or write endpoint, "
            "resource_id, subnets and security_group instead"
        )
    region = environment.region or shell.region
    if not region:
        return
    if not _is_proxy(database) and (problem := missing_roots(region, settings.certificates)):
        yield problem
    yield from region_errors(settings, name, region)


def _is_proxy(database: Database) -> bool:
    """Return whether a database is a proxy, which has a public certificate."""
    return isinstance(database, Proxy) or (
        isinstance(database, EndpointDatabase) and database.resource_id.startswith("prx-")
    )
