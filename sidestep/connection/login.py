"""The ways into a database: with a password, or with a token that the shell's AWS credentials sign."""

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from getpass import getpass
from pathlib import Path
from typing import Final

import boto3
from botocore.credentials import Credentials

from sidestep.aws.clients import AwsError, explained
from sidestep.config.databases import Existing
from sidestep.config.engines import ENGINES, POSTGRES, Engine
from sidestep.config.errors import OptionError
from sidestep.config.settings import Settings
from sidestep.connection.certificate_authority import Trust, trusted_for
from sidestep.connection.url import PASSWORD_VARIABLE, Address
from sidestep.lambdas.query_database.database import Password
from sidestep.lambdas.query_database.endpoint import Endpoint, iam_token

_REGION: Final = re.compile(r".*\.(?P<region>[a-z]{2}(-[a-z]+)+-\d)\.rds\.amazonaws\.com", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Way:
    """A way into one database.

    Attributes:
        name: what to call the database.
        has_plans: whether it can explain how it would run a query.
    """

    endpoint: Endpoint
    password: Password
    trust: Trust
    name: str
    has_plans: bool = True

    @property
    def engine(self) -> Engine:
        """The engine of the database."""
        return ENGINES[self.endpoint.engine]


def way_to(
    address: Address, schema: str, *, ca: Path | None = None, iam: bool = False, own: Path | None = None
) -> Way:
    """Return the way to the database at an address; asks for the password if it has to.

    Args:
        address: where it is.
        schema: where names without one are looked for.
        ca: the file of the option --ca.
        iam: whether to log in with an IAM token.
        own: the file of RDS's authorities that metrics.toml names.

    Raises:
        OptionError: what says how to log in is wrong.
        AwsError: there are no credentials to sign a token with.
    """
    trust = trusted_for(address.host, ca, own)
    region = _region(address.host) if iam else ""
    endpoint = Endpoint(
        address.engine.name,
        address.host,
        address.port,
        address.user,
        address.database,
        schema,
        region,
        trust.file,
    )
    password = _token() if iam else _password(address, os.environ)
    return Way(endpoint, password, trust, f"{address.host}:{address.port}/{address.database}")


def check_engine(engine: Engine, where: str, settings: Settings, database: str) -> None:
    """Refuse to ask a database of another engine than the one that the queries are written for.

    Args:
        engine: of the database that is asked.
        where: the option that names it.
        settings: the file.
        database: the name in it of the database whose queries are checked.

    Raises:
        OptionError: the queries' engine is another one.
    """
    table = settings.databases[database]
    own = table.engine
    if engine is own:
        return
    remedy = f"name a {own.title} database with --database"
    if engine is POSTGRES and isinstance(table, Existing):  # without the key it is one for MySQL, unintended maybe
        remedy += f", or give database.{database} the key database if it is a {engine.title}"
    raise OptionError(
        f"{where} is for {engine.title}, but database.{database} is {own.title} in the file, and its queries are "
        f"in the SQL of that; {remedy}"
    )


def _password(address: Address, environment: Mapping[str, str]) -> Password:
    given = environment.get(PASSWORD_VARIABLE)
    if given is None:
        given = _typed(address)
    # As bytes: the driver would only take characters of Latin-1.
    password = given.encode(errors="surrogateescape")
    return lambda _: password


def _typed(address: Address) -> str:
    if not sys.stdin.isatty():
        raise OptionError(
            f"--database: nobody is here to type the password of {address.user}; put it into {PASSWORD_VARIABLE}"
        )
    try:
        return getpass(f"Password of {address.user} at {address.host}: ")
    except EOFError:
        raise OptionError("--database: no password was typed") from None


def _token() -> Password:
    with explained("the shell's credentials"):
        credentials = boto3.Session().get_credentials()
        if credentials is None:
            raise AwsError("--iam: there are no AWS credentials in the shell; sign in, or set AWS_PROFILE")
        frozen = credentials.get_frozen_credentials()
    signer = Credentials(str(frozen.access_key), str(frozen.secret_key), frozen.token)
    return lambda endpoint: iam_token(endpoint, signer)


def _region(host: str) -> str:
    """Return the region that a token is signed for: the one in the endpoint's name, else the shell's.

    Raises:
        OptionError: neither says one.
    """
    if match := _REGION.fullmatch(host):
        return match["region"].lower()
    with explained("the shell's configuration"):
        region = os.environ.get("AWS_REGION") or boto3.Session().region_name
    if not region:
        raise OptionError("--iam: the host's name has no region, and the shell neither; set AWS_REGION")
    return region
