"""Fires the schedules of a local cloud in real time, whatever deployments do to them meanwhile."""

from datetime import datetime, timedelta
from itertools import takewhile
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from sidestep.local import scheduler
from sidestep.local.cloud import LocalCloud

if TYPE_CHECKING:
    from mypy_boto3_scheduler.type_defs import GetScheduleOutputTypeDef

LONGEST_DELAY: Final = timedelta(minutes=1)
"""What fell due longer ago, while this machine slept, is not made up for."""


class Ticker:
    """Looks at the schedules each time it is told to, and so needs no word of those that come, change or go."""

    def __init__(self, cloud: LocalCloud, now: datetime) -> None:
        """Begin at `now`: what fell due before is past."""
        self._cloud = cloud
        self._fired_until = now
        self._unplayable: set[str] = set()

    def tick(self, now: datetime) -> list[str]:
        """Fire what fell due since the last tick, each occurrence once.

        Returns:
            What could not be fired, and why.
        """
        try:
            schedules = scheduler.enabled_schedules(self._cloud)
        except ClientError:  # one of them went away between the list and the look at it: the next tick finds the rest
            return []
        after = max(self._fired_until, now - LONGEST_DELAY)
        self._fired_until = max(self._fired_until, now)
        problems: list[str] = []
        for occurrence in self._due(schedules, after, now, problems):
            try:
                scheduler.fire(self._cloud, occurrence)
            except ClientError as error:
                problems.append(f"{occurrence.schedule}: {error.response['Error']['Message']}")
        return problems

    def _due(
        self, schedules: "list[GetScheduleOutputTypeDef]", after: datetime, now: datetime, problems: list[str]
    ) -> list[scheduler.Occurrence]:
        """Return what falls due past `after` and until `now`; add a schedule that cannot be played once."""
        due: list[scheduler.Occurrence] = []
        for schedule in schedules:
            try:
                occurrences = scheduler.occurrences_of(schedule, after)
                due += takewhile(lambda occurrence: occurrence.moment <= now, occurrences)
            except ValueError as error:
                problem = f"{schedule['Name']}: {error}"
                if problem not in self._unplayable:
                    problems.append(problem)
                self._unplayable.add(problem)
        return sorted(due)
