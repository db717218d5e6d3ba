"""What moto lacks for the synthesized stacks and for those who use them. Each part says what upstream lacks.

moto takes its resource types from the direct subclasses of CloudFormationModel, the one defined last winning, and
looks once. So it is enough to import this package before the first stack is created.
"""

from sidestep.local.moto_patches import (
    alarms,
    change_sets,
    databases,
    executions,
    history,
    metric_data,
    metric_reading,
    network,
    schedule,
    state_machine,
    topics,
    unchangeable,
)

__all__ = [
    "alarms",
    "change_sets",
    "databases",
    "executions",
    "history",
    "metric_data",
    "metric_reading",
    "network",
    "schedule",
    "state_machine",
    "topics",
    "unchangeable",
]
