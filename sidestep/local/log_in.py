"""Who may log in to the embedded database, and how: the administrator with a password, users with IAM tokens."""

from mysql_mimic import IdentityProvider, User
from mysql_mimic.auth import (
    AbstractClearPasswordAuthPlugin,
    AuthPlugin,
    NativePasswordAuthPlugin,
    NoLoginAuthPlugin,
)

from sidestep.aws.administrator import Administrator
from sidestep.local.accounts import Accounts
from sidestep.local.iam_authentication import TokenRefused, TokenVerifier


class Users(IdentityProvider):
    """Those who are there, and how each of them authenticates.

    Attributes:
        verifier: of IAM tokens; to be set before anybody logs in.
    """

    verifier: TokenVerifier

    def __init__(self, administrator: Administrator, accounts: Accounts, refusals: list[str]) -> None:
        """Know the administrator and the accounts of a database; why somebody was refused goes into `refusals`."""
        self._administrator = administrator
        self._accounts = accounts
        self._refusals = refusals

    def get_plugins(self) -> list[AuthPlugin]:
        """Return the ways to authenticate."""
        return [_IamPlugin(self, self._refusals), NativePasswordAuthPlugin(), NoLoginAuthPlugin()]

    async def get_user(self, username: str) -> User:
        """Return how somebody authenticates."""
        if username == self._administrator.user:
            password = NativePasswordAuthPlugin.create_auth_string(self._administrator.password)
            return User(username, password, NativePasswordAuthPlugin.name)
        if username in self._accounts:
            return User(username, auth_plugin=_IamPlugin.name)
        # As MySQL does: who is not there is refused like one with a wrong password.
        self._refusals.append(f"there is no user {username}")
        return User(username, auth_plugin=NoLoginAuthPlugin.name)


class _IamPlugin(AbstractClearPasswordAuthPlugin):
    """What RDS calls AWSAuthenticationPlugin."""

    name = "AWSAuthenticationPlugin"

    def __init__(self, users: Users, refusals: list[str]) -> None:
        self._users = users
        self._refusals = refusals

    async def check(self, username: str, password: str) -> str | None:
        try:
            self._users.verifier.verify(password, username)
        except TokenRefused as refusal:
            self._refusals.append(str(refusal))
            return None
        return username
