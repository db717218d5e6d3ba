"""Clients whose credentials do not allow some operations."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import ClientError
from botocore.model import OperationModel

from sidestep.aws.clients import Clients


@contextmanager
def refusing(clients: Clients, *operations: str) -> Iterator[None]:
    """Refuse these operations, as for credentials that do not allow them."""

    def refuse(model: OperationModel, **_: object) -> None:
        if model.name in operations:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "not yours"}}, model.name)

    events = [clients(service).meta.events for service in ("cloudformation", "cloudwatch", "iam", "rds", "s3")]
    for one in events:
        one.register("before-call", refuse)
    yield
    for one in events:
        one.unregister("before-call", refuse)
