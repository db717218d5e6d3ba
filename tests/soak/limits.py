"""The limits of a page, from AWS's documents alone.

Sources: CloudWatch API reference (PutMetricData, MetricDatum, Dimension, StatisticSet), botocore's model of it, Step
Functions quotas (262,144 bytes of a state as UTF-8, 32,768 characters of a cause).
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, cast

import botocore.serialize
import botocore.session
from botocore.model import OperationModel, StringShape, StructureShape
from botocore.validate import ParamValidator

from sidestep.lambdas.query_database.page import PageContent

MAX_STATE: Final = 262_144
MAX_REQUEST: Final = 1_048_576
MAX_DATUMS: Final = 1000
MAX_VALUES: Final = 150
MAX_DIMENSIONS: Final = 30
MAX_NAME: Final = 255
MAX_TEXT: Final = 1024
MAX_CAUSE: Final = 32_768
MAX_EXPONENT: Final = 360

_SERVICE: Final = botocore.session.get_session().get_service_model("cloudwatch")
_OPERATION: Final[OperationModel] = _SERVICE.operation_model("PutMetricData")
_UNITS: Final[Sequence[str]] = cast("StringShape", _SERVICE.shape_for("StandardUnit")).enum
_REQUEST: Final = cast("StructureShape", _OPERATION.input_shape)
_FORMS: Final = ("Value", "Values", "StatisticValues")


def complaints(page: PageContent, scheduled_time: str) -> Iterator[str]:
    """Yield the problems of a page's form."""
    try:
        size = len(json.dumps(page, ensure_ascii=False, allow_nan=False).encode())
    except ValueError as error:  # a lone surrogate as well: it is a UnicodeEncodeError
        yield f"a page that is no JSON in UTF-8: {error!r}"
        return
    if size > MAX_STATE:
        yield f"a page of {size} bytes"
    if len(json.dumps(page["Failures"])) > MAX_CAUSE:
        yield "failures that are longer than a cause"
    if not 1 <= len(page["MetricData"]) <= MAX_DATUMS:
        yield f"a page of {len(page['MetricData'])} datums"
    request = {"Namespace": "Soak", "MetricData": page["MetricData"]}
    report = ParamValidator().validate(request, _REQUEST)
    if report.has_errors():
        yield report.generate_report()
        return
    if _request_size(request) > MAX_REQUEST:
        yield f"a request of {_request_size(request)} bytes"
    for datum in page["MetricData"]:
        for complaint in _of_datum(datum, scheduled_time):
            yield f"{complaint}: {datum!r:.300}"


def _request_size(request: Mapping[str, object]) -> int:
    """Return the bytes of a request in the protocol with the longest form."""
    serializer = botocore.serialize.create_serializer("query")
    body = serializer.serialize_to_request(request, _OPERATION)["body"]
    return sum(len(name) + len(str(value)) + 2 for name, value in body.items())


def _of_datum(datum: Mapping[str, Any], scheduled_time: str) -> Iterator[str]:
    if datum["Timestamp"] != scheduled_time:
        yield "another time"
    if datum["Unit"] not in _UNITS or datum.get("StorageResolution", 60) not in (1, 60):
        yield "no unit or resolution"
    yield from _of_text("metric name", datum["MetricName"], MAX_NAME)
    dimensions = datum.get("Dimensions", [])
    if len(dimensions) > MAX_DIMENSIONS or len({dimension["Name"] for dimension in dimensions}) < len(dimensions):
        yield "too many dimensions, or one twice"
    for dimension in dimensions:
        yield from _of_text("dimension name", dimension["Name"], MAX_NAME)
        yield from _of_text("dimension value", dimension["Value"], MAX_TEXT)
    if sum(form in datum for form in _FORMS) != 1:
        yield "not exactly one form of value"
    yield from _of_numbers(datum)


def _of_text(what: str, text: str, longest: int) -> Iterator[str]:
    if not 1 <= len(text) <= longest or not text.strip() or any(not " " <= letter <= "~" for letter in text):
        yield f"a {what} that CloudWatch refuses"
    if what != "dimension value" and text.startswith(":"):
        yield f"a {what} with a colon first"


def _of_numbers(datum: Mapping[str, Any]) -> Iterator[str]:
    values = datum.get("Values", [])
    counts = datum.get("Counts", [])
    statistics = datum.get("StatisticValues", {})
    numbers = [*values, *statistics.values(), *([datum["Value"]] if "Value" in datum else [])]
    if not all(map(_is_taken, numbers)):
        yield "a number that CloudWatch refuses"
    if "Values" in datum and not 1 <= len(values) == len(counts) <= MAX_VALUES:
        yield "values and counts that do not fit"
    if any(count < 1 for count in counts) or len(set(values)) < len(values):
        yield "counts below one, or a value twice"
    if statistics and not (statistics["SampleCount"] > 0 and statistics["Minimum"] <= statistics["Maximum"]):
        yield "a set of no values, or with its extremes the wrong way round"


def _is_taken(value: float) -> bool:
    if isinstance(value, bool) or not math.isfinite(value):
        return False
    return value == 0 or 2.0**-MAX_EXPONENT <= abs(value) <= 2.0**MAX_EXPONENT
