"""Where a database's stack goes: account and region, as far as they are known at synth."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Self

from sidestep.config.certificates import shipped_regions
from sidestep.config.databases import ByHand, Database, LookedUp, Proxy, Sample
from sidestep.config.errors import SettingsError
from sidestep.config.settings import Settings


@dataclass(frozen=True, slots=True)
class Target:
    """An account and a region; None is left to the time of deployment."""

    account: str | None = None
    region: str | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read what the CDK's command line found out about the shell's credentials."""
        return cls(environment.get("CDK_DEFAULT_ACCOUNT") or None, environment.get("CDK_DEFAULT_REGION") or None)

    def of(self, database: Database) -> "Target":
        """Return where a database's stack goes if this is the shell's own target.

        A stack that looks nothing up is bound to no account unless the file says so: its template fits any.
        """
        if isinstance(database, Sample):
            return Target()
        if isinstance(database, LookedUp):
            return Target(database.account or self.account, database.region or self.region)
        return Target(database.account, database.region)


def check_targets(settings: Settings, shell: Target, *, file: str) -> None:
    """Check that every database can be looked up, and that its certificate will be trusted.

    Raises:
        SettingsError: with one message per database that cannot be reached like this.
    """
    regions = settings.certificates.regions if settings.certificates else shipped_regions()
    mistakes = [
        f"{file}: database.{name}: {problem}"
        for name, database in settings.databases.items()
        for problem in _problems(database, shell, regions)
    ]
    if mistakes:
        raise SettingsError(mistakes)


def _problems(database: Database, shell: Target, regions: Collection[str]) -> Iterator[str]:
    target = shell.of(database)
    if isinstance(database, LookedUp) and None in (target.account, target.region):
        yield (
            f'{database.kind} "{database.identifier}" is looked up in AWS, which takes credentials; put them into '
            "the shell, or write account and region here if cdk.context.json has the answer already, or give "
            "endpoint, resource_id, subnets and security_group instead"
        )
    region = target.region or shell.region
    if region and not _is_proxy(database) and region not in regions:
        yield (
            f"the bundle has no certificate authority of RDS in {region}, so it could not verify a connection; "
            'download AWS\'s file and write certificates = "global-bundle.pem" above the tables (docs/databases.md)'
        )


def _is_proxy(database: Database) -> bool:
    """Return whether a database has a public certificate."""
    return isinstance(database, Proxy) or (isinstance(database, ByHand) and database.resource_id.startswith("prx-"))
