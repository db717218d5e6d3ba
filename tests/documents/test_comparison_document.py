"""What docs/comparison.md says of the exporter is measured."""

from benchmarks.names import EXPORTER, SIDESTEP
from benchmarks.report import DATA
from benchmarks.results import Results


def test_the_exporter_is_faster_and_needs_more_memory_for_large_results() -> None:
    # When
    runs = [run for engine in Results.load(DATA).engines.values() for run in engine.runs.items()]

    # Then "less time at each size, and more memory from 10,000 series on"
    assert all(run[EXPORTER].seconds < run[SIDESTEP].seconds for _, run in runs)
    assert all(run[EXPORTER].megabytes > run[SIDESTEP].megabytes for series, run in runs if series >= 10_000)
