"""How long the CDK takes to synthesize the shipped stack, and the local cloud to deploy it."""

import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.processes import Measurement, Sample
from sidestep import paths
from sidestep.local import deployment
from sidestep.local.cloud import LocalCloud

TIMES: Final = 3


def measure() -> dict[str, Measurement]:
    """Measure both, with a bundle that is built already."""
    samples = [_once() for _ in range(TIMES)]
    return {
        "synth": Measurement(tuple(synth for synth, _ in samples)),
        "deploy": Measurement(tuple(deploy for _, deploy in samples)),
    }


def _once() -> tuple[Sample, Sample]:
    with TemporaryDirectory(prefix="sidestep-benchmark-") as name, LocalCloud(event_scheduler=False) as cloud:
        assembly = Path(name) / "cdk.out"
        started = time.perf_counter()
        deployment.synthesize(paths.ROOT / "metrics.toml", assembly)
        synthesized = time.perf_counter()
        deployment.deploy(cloud, assembly)
        deployed = time.perf_counter()
    return Sample(synthesized - started, 0, 0), Sample(deployed - synthesized, 0, 0)
