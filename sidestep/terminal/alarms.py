"""Alarms and their states in few lines: those that are OK are counted."""

from collections.abc import Sequence
from typing import Final

from rich.text import Text

from sidestep.aws.alarms import ALARM, OK, Alarm
from sidestep.terminal.times import time_text

_WORDS: Final = {OK: ("OK", "green"), ALARM: ("ALARM", "red"), "INSUFFICIENT_DATA": ("no data yet", "yellow")}


def alarms_text(alarms: Sequence[Alarm]) -> Text:
    """Return a line for each alarm that is not OK, and one for all others."""
    lines = [alarm_text(alarm) for alarm in alarms if alarm.state != OK]
    fine = [alarm for alarm in alarms if alarm.state == OK]
    if not alarms:
        lines.append(Text("there are none", "dim"))
    elif len(fine) == 1:
        lines.append(alarm_text(fine[0]))
    elif fine:
        lines.append(Text(f"● {'all' if len(fine) == len(alarms) else 'the other'} {len(fine)} are OK", "green"))
    return Text("\n").join(lines)


def alarm_text(alarm: Alarm) -> Text:
    """Return an alarm's name, its state, and the time of its last change."""
    word, style = _WORDS.get(alarm.state, (alarm.state, "red"))
    since = f" since {time_text(alarm.since)}" if alarm.state != OK else ""
    return Text(f"● {alarm.name} {word}{since}", style)
