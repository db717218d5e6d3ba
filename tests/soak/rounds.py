"""The rounds of a soak. All randomness of a round comes from the seed and its number."""

import signal
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from random import Random
from types import FrameType
from typing import Final
from unittest.mock import patch

import pg8000.exceptions
import pymysql

from sidestep.lambdas.query_database.queries import Query
from tests.soak.events import random_events
from tests.soak.fakes import SECRET, fake_server
from tests.soak.hostile import odd_settings, random_hostile_case
from tests.soak.judge import judge
from tests.soak.kinds import MYSQL, POSTGRES
from tests.soak.moving import moving_tables
from tests.soak.noise import FAULTS, Noise
from tests.soak.proxy import proxy
from tests.soak.queries import Case, random_case
from tests.soak.runs import PATIENCE, SCHEDULED, Course
from tests.soak.servers import Target
from tests.soak.tables import Table, on, random_table

Round = Callable[[Random, Target], list[str]]
"""Plays a round and returns its problems."""

MOMENT: Final = SCHEDULED.replace(tzinfo=None)

LONGEST: Final = 300
"""Seconds after which a round fails because the function hangs."""

HASTE: Final = 1
"""Seconds of each of the function's timeouts in rounds with faults that make it wait."""


class Stuck(BaseException):
    """A round that does not end."""


def random_data(random: Random, target: Target) -> list[str]:
    """Random queries over a random table, without faults."""
    made = random_table(random, target.engine, "calm", around=MOMENT, most_rows=2500)
    with on(target.server, made) as table:
        cases = _cases(random, table, random.randint(1, 5))
        run = Course(target.endpoint, [case.query for case in cases], random, PATIENCE).run()
        return judge(run, cases, table.secrets, is_calm=True)


def hostile_queries(random: Random, target: Target) -> list[str]:
    """Queries that quote the data and change the session, mixed with queries that must still be right."""
    made = random_table(random, target.engine, "hostile", around=MOMENT, most_rows=60)
    with on(target.server, made) as table, odd_settings(random, target.server):
        cases: list[Case] = []
        for number, case in enumerate(_cases(random, table, 3)):
            cases += [random_hostile_case(random, table, f"h{number}"), case]
        run = Course(target.endpoint, [case.query for case in cases], random, PATIENCE, is_repeatable=False).run()
        return judge(run, cases, table.secrets, is_calm=True)


def noise_outside_tls(random: Random, target: Target) -> list[str]:
    """A fault outside of TLS, which detects any change: the values are right, or the failure is named."""
    return _noisy(random, target, random.choice(FAULTS), inside_tls=False)


def noise_inside_tls(random: Random, target: Target) -> list[str]:
    """A fault inside TLS, where some changes of a value cannot be detected."""
    return _noisy(random, target, random.choice(FAULTS), inside_tls=True)


def _noisy(random: Random, target: Target, fault: str, *, inside_tls: bool) -> list[str]:
    made = random_table(random, target.engine, "noisy", around=MOMENT, most_rows=1500)
    first = random.choice((0, 0, 0, 1))
    is_repeated = random.random() < 0.3

    def disturb(number: int) -> Noise | None:
        return Noise.of(random, fault) if number == first or (is_repeated and number > first) else None

    with on(target.server, made) as table, proxy(target, disturb, inside_tls=inside_tls) as port, _haste(target):
        cases = _hasty(_cases(random, table, random.randint(1, 3)))
        queries = [case.query for case in cases]
        run = Course(target.at(port), queries, random, _longest_page(queries), is_repeatable=False).run()
        is_changed = inside_tls and fault not in ("cut", "reset", "hang", "dribble")
        problems = judge(run, cases, table.secrets, is_calm=False, is_changed=is_changed)
        return [f"{fault}: {problem}" for problem in problems]


def protocol_noise(random: Random, target: Target) -> list[str]:
    """A server that sends nearly valid messages."""
    made = random_table(random, target.engine, "unseen", around=MOMENT, most_rows=3)
    with fake_server(target, random) as port, _haste(target):
        cases = _hasty(_cases(random, made, random.randint(1, 3)))
        queries = [case.query for case in cases]
        run = Course(target.at(port), queries, random, _longest_page(queries), is_repeatable=False).run()
        return judge(run, cases, {SECRET}, is_calm=False, is_changed=True)


def killed_sessions(random: Random, target: Target) -> list[str]:
    """An administrator who kills the function's sessions at any moment."""
    made = random_table(random, target.engine, "killed", around=MOMENT, most_rows=2500)
    with on(target.server, made) as table:
        cases = _cases(random, table, random.randint(1, 4))
        with _killing(random, target):
            run = Course(target.endpoint, [case.query for case in cases], random, PATIENCE, is_repeatable=False).run()
        return judge(run, cases, table.secrets, is_calm=False)


@contextmanager
def _killing(random: Random, target: Target) -> Iterator[None]:
    over = threading.Event()
    pauses = [random.expovariate(1 / 0.05) for _ in range(20)]

    def kill() -> None:
        for pause in pauses:
            if over.wait(pause):
                return
            for session, _ in target.server.execute(target.server.sessions):
                with suppress(pymysql.MySQLError, pg8000.exceptions.Error):  # the session has ended
                    target.server.end_session(session)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        yield
    finally:
        over.set()
        killer.join()


def _cases(random: Random, table: Table, count: int) -> list[Case]:
    return [random_case(random, table, MOMENT, f"q{number}") for number in range(count)]


def _hasty(cases: list[Case]) -> list[Case]:
    return [replace(case, query=replace(case.query, timeout=HASTE)) for case in cases]


def _longest_page(queries: Sequence[Query]) -> float:
    """Return the maximum time of a page: log-in, timeout and margin of each query, and time for the machine."""
    return 3 * HASTE * len(queries) + PATIENCE


@contextmanager
def _haste(target: Target) -> Iterator[None]:
    """Shorten the function's timeouts for a silent server."""
    with (
        patch(f"sidestep.lambdas.engines.{target.engine}.connection.CONNECT_TIMEOUT", HASTE),
        patch(f"sidestep.lambdas.engines.{target.engine}.session.MARGIN", HASTE),
    ):
        yield


ROUNDS: Final[Mapping[str, Round]] = {
    "data": random_data,
    "hostile": hostile_queries,
    "outside TLS": noise_outside_tls,
    "inside TLS": noise_inside_tls,
    "protocol": protocol_noise,
    "killed": killed_sessions,
    "moving": moving_tables,
    "events": random_events,
}


def play(
    seed: int, number: int, targets: Mapping[str, Target], kind: str | None = None, engine: str | None = None
) -> list[str]:
    """Play one round and return its problems, each with the engine and the kind of round."""
    random = Random(f"{seed}/{number}")  # noqa: S311 - noise, no secret
    engine = engine or (MYSQL, POSTGRES)[number % 2]
    chosen = random.choice(list(ROUNDS))
    kind = kind or chosen
    try:
        with _time_limit():
            problems = ROUNDS[kind](random, targets[engine])
    except Stuck:
        problems = [f"does not end: {traceback.format_exc()}"]
    return [f"{engine}, {kind}: {problem}" for problem in problems]


@contextmanager
def _time_limit() -> Iterator[None]:
    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise Stuck

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(LONGEST)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
