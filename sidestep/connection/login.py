"""The parameters of a connection to a database: endpoint, authorities, and a password or an IAM token."""

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

from sidestep.aws.clients import explained
from sidestep.aws.errors import AwsError
from sidestep.config.databases import Existing
from sidestep.config.engines import ENGINES, POSTGRES, Engine
from sidestep.config.errors import OptionError
from sidestep.config.settings import Settings
from sidestep.connection.certificate_authority import CertificateAuthority, authority_for
from sidestep.connection.url import PASSWORD_VARIABLE, Address
from sidestep.lambdas.query_database.database import Password
from sidestep.lambdas.query_database.endpoint import Endpoint, iam_token

_REGION: Final = re.compile(r".*\.(?P<region>[a-z]{2}(-[a-z]+)+-\d)\.rds\.amazonaws\.com", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class DatabaseConnection:
    """How to connect to a database. It does not connect.

    Attributes:
        password: returns the password for an endpoint.
        name: the name of the database in messages.
        has_plans: whether the database can explain its plan for a query.
    """

    endpoint: Endpoint
    password: Password
    authority: CertificateAuthority
    name: str
    has_plans: bool = True

    @property
    def engine(self) -> Engine:
        """The engine of the database."""
        return ENGINES[self.endpoint.engine]


def connection_to(
    address: Address, schema: str, *, ca: Path | None = None, iam: bool = False, own: Path | None = None
) -> DatabaseConnection:
    """Return the connection to the database at an address; prompts for the password if necessary.

    Args:
        address: the address.
        schema: the schema of names without one.
        ca: the file of the option --ca.
        iam: whether to log in with an IAM token.
        own: the file of RDS's authorities in metrics.toml.

    Raises:
        OptionError: an option or a variable for the log-in is wrong.
        AwsError: there are no credentials to sign a token with.
    """
    authority = authority_for(address.host, ca, own)
    region = _region(address.host) if iam else ""
    endpoint = Endpoint(
        address.engine.name,
        address.host,
        address.port,
        address.user,
        address.database,
        schema,
        region,
        authority.file,
    )
    password = _token() if iam else _password(address, os.environ)
    return DatabaseConnection(endpoint, password, authority, f"{address.host}:{address.port}/{address.database}")


def check_engine(engine: Engine, option: str, settings: Settings, database: str) -> None:
    """Refuse a database of another engine than that of the queries.

    Args:
        engine: the engine of the database to query.
        option: the option that chooses the database.
        settings: the file.
        database: the name in the file of the database whose queries are checked.

    Raises:
        OptionError: the engines differ.
    """
    table = settings.databases[database]
    own = table.engine
    if engine is own:
        return
    remedy = f"name a {own.title} database with --database"
    if engine is POSTGRES and isinstance(table, Existing):  # a table without the key `database` is for MySQL
        remedy += f", or add the key database to database.{database} if it is a {engine.title} database"
    raise OptionError(
        f"{option} is for {engine.title}, but database.{database} and its queries are for {own.title}; {remedy}"
    )


def _password(address: Address, environment: Mapping[str, str]) -> Password:
    given = environment.get(PASSWORD_VARIABLE)
    if given is None:
        given = _typed(address)
    # As bytes: the driver accepts text in Latin-1 only.
    password = given.encode(errors="surrogateescape")
    return lambda _: password


def _typed(address: Address) -> str:
    if not sys.stdin.isatty():
        raise OptionError(
            f"--database: cannot prompt for {address.user}'s password without a terminal; set {PASSWORD_VARIABLE}"
        )
    try:
        return getpass(f"Password of {address.user} at {address.host}: ")
    except EOFError:
        raise OptionError("--database: no password was typed") from None


def _token() -> Password:
    with explained("reading the shell's credentials"):
        credentials = boto3.Session().get_credentials()
        if credentials is None:
            raise AwsError("--iam: the shell has no AWS credentials; sign in, or set AWS_PROFILE")
        frozen = credentials.get_frozen_credentials()
    signer = Credentials(str(frozen.access_key), str(frozen.secret_key), frozen.token)
    return lambda endpoint: iam_token(endpoint, signer)


def _region(host: str) -> str:
    """Return the region for signing a token: that of the endpoint's name, else the shell's.

    Raises:
        OptionError: neither has a region.
    """
    if match := _REGION.fullmatch(host):
        return match["region"].lower()
    with explained("reading the shell's configuration"):
        region = os.environ.get("AWS_REGION") or boto3.Session().region_name
    if not region:
        raise OptionError("--iam: cannot determine the region from the host name or the environment; set AWS_REGION")
    return region
