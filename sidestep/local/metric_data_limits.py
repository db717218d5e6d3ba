"""What CloudWatch refuses of a PutMetricData request, from AWS's documents alone.

It shares nothing with the function whose pages it judges, so that both cannot be wrong in the same way.

Source: CloudWatch API reference (PutMetricData, MetricDatum, Dimension, StatisticSet) and user guide ("Metrics
concepts", "CloudWatch service quotas"). Messages are CloudWatch's where users have reported them. Inferred: that
metric names keep to the characters of dimension names, that counts are above zero, and that no minimum is above its
maximum.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import combinations
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
"""CloudWatch's code for what the service model calls MissingRequiredParameterException."""

INVALID: Final = "InvalidParameterValue"
COMBINATION: Final = "InvalidParameterCombination"
MALFORMED: Final = "MalformedInput"
TOO_LARGE: Final = "RequestEntityTooLarge"

_SET: Final = ("SampleCount", "Sum", "Minimum", "Maximum")
_FORMS: Final = ("Value", "Values", "StatisticValues")
_NAMESPACE: Final = re.compile(r"[A-Za-z0-9._/#: -]*")

Datum = Mapping[str, Any]
"""A MetricDatum as boto3 takes it or as JSON has it: Timestamp a datetime, ISO 8601, or seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a request is refused: CloudWatch's error code, and a message that names the parameter."""

    code: str
    message: str


def problems(namespace: str, metric_data: Sequence[Datum], *, now: datetime) -> list[Problem]:
    """Return why CloudWatch refuses a request; nothing if it takes it.

    The size of the request is that of its JSON without compression.

    Args:
        namespace: of all datums.
        metric_data: the datums.
        now: when the request arrives, with a time zone.
    """
    request = {"Namespace": namespace, "MetricData": metric_data}
    size = len(json.dumps(request, ensure_ascii=False, separators=(",", ":"), default=str).encode(errors="replace"))
    if size > MAX_REQUEST:
        return [Problem(TOO_LARGE, f"Request size {size} exceeded {MAX_REQUEST} bytes")]
    found = [*_namespace_problems(namespace), *_collection_problems("MetricData", metric_data, MAX_DATUMS)]
    if not metric_data:
        found.append(_missing("MetricData"))
    for number, datum in enumerate(metric_data, start=1):
        found += _datum_problems(f"MetricData.member.{number}", datum, now)
    return found


def _namespace_problems(namespace: str) -> Iterator[Problem]:
    yield from _text_problems("Namespace", namespace, MAX_NAME)
    if namespace.startswith("AWS/"):
        yield _invalid("Namespace", "AWS/")
    if namespace.startswith(":") or not _NAMESPACE.fullmatch(namespace):
        yield _invalid("Namespace", namespace)


def _datum_problems(where: str, datum: Datum, now: datetime) -> Iterator[Problem]:
    yield from _text_problems(f"{where}.MetricName", datum.get("MetricName"), MAX_NAME)
    yield from _dimension_problems(f"{where}.Dimensions", datum.get("Dimensions") or ())
    yield from _form_problems(where, datum)
    yield from _time_problems(f"{where}.Timestamp", datum.get("Timestamp"), now)
    yield from _choice_problems(f"{where}.Unit", datum.get("Unit"), UNITS)
    yield from _choice_problems(f"{where}.StorageResolution", datum.get("StorageResolution"), RESOLUTIONS)


def _dimension_problems(where: str, dimensions: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    yield from _collection_problems(where, dimensions, MAX_DIMENSIONS)
    names = [dimension.get("Name") for dimension in dimensions]
    for number, (name, dimension) in enumerate(zip(names, dimensions, strict=True), start=1):
        member = f"{where}.member.{number}"
        yield from _text_problems(f"{member}.Name", name, MAX_NAME)
        yield from _text_problems(f"{member}.Value", dimension.get("Value"), MAX_DIMENSION_VALUE)
        if isinstance(name, str) and name.startswith(":"):
            yield _invalid(f"{member}.Name", name)
    if len(set(names)) < len(names):
        yield Problem(INVALID, "No metric may specify the same dimension name twice.")


def _form_problems(where: str, datum: Datum) -> Iterator[Problem]:
    """Find what is wrong with the value, the distribution or the statistic set that a datum has."""
    given = [form for form in _FORMS if datum.get(form) not in (None, [])]
    if not given:
        names = " and ".join(f"{where}.{form}" for form in _FORMS)
        yield Problem(COMBINATION, f"At least one of the parameters {names} must be specified.")
    for one, other in combinations(given, 2):
        both = f"The parameters {where}.{one} and {where}.{other}"
        yield Problem(COMBINATION, f"{both} are mutually exclusive and you have specified both.")
    if "Value" in given:
        yield from _number_problems(f"{where}.Value", datum["Value"])
    yield from _distribution_problems(where, datum.get("Values") or (), datum.get("Counts") or ())
    if "StatisticValues" in given:
        yield from _set_problems(f"{where}.StatisticValues", datum["StatisticValues"])


def _distribution_problems(where: str, values: Sequence[object], counts: Sequence[object]) -> Iterator[Problem]:
    yield from _collection_problems(f"{where}.Values", values, MAX_VALUES)
    if counts and len(counts) != len(values):
        both = f"The parameters {where}.Values and {where}.Counts"
        yield Problem(INVALID, f"{both} must be of the same size.")
    for value in values:
        yield from _number_problems(f"{where}.Values", value)
    for count in counts:
        yield from _count_problems(f"{where}.Counts", count)


def _set_problems(where: str, statistics: Mapping[str, Any]) -> Iterator[Problem]:
    found = [_missing(f"{where}.{name}") for name in _SET if statistics.get(name) is None]
    if not found:
        found += _count_problems(f"{where}.SampleCount", statistics["SampleCount"])
        for name in ("Sum", "Minimum", "Maximum"):
            found += _number_problems(f"{where}.{name}", statistics[name])
    if not found and statistics["Minimum"] > statistics["Maximum"]:
        found.append(_invalid(f"{where}.Minimum", statistics["Minimum"]))
    yield from found


def _time_problems(where: str, timestamp: object, now: datetime) -> Iterator[Problem]:
    if timestamp is None:
        return
    moment = _moment(timestamp)
    if moment is None:
        yield Problem(MALFORMED, f"{where}: timestamp must follow ISO8601")
    elif moment < now - OLDEST:
        yield Problem(INVALID, f"The parameter {where} must specify a time within the past two weeks.")
    elif moment > now + NEWEST:
        yield Problem(INVALID, f"The parameter {where} must specify a time no more than two hours in the future.")


def _moment(timestamp: object) -> datetime | None:
    """Return a time with its zone, UTC if it says none; None if it is no time."""
    try:
        match timestamp:
            case datetime():
                moment = timestamp
            case str():
                moment = datetime.fromisoformat(timestamp)
            case int() | float():
                moment = datetime.fromtimestamp(timestamp, UTC)
            case _:
                return None
    except (ValueError, OverflowError, OSError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _text_problems(where: str, text: object, longest: int) -> Iterator[Problem]:
    if text is None or text == "":
        yield _missing(where)
    elif not isinstance(text, str):
        yield _invalid(where, text)
    else:
        if len(text) > longest:
            yield Problem(INVALID, f"The parameter {where} must be shorter than {longest + 1} characters.")
        if not text.isascii():
            yield Problem(INVALID, f"The value for parameter {where} contains non-ASCII characters.")
        elif not text.isprintable():
            yield Problem(INVALID, f"The value for parameter {where} contains ASCII control characters.")
        if not text.strip():
            yield Problem(INVALID, f"The value for parameter {where} contains only whitespace.")


def _number_problems(where: str, number: object) -> Iterator[Problem]:
    # Not a number is neither above nor below anything, and so is refused here as well.
    if not _is_number(number) or not -MAX_MAGNITUDE <= number <= MAX_MAGNITUDE:  # type: ignore[operator]
        yield _invalid(where, number)


def _count_problems(where: str, count: object) -> Iterator[Problem]:
    if not _is_number(count) or not 0 < count <= MAX_MAGNITUDE:  # type: ignore[operator]
        yield _invalid(where, count)


def _is_number(number: object) -> bool:
    return isinstance(number, int | float) and not isinstance(number, bool)


def _choice_problems(where: str, given: object, choices: Sequence[object]) -> Iterator[Problem]:
    if given is not None and given not in choices:
        listed = ", ".join(map(str, choices))
        yield Problem(INVALID, f"The parameter {where} must be a value in the set [ {listed} ].")


def _collection_problems(where: str, collection: Sequence[object], most: int) -> Iterator[Problem]:
    if len(collection) > most:
        yield Problem(INVALID, f"The collection {where} must not have a size greater than {most}.")


def _missing(where: str) -> Problem:
    return Problem(MISSING, f"The parameter {where} is required.")


def _invalid(where: str, value: object) -> Problem:
    return Problem(INVALID, f"The value {value} for parameter {where} is invalid.")
