"""What one run was measured to take: measurements.json, which benchmarks/measure_run.py writes."""

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
"""MB of memory at which a Lambda function has one vCPU; less gets its part of it (Lambda guide, "memory")."""

THOUSAND: Final = 1000


@dataclass(frozen=True, kw_only=True)
class Measurements:
    """One record.

    Attributes:
        machine: where it was measured.
        date: when, ISO 8601.
        memory_megabytes: of the function on AWS.
        transitions_at_one_page: states that a run of one page enters.
        transitions_per_further_page: states that each further page adds.
        cpu_milliseconds_of_1_series: what the function computes for a cold start and a run, on one core of `machine`.
        cpu_milliseconds_of_1000_series: the same for a whole page.
        cpu_milliseconds_per_further_1000_series: what each further page of the run adds, in a warm environment.
        cpu_milliseconds_of_engines: what a cold start adds with another engine than MySQL, by the engine's name.
        cpu_milliseconds_of_a_client: for a function that has botocore's signer, to make a boto3 client of CloudWatch.
        cpu_milliseconds_of_a_publisher: for a function that does nothing else, to start and make that client.
        function_log_bytes_per_page: what Lambda and the function write for one call.
        workflow_log_bytes_at_one_page: what Step Functions writes for a run, without execution data.
        workflow_log_bytes_per_further_page: what it adds.
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
        """How many times longer than a whole core the function computes: it has its memory's part of a vCPU only."""
        return FULL_CORE / self.memory_megabytes

    @property
    def memory(self) -> float:
        """Of the function, in GB."""
        return self.memory_megabytes / 1024

    def transitions(self, pages: int) -> int:
        """Return how many states a run of so many pages enters."""
        return self.transitions_at_one_page + (pages - 1) * self.transitions_per_further_page

    def workflow_log_bytes(self, pages: int) -> int:
        """Return what Step Functions logs of a run of so many pages."""
        return self.workflow_log_bytes_at_one_page + (pages - 1) * self.workflow_log_bytes_per_further_page

    def seconds(self, series: int, engine: EngineName) -> float:
        """Return for how long Lambda bills the function in a run of so many series, a cold start included.

        It is the time of computing, as slow as the memory makes it; what the database takes is not in it. Rows are
        taken to be as fast to read with each engine.
        """
        of_series = (self.cpu_milliseconds_of_1000_series - self.cpu_milliseconds_of_1_series) / (THOUSAND - 1)
        milliseconds = self.cpu_milliseconds_of_1_series + of_series * (min(max(series, 1), THOUSAND) - 1)
        milliseconds += self.cpu_milliseconds_per_further_1000_series * max(0, series - THOUSAND) / THOUSAND
        milliseconds += self.cpu_milliseconds_of_engines.get(engine, 0)
        return self._billed(milliseconds)

    @property
    def client_seconds(self) -> float:
        """For how long Lambda bills a function that asks for a CloudWatch client as well."""
        return self._billed(self.cpu_milliseconds_of_a_client)

    @property
    def publisher_seconds(self) -> float:
        """For how long Lambda bills a function that only publishes, waiting apart."""
        return self._billed(self.cpu_milliseconds_of_a_publisher)

    def _billed(self, cpu_milliseconds: float) -> float:
        return math.ceil(cpu_milliseconds * self.slowness) / 1000


@cache
def measurements() -> Measurements:
    """Read the record that comes with Sidestep."""
    return Measurements(**json.loads(RECORD.read_text(encoding="utf-8")))
