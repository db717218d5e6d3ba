"""Queries as objects: they are what a file says, with the same defaults."""

from dataclasses import fields, is_dataclass
from typing import Any

import pytest

from sidestep import Alarm, Check, Metric, Query
from sidestep.config import checks, settings
from sidestep.infrastructure.queries import as_table


@pytest.mark.parametrize(
    ("kind", "model"),
    [(Alarm, settings.Alarm), (Metric, settings.Metric), (Query, settings.Query), (Check, checks.Check)],
)
def test_the_fields_are_the_keys_of_a_file_with_their_defaults(kind: Any, model: Any) -> None:  # noqa: ANN401
    # Given the keys of a file; an app names its database elsewhere
    keys = {
        key: model.model_fields[attribute].get_default(call_default_factory=True)
        for attribute, key in model.keys_by_attribute().items()
        if key != "database"
    }

    # When
    assert is_dataclass(kind)
    own = {one.name.rstrip("_"): one.default for one in fields(kind)}

    # Then
    assert own.keys() == keys.keys()
    written = {key: own[key] for key in own if key not in ("name", "sql", "metrics", "fixed_dimensions")}
    assert written == {key: keys[key] for key in written}


def test_an_object_becomes_a_table_without_defaults() -> None:
    # Given
    query = Query(
        name="orders",
        sql="SELECT 1",
        dimensions=("Country",),
        timeout=10,
        metrics={"Orders": Metric(alarm=Alarm(above=5, for_=3))},
    )

    # When / Then
    assert as_table(query) == {
        "name": "orders",
        "sql": "SELECT 1",
        "dimensions": ["Country"],
        "metrics": {"Orders": {"alarm": {"above": 5, "for": 3}}},
    }


def test_text_in_place_of_a_list_stays_text() -> None:
    assert as_table(Query(name="a", sql="b", metrics={}, dimensions="Plan")) == {
        "name": "a",
        "sql": "b",
        "metrics": {},
        "dimensions": "Plan",
    }
