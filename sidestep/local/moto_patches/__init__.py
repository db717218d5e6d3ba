"""Fills the gaps of moto that affect the synthesized stacks and their users. Each docstring names the gap.

moto looks for resource types once, among the direct subclasses of CloudFormationModel; the last definition of a type
wins. So import this package before the first stack is created.
"""

from sidestep.local.moto_patches import (
    change_sets,
    databases,
    function_logs,
    metric_data,
    metric_reading,
    monitoring,
    network,
    schedule,
    step_functions,
)

__all__ = [
    "change_sets",
    "databases",
    "function_logs",
    "metric_data",
    "metric_reading",
    "monitoring",
    "network",
    "schedule",
    "step_functions",
]
