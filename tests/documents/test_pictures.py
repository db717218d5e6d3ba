"""docs/demo.svg, which `make pictures` draws, shows a run of the current demo."""

import re
from html import unescape

from scripts import draw_demo
from sidestep.commands.cost.comparison import compare
from sidestep.commands.demo.run_demo import METRICS_FILE
from sidestep.commands.demo.scenario import BROKEN_QUERY, RUNS
from sidestep.config.loader import load_settings

SOURCE = draw_demo.PICTURE.read_text(encoding="utf-8")


def test_the_picture_shows_the_current_demo() -> None:
    # Given
    settings = load_settings(METRICS_FILE)

    # When
    texts = " ".join(re.findall(r"<text[^>]*>([^<]*)</text>", SOURCE))
    shown = " ".join(unescape(texts).split())

    # Then
    assert shown.count("SUCCEEDED") + shown.count("FAILED") == 8  # the latest runs
    assert re.search(rf"✓ {RUNS} .* ✓ 45 ", shown)
    assert re.search(rf"{BROKEN_QUERY}: .* 1054 Unknown column 'plan' in 'field list'", shown)
    assert [name for query in settings.queries for name in query.metrics if name not in shown] == []
    for bill in compare(settings, ["3"]).bills:
        assert re.search(rf"{bill.way.words} [\d. ]+ {bill.listed:.2f} {bill.after_free_tiers:.2f}", shown)


def test_the_picture_has_no_external_references() -> None:
    # Given: GitHub shows it as an image, without fonts from elsewhere and without scripts
    assert set(re.findall(r"[a-z]+://[\w.]+", SOURCE)) <= {"http://www.w3.org", "http://localhost"}
    assert not re.search(r"<script|<image|<foreignObject|@import|@font-face|url\((?!#)", SOURCE)


def test_replaced_lines_are_not_shown() -> None:
    # Given a spinner, and a picture of two lines drawn twice, as rich writes them
    spinner = "\x1b[?25l| working\r\x1b[2K/ working\r\x1b[1A\x1b[2K\x1b[?25h"
    written = f"first\n\n{spinner}a\nb\r\x1b[2K\x1b[1A\x1b[2Kc\nd\nlast\n"

    # Then
    assert draw_demo.last_screen(written) == "first\nc\nd\nlast"
