"""The measurements of a run that the bills use: measurements.json, which benchmarks/measure_run.py writes."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from sidestep.config.engines import EngineName

RECORD: Final = Path(__file__).with_name("measurements.json")

FULL_CORE: Final = 1769
"""MB of memory at which a Lambda function has one vCPU; less gets a proportional part (Lambda guide, "memory")."""

THOUSAND: Final = 1000


@dataclass(frozen=True, kw_only=True)
class Measurements:
    """One record. CPU times are of one core of `machine`.

    Attributes:
        machine: the machine of the measurement.
        date: of the measurement, ISO 8601.
        memory_megabytes: of the function on AWS.
        transitions_at_one_page: states that a run of one page enters.
        transitions_per_further_page: states that each further page adds.
        cpu_milliseconds_of_1_series: CPU time of a cold start and a run.
        cpu_milliseconds_of_1000_series: the same for a full page.
        cpu_milliseconds_per_further_1000_series: CPU time of each further page in a warm environment.
        cpu_milliseconds_of_engines: CPU time that a cold start adds with another engine than MySQL, by its name.
        cpu_milliseconds_of_a_client: CPU time to create a CloudWatch client in a function without one.
        cpu_milliseconds_of_a_publisher: CPU time to start a function that only publishes, with its client.
        function_log_bytes_per_page: log of Lambda and the function for one invocation.
        workflow_log_bytes_at_one_page: log of Step Functions for a run, without execution data.
        workflow_log_bytes_per_further_page: log that each further page adds.
    """

    machine: str
    date: str
    memory_megabytes: int
    transitions_at_one_page: int
    transitions_per_further_page: int
    cpu_milliseconds_of_1_series: float
    cpu_milliseconds_of_1000_series: float
    cpu_milliseconds_per_further_1000_series: float
    cpu_milliseconds_of_engines: Mapping[EngineName, float]
    cpu_milliseconds_of_a_client: float
    cpu_milliseconds_of_a_publisher: float
    function_log_bytes_per_page: int
    workflow_log_bytes_at_one_page: int
    workflow_log_bytes_per_further_page: int

    @property
    def slowness(self) -> float:
        """How many times longer the function computes than a whole core: it has only a part of a vCPU."""
        return FULL_CORE / self.memory_megabytes

    @property
    def memory(self) -> float:
        """Memory of the function in GB."""
        return self.memory_megabytes / 1024

    def transitions(self, pages: int) -> int:
        """Return the number of states that a run enters."""
        return self.transitions_at_one_page + (pages - 1) * self.transitions_per_further_page

    def workflow_log_bytes(self, pages: int) -> int:
        """Return the size of the log that Step Functions writes for a run."""
        return self.workflow_log_bytes_at_one_page + (pages - 1) * self.workflow_log_bytes_per_further_page

    def seconds(self, series: int, engine: EngineName) -> float:
        """Return the billed seconds of the function in a run with a cold start, without the database's own time.

        Reading rows is assumed to be as fast with each engine.
        """
        of_series = (self.cpu_milliseconds_of_1000_series - self.cpu_milliseconds_of_1_series) / (THOUSAND - 1)
        milliseconds = self.cpu_milliseconds_of_1_series + of_series * (min(max(series, 1), THOUSAND) - 1)
        milliseconds += self.cpu_milliseconds_per_further_1000_series * max(0, series - THOUSAND) / THOUSAND
        milliseconds += self.cpu_milliseconds_of_engines.get(engine, 0)
        return self._billed(milliseconds)

    @property
    def client_seconds(self) -> float:
        """The billed seconds that a CloudWatch client adds to the query function."""
        return self._billed(self.cpu_milliseconds_of_a_client)

    @property
    def publisher_seconds(self) -> float:
        """The billed seconds of a function that only publishes, without the time that it waits."""
        return self._billed(self.cpu_milliseconds_of_a_publisher)

    def _billed(self, cpu_milliseconds: float) -> float:
        return math.ceil(cpu_milliseconds * self.slowness) / 1000


@cache
def measurements() -> Measurements:
    """Read the record that is part of the package."""
    return Measurements(**json.loads(RECORD.read_text(encoding="utf-8")))
