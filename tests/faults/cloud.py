"""A local cloud that injects faults into requests and into its database."""

from typing import Any

from sidestep.local.cloud import LocalCloud
from tests.faults.database import FaultyDatabase
from tests.faults.requests import RequestFaults


class FaultyCloud(LocalCloud):
    """A local cloud; `requests` and `database` inject faults."""

    database: FaultyDatabase

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - those of LocalCloud
        self.requests = RequestFaults()
        super().__init__(middleware=self.requests.wrap, database_class=FaultyDatabase, **options)
