"""The committed pictures are what `make pictures` makes: the workflow's now, the demonstration's of a real run."""

import json
import re
from html import unescape
from pathlib import Path

import pytest

from pictures import demo, workflow
from sidestep import paths
from sidestep.commands.cost.comparison import compare
from sidestep.commands.demo.main import METRICS_FILE
from sidestep.commands.demo.scenario import BROKEN_QUERY, RUNS
from sidestep.config.loader import load_settings

DEFINITION = paths.WORKFLOW_FILE.read_text(encoding="utf-8")


def words(picture: Path) -> str:
    """Return what a picture says, blanks as blanks."""
    said = re.findall(r"<text[^>]*>([^<]*)</text>", picture.read_text(encoding="utf-8"))
    return " ".join(unescape(" ".join(said)).split())


def test_the_workflow_is_the_drawn_one() -> None:
    assert workflow.PICTURE.read_text(encoding="utf-8") == workflow.draw(DEFINITION)


def test_every_state_and_every_branch_is_drawn() -> None:
    # Given
    states = json.loads(DEFINITION)["States"]
    branches = [rule["Comment"] for state in states.values() for rule in state.get("Choices", ())]

    # When
    said = words(workflow.PICTURE)

    # Then
    assert [word for word in (*states, *branches) if word not in said] == []


def test_another_workflow_is_another_picture() -> None:
    assert workflow.draw(DEFINITION.replace('"a query failed"', '"failed"')) != workflow.draw(DEFINITION)


def test_a_state_that_calls_something_unknown_is_not_drawn_wrongly() -> None:
    with pytest.raises(KeyError, match="sns:publish"):
        workflow.draw(DEFINITION.replace("aws-sdk:cloudwatch:putMetricData", "sns:publish"))


def test_the_demonstration_is_a_run_of_the_present_scenario() -> None:
    # Given
    settings = load_settings(METRICS_FILE)

    # When
    said = words(demo.PICTURE)

    # Then
    assert f"{RUNS} runs, one every 5 minutes of simulated time" in said
    assert f"✓ {RUNS} executions ended as expected" in said
    assert "✓ 45 values in CloudWatch: what the database said" in said
    assert f"{BROKEN_QUERY}: the database answered: 1054 Unknown column 'plan' in 'field list'" in said
    assert [name for query in settings.queries for name in query.metrics if name not in said] == []
    for bill in compare(settings, ["3"]).bills:
        assert re.search(rf"{bill.way.words} [\d. ]+ {bill.listed:.2f} {bill.after_free_tiers:.2f}", said)


@pytest.mark.parametrize("picture", [demo.PICTURE, workflow.PICTURE], ids=lambda picture: picture.name)
def test_a_picture_refers_to_nothing_outside_of_itself(picture: Path) -> None:
    # Given what GitHub shows as an image: it loads no font, and runs nothing
    source = picture.read_text(encoding="utf-8")

    # Then
    assert set(re.findall(r"[a-z]+://[\w.]+", source)) <= {"http://www.w3.org", "http://localhost"}
    assert not re.search(r"<script|<image|<foreignObject|@import|@font-face|url\((?!#)", source)


def test_what_was_drawn_over_is_not_shown() -> None:
    # Given a status that turns, and a picture of two lines drawn twice, as rich writes them
    turning = "\x1b[?25l| working\r\x1b[2K/ working\r\x1b[1A\x1b[2K\x1b[?25h"
    written = f"first\n\n{turning}a\nb\r\x1b[2K\x1b[1A\x1b[2Kc\nd\nlast\n"

    # Then
    assert demo.last_screen(written) == "first\nc\nd\nlast"
