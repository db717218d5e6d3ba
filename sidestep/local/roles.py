"""The roles of the local cloud: temporary credentials for functions, and permissions to connect to databases."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from botocore.credentials import Credentials
from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.iam.models import IAMBackend, iam_backends
from moto.rds.models import rds_backends
from moto.sts.models import sts_backends

from sidestep.local.iam_authentication import Holder

PARTITION: Final = "aws"


@dataclass(frozen=True, slots=True)
class Roles:
    """The roles of one account in moto."""

    account: str
    region: str

    def issue_credentials(self, role_arn: str) -> dict[str, str]:
        """Return temporary credentials of a role as Lambda's environment variables."""
        assumed = sts_backends[self.account][PARTITION].assume_role(
            region_name=self.region,
            role_session_name="function",
            role_arn=role_arn,
            policy="",
            duration=3600,
            external_id="",
        )
        return {
            "AWS_ACCESS_KEY_ID": assumed.access_key_id,
            "AWS_SECRET_ACCESS_KEY": assumed.secret_access_key,
            "AWS_SESSION_TOKEN": assumed.session_token,
        }

    def holder_of(self, access_key: str, resource: str | None = None) -> Holder | None:
        """Return the role of temporary credentials; None if this cloud did not issue them.

        Args:
            access_key: the access key of the credentials.
            resource: the database's id in rds-db ARNs; None for any instance of a stack: all are the same
                database.
        """
        assumed = sts_backends[self.account][PARTITION].get_assumed_role_from_access_key(access_key)
        if assumed is None:
            return None
        return Holder(
            Credentials(assumed.access_key_id, assumed.secret_access_key, assumed.session_token),
            may_connect_as=lambda user: self._may_connect(assumed.role_arn, self._database_users(user, resource)),
        )

    def _may_connect(self, role_arn: str, database_users: Sequence[str]) -> bool:
        """Evaluate the role's inline policies; the stacks attach no other policies."""
        iam: IAMBackend = iam_backends[self.account][PARTITION]
        role = iam.get_role_by_arn(role_arn)
        results = {
            IAMPolicy(iam.get_role_policy(role.name, policy)[1]).is_action_permitted("rds-db:connect", resource)
            for policy in iam.list_role_policies(role.name)
            for resource in database_users
        }
        return PermissionResult.PERMITTED in results and PermissionResult.DENIED not in results

    def _database_users(self, user: str, resource: str | None) -> list[str]:
        """Return the user's ARN in the database, or in each instance."""
        prefix = f"arn:{PARTITION}:rds-db:{self.region}:{self.account}:dbuser"
        instances = rds_backends[self.account][self.region].databases.values()
        resources = [resource] if resource else [instance.dbi_resource_id for instance in instances]
        return [f"{prefix}:{one}/{user}" for one in resources]
