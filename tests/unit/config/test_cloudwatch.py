"""CloudWatch's rules, against the service model that botocore carries."""

import botocore.session
import pytest
from botocore.model import StringShape

from sidestep.config import cloudwatch
from sidestep.console_urls import metrics_page, state_machine_page

MODEL = botocore.session.get_session().get_service_model("cloudwatch")


def test_the_units_are_those_of_the_service_model() -> None:
    shape = MODEL.shape_for("StandardUnit")
    assert isinstance(shape, StringShape)
    assert list(cloudwatch.UNITS) == shape.enum


@pytest.mark.parametrize("shape", ["Namespace", "MetricName", "DimensionName"])
def test_names_are_as_long_as_the_service_model_allows(shape: str) -> None:
    assert MODEL.shape_for(shape).metadata["max"] == cloudwatch.NAME_LIMIT
    assert cloudwatch.name_problem("x" * cloudwatch.NAME_LIMIT) is None
    assert cloudwatch.name_problem("x" * (cloudwatch.NAME_LIMIT + 1)) == f"has {cloudwatch.NAME_LIMIT + 1} characters"


def test_dimensions_are_as_many_as_the_service_model_allows() -> None:
    assert MODEL.shape_for("Dimensions").metadata["max"] == cloudwatch.MAX_DIMENSIONS


@pytest.mark.parametrize("name", ["Sessions", "My app/Sessions: all", "a.b-c_d#e"])
def test_a_valid_name_is_accepted(name: str) -> None:
    assert cloudwatch.name_problem(name) is None


def test_console_links_point_to_the_state_machine_and_the_namespace() -> None:
    arn = "arn:aws:states:eu-west-1:123456789012:stateMachine:shop"
    home = "https://eu-west-1.console.aws.amazon.com"
    assert state_machine_page("eu-west-1", arn) == f"{home}/states/home?region=eu-west-1#/statemachines/view/{arn}"
    assert metrics_page("eu-west-1", "My/Shop").endswith("#metricsV2:graph=~();namespace=~'My*2FShop")
