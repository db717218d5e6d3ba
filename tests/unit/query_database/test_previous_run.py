"""When a schedule last fired: the function's walk back against the schedule's own way forward."""

import functools
import json
import time
import zoneinfo
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidestep.bundle.recurrence import recurrence, zone_file
from sidestep.config.schedule import Schedule
from sidestep.lambdas.query_database.previous_run import Recurrence, previous_run

ZONES = (
    "UTC",
    "Africa/Casablanca",  # its clock changes around Ramadan
    "America/New_York",
    "America/St_Johns",
    "Antarctica/Troll",  # by two hours
    "Asia/Kathmandu",
    "Australia/Lord_Howe",  # by half an hour
    "Europe/Berlin",
    "Europe/Dublin",  # summer time is its standard time
    "Pacific/Apia",  # had no 30 December 2011
)


@pytest.fixture(scope="module", autouse=True)
def packaged_zones() -> Iterator[None]:
    """This machine's time zones may be older or newer than those of the package."""
    zoneinfo.reset_tzpath(to=())
    ZoneInfo.clear_cache()
    yield
    zoneinfo.reset_tzpath()
    ZoneInfo.clear_cache()


@pytest.fixture(scope="module")
def zones(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("zones")
    for name in ZONES:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(zone_file(name))
    return folder


def deployed(schedule: Schedule) -> Recurrence:
    """Return what the function reads of a schedule."""
    plain: Recurrence = json.loads(json.dumps(recurrence(schedule)))
    return plain


def previous(expression: str, timezone: str, moment: str, zones: Path) -> str | None:
    start = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    found = previous_run(deployed(Schedule(expression, timezone)), start, zones)
    return f"{found:%Y-%m-%d %H:%M:%S}" if found else None


@functools.cache
def changes(timezone: str) -> list[datetime]:
    """Return the hours around those of six years in which a zone's clock changes."""
    zone = ZoneInfo(timezone)
    hours = [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=number) for number in range(6 * 366 * 24)]
    return [
        late
        for early, late in pairwise(hours)
        if early.astimezone(zone).utcoffset() != late.astimezone(zone).utcoffset()
    ]


MINUTES = st.sampled_from(["0", "30", "*", "*/5", "7,52", "15-20", "50-10", "59"])
HOURS = st.sampled_from(["*", "0", "1", "2", "3", "1-3", "*/2", "0,2", "22-2", "23", "8-18"])
DAYS = st.sampled_from(
    [f"{day} {{}} ?" for day in ("*", "1", "29", "31", "1,15,31", "25-5", "*/7", "L", "L-3", "1W", "15W", "31W")]
    + [f"? {{}} {day}" for day in ("*", "SUN", "MON-FRI", "SAT-MON", "1,4", "L", "1L", "SUN#1", "2#5")]
)
MONTHS = st.sampled_from(["*", "*", "3,10", "JAN", "2", "*/3", "11-2", "DEC"])
YEARS = st.sampled_from(["*", "*", "*", "2024-2099", "2026/4", "2040"])


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    days = draw(DAYS).format(draw(MONTHS))
    expression = f"cron({draw(MINUTES)} {draw(HOURS)} {days} {draw(YEARS)})"
    try:
        return Schedule(expression, draw(st.sampled_from(ZONES)))
    except ValueError:  # never fires again
        return Schedule("cron(30 2 * * ? *)", draw(st.sampled_from(ZONES)))


@st.composite
def moments(draw: st.DrawFn, timezone: str) -> datetime:
    anywhen = st.datetimes(datetime(1971, 1, 1), datetime(2150, 1, 1), timezones=st.just(UTC))
    if not changes(timezone) or draw(st.booleans()):
        return draw(anywhen).replace(microsecond=0)
    minutes = draw(st.integers(-5 * 60, 5 * 60))
    seconds = draw(st.sampled_from([0, 0, 1, 59]))
    return draw(st.sampled_from(changes(timezone))) + timedelta(minutes=minutes, seconds=seconds)


@pytest.mark.slow
@settings(deadline=None, derandomize=True, max_examples=50)
@given(st.data())
def test_nothing_fires_between_the_previous_time_and_the_moment(zones: Path, data: st.DataObject) -> None:
    # Given
    schedule = data.draw(schedules())
    moment = data.draw(moments(schedule.timezone))

    # When
    found = previous_run(deployed(schedule), moment, zones)

    # Then it is a time at which the schedule fires, and the next one is not before the moment
    if found is None:
        following = next(schedule.occurrences(datetime(1970, 1, 1, tzinfo=UTC)), None)
    else:
        assert found < moment
        assert next(schedule.occurrences(found - timedelta(minutes=1))) == found
        following = next(schedule.occurrences(found), None)
    assert following is None or following >= moment


@pytest.mark.parametrize(
    ("expression", "timezone", "moment", "expected"),
    [
        ("rate(5 minutes)", "UTC", "2026-01-31 08:05:00", "2026-01-31 08:00:00"),
        ("rate(5 minutes)", "UTC", "2026-01-31 08:07:31", "2026-01-31 08:02:31"),
        ("rate(1 day)", "Europe/Berlin", "2026-03-30 00:00:00", "2026-03-29 00:00:00"),
        ("cron(0 8 ? * MON-FRI *)", "UTC", "2026-02-02 08:00:00", "2026-01-30 08:00:00"),
        ("cron(0 8 ? * MON-FRI *)", "UTC", "2026-02-02 08:00:01", "2026-02-02 08:00:00"),
        ("cron(0 8 L * ? *)", "UTC", "2024-03-31 08:00:00", "2024-02-29 08:00:00"),
        ("cron(0 8 29 2 ? *)", "UTC", "2026-01-31 00:00:00", "2024-02-29 08:00:00"),
        ("cron(30 23 31 12 ? *)", "America/New_York", "2026-06-01 00:00:00", "2026-01-01 04:30:00"),
        # 02:30 is missing in Berlin on 2026-03-29 and comes twice on 2026-10-25, at 00:30 and 01:30 in UTC.
        ("cron(30 2 * * ? *)", "Europe/Berlin", "2026-03-30 00:30:00", "2026-03-28 01:30:00"),
        ("cron(30 2 * * ? *)", "Europe/Berlin", "2026-10-26 01:30:00", "2026-10-25 00:30:00"),
        ("cron(*/30 * * * ? *)", "Europe/Berlin", "2026-10-25 01:10:00", "2026-10-25 00:30:00"),
        ("cron(*/30 * * * ? *)", "Europe/Berlin", "2026-10-25 02:00:00", "2026-10-25 00:30:00"),
        ("cron(*/30 * * * ? *)", "Europe/Berlin", "2026-03-29 01:00:00", "2026-03-29 00:30:00"),
        ("cron(0 8 1 1 ? 2090)", "UTC", "2026-01-31 08:00:00", None),
    ],
)
def test_the_previous_time_is_found(
    expression: str, timezone: str, moment: str, expected: str | None, zones: Path
) -> None:
    assert previous(expression, timezone, moment, zones) == expected


def test_the_search_through_all_years_ends_soon(zones: Path) -> None:
    # Given the fewest days that a schedule may have, and a moment that is late
    schedule = Schedule("cron(0 0 ? 2 SUN#5 2032)", "Europe/Berlin")
    fields = deployed(schedule)
    started = time.process_time()

    # When
    found = previous_run(fields, datetime(2199, 12, 31, tzinfo=UTC), zones)

    # Then
    assert found == datetime(2032, 2, 28, 23, tzinfo=UTC)
    assert previous_run(fields, datetime(2031, 12, 31, tzinfo=UTC), zones) is None
    assert time.process_time() - started < 0.5
