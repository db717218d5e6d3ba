"""The limits of CloudWatch for a PutMetricData request, from AWS's documentation alone.

It shares no code with the function that makes the requests, so that both cannot have the same error.

Source: CloudWatch API reference (PutMetricData, MetricDatum, Dimension, StatisticSet) and user guide ("Metrics
concepts", "CloudWatch service quotas"). Inferred: metric names have the characters of dimension names, counts are
above zero, and a minimum is not above its maximum.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

MAX_REQUEST: Final = 1024 * 1024
"""Bytes of a request."""

MAX_DATUMS: Final = 1_000
MAX_VALUES: Final = 150
"""Of one datum."""

MAX_DIMENSIONS: Final = 30
MAX_NAME: Final = 255
"""Characters of a namespace, metric name or dimension name."""

MAX_DIMENSION_VALUE: Final = 1_024
MAX_MAGNITUDE: Final = 2**360
OLDEST: Final = timedelta(weeks=2)
NEWEST: Final = timedelta(hours=2)
RESOLUTIONS: Final = (1, 60)

UNITS: Final = (
    "Seconds", "Microseconds", "Milliseconds",
    "Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes",
    "Bits", "Kilobits", "Megabits", "Gigabits", "Terabits",
    "Percent", "Count",
    "Bytes/Second", "Kilobytes/Second", "Megabytes/Second", "Gigabytes/Second", "Terabytes/Second",
    "Bits/Second", "Kilobits/Second", "Megabits/Second", "Gigabits/Second", "Terabits/Second",
    "Count/Second", "None",
)  # fmt: skip

MISSING: Final = "MissingParameter"
"""CloudWatch's code for MissingRequiredParameterException of the service model."""

INVALID: Final = "InvalidParameterValue"
COMBINATION: Final = "InvalidParameterCombination"
MALFORMED: Final = "MalformedInput"
TOO_LARGE: Final = "RequestEntityTooLarge"

_FORMS: Final = ("Value", "Values", "StatisticValues")
_NAMESPACE: Final = re.compile(r"(?!AWS/|:)[A-Za-z0-9._/#: -]*")

Datum = Mapping[str, Any]
"""A MetricDatum as for boto3 or in JSON: its Timestamp is a datetime, ISO 8601, or seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A reason to refuse a request: CloudWatch's error code, and a message that names the parameter."""

    code: str
    message: str


def problems(namespace: str, metric_data: Sequence[Datum], *, now: datetime) -> list[Problem]:
    """Return the reasons to refuse a request; none if CloudWatch accepts it.

    The size of the request is that of its JSON without compression.

    Args:
        namespace: the namespace of all datums.
        metric_data: the datums.
        now: the time of the request, with a time zone.
    """
    request = {"Namespace": namespace, "MetricData": metric_data}
    size = len(json.dumps(request, ensure_ascii=False, separators=(",", ":"), default=str).encode(errors="replace"))
    if size > MAX_REQUEST:
        return [Problem(TOO_LARGE, f"Request size {size} exceeded {MAX_REQUEST} bytes")]
    found = [*_text("Namespace", namespace, MAX_NAME), *_collection("MetricData", metric_data, MAX_DATUMS)]
    if not _NAMESPACE.fullmatch(namespace):
        found.append(_invalid("Namespace", namespace))
    if not metric_data:
        found.append(_missing("MetricData"))
    for number, datum in enumerate(metric_data, start=1):
        found += _datum(f"MetricData.member.{number}", datum, now)
    return found


def _datum(where: str, datum: Datum, now: datetime) -> Iterator[Problem]:
    yield from _text(f"{where}.MetricName", datum.get("MetricName"), MAX_NAME)
    yield from _dimensions(f"{where}.Dimensions", datum.get("Dimensions") or ())
    yield from _values(where, datum)
    if datum.get("Timestamp") is not None:
        yield from _time(f"{where}.Timestamp", datum["Timestamp"], now)
    for name, choices in (("Unit", UNITS), ("StorageResolution", RESOLUTIONS)):
        if datum.get(name) not in (None, *choices):
            listed = ", ".join(map(str, choices))
            yield Problem(INVALID, f"The parameter {where}.{name} must be a value in the set [ {listed} ].")


def _dimensions(where: str, dimensions: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    yield from _collection(where, dimensions, MAX_DIMENSIONS)
    names = [dimension.get("Name") for dimension in dimensions]
    for number, (name, dimension) in enumerate(zip(names, dimensions, strict=True), start=1):
        member = f"{where}.member.{number}"
        yield from _text(f"{member}.Name", name, MAX_NAME)
        yield from _text(f"{member}.Value", dimension.get("Value"), MAX_DIMENSION_VALUE)
        if str(name).startswith(":"):
            yield _invalid(f"{member}.Name", name)
    if len(set(names)) < len(names):
        yield Problem(INVALID, f"{where}: No metric may specify the same dimension name twice.")


def _values(where: str, datum: Datum) -> Iterator[Problem]:
    """Check the value, the distribution or the statistic set of a datum."""
    given = [form for form in _FORMS if datum.get(form) not in (None, [])]
    if len(given) != 1:
        names = ", ".join(f"{where}.{form}" for form in given or _FORMS)
        yield Problem(COMBINATION, f"Exactly one of the parameters {names} must be specified.")
    if "Value" in given:
        yield from _number(f"{where}.Value", datum["Value"])
    if "StatisticValues" in given:
        yield from _statistic_set(f"{where}.StatisticValues", datum["StatisticValues"])
    values, counts = datum.get("Values") or (), datum.get("Counts") or ()
    yield from _collection(f"{where}.Values", values, MAX_VALUES)
    if counts and len(counts) != len(values):
        yield Problem(INVALID, f"The parameters {where}.Values and {where}.Counts must be of the same size.")
    for value in values:
        yield from _number(f"{where}.Values", value)
    for count in counts:
        yield from _number(f"{where}.Counts", count, is_count=True)


def _statistic_set(where: str, statistics: Mapping[str, Any]) -> Iterator[Problem]:
    names = ("SampleCount", "Sum", "Minimum", "Maximum")
    found = [_missing(f"{where}.{name}") for name in names if statistics.get(name) is None]
    for name in names if not found else ():
        found += _number(f"{where}.{name}", statistics[name], is_count=name == "SampleCount")
    if not found and statistics["Minimum"] > statistics["Maximum"]:
        found.append(_invalid(f"{where}.Minimum", statistics["Minimum"]))
    yield from found


def _time(where: str, timestamp: object, now: datetime) -> Iterator[Problem]:
    try:
        match timestamp:
            case datetime():
                moment = timestamp
            case int() | float():
                moment = datetime.fromtimestamp(timestamp, UTC)
            case _:
                moment = datetime.fromisoformat(str(timestamp))
    except (ValueError, OverflowError, OSError):
        yield Problem(MALFORMED, f"{where}: timestamp must follow ISO8601")
        return
    age = now - (moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    if not -NEWEST <= age <= OLDEST:
        yield Problem(INVALID, f"The parameter {where} must be between two weeks ago and two hours from now.")


def _text(where: str, text: object, longest: int) -> Iterator[Problem]:
    if text is None or text == "":
        yield _missing(where)
    elif not isinstance(text, str) or not (text.isascii() and text.isprintable() and text.strip()):
        yield Problem(INVALID, f"{_invalid(where, text).message} It must have ASCII characters, not only whitespace.")
    elif len(text) > longest:
        yield Problem(INVALID, f"The parameter {where} must be shorter than {longest + 1} characters.")


def _number(where: str, number: object, *, is_count: bool = False) -> Iterator[Problem]:
    # NaN is neither above nor below any number, so it is refused as well.
    if (
        not isinstance(number, int | float)
        or isinstance(number, bool)
        or not (0 if is_count else -MAX_MAGNITUDE) <= number <= MAX_MAGNITUDE
        or (is_count and number == 0)
    ):
        yield _invalid(where, number)


def _collection(where: str, collection: Sequence[object], most: int) -> Iterator[Problem]:
    if len(collection) > most:
        yield Problem(INVALID, f"The collection {where} must not have a size greater than {most}.")


def _missing(where: str) -> Problem:
    return Problem(MISSING, f"The parameter {where} is required.")


def _invalid(where: str, value: object) -> Problem:
    return Problem(INVALID, f"The value {value} for parameter {where} is invalid.")
