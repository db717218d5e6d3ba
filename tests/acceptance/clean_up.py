"""Removes what acceptance runs made in an AWS account, and lists what it could not remove.

    python -m tests.acceptance.clean_up                       lists the runs of which something is left
    python -m tests.acceptance.clean_up acceptance-1a2b3c4d   removes a run
    python -m tests.acceptance.clean_up --all                 removes all of them

A run cleans up after itself, whatever happens. The commands are for a machine or a job that ended in between.
"""

import argparse
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from sidestep.aws.clients import Clients, operators_clients
from tests.acceptance.run_resources import CLEAN_UP, KINDS, PREFIX, RUN, Kind, toolkit_stack

DELETE_STACK: Final = "aws cloudformation delete-stack --stack-name {name}"

SWEEPS: Final = 3
"""How often resources without a stack are looked for: some are only gone a while after they were removed."""

ERRORS: Final = (BotoCoreError, ClientError, ResponseParserError)
"""Those of a call; the last one is for a response that is not of AWS, such as a proxy's."""

Say = Callable[[str], object]


@dataclass(frozen=True, kw_only=True)
class Leftover:
    """Something that is still in the account.

    Attributes:
        what: its type and name.
        why: the error.
        command: removes it.
    """

    what: str
    why: str
    command: str

    def __str__(self) -> str:
        """Return all of it in two lines."""
        return f"{self.what}: {self.why}\n    {self.command}"


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How long a clean-up waits.

    Attributes:
        seconds: for the deletion of stacks. Lambda's network interfaces alone take 25 to 40 minutes.
        pause: between two looks, in seconds.
    """

    seconds: float = 90 * 60
    pause: float = 15


PACE: Final = Pace()


class CleanUp:
    """Removes one run. An interrupt ends its waiting, but not its removing."""

    def __init__(self, name: str, clients: Clients, *, pace: Pace, say: Say = print) -> None:
        """Clean up after the run `name`; `say` prints its progress."""
        self._name = name
        self._clients = clients
        self._pace = pace
        self._say = say
        self._interrupted = False
        self._errors: dict[str, str] = {}

    def run(self) -> list[Leftover]:
        """Remove everything, and return what is left. No error of a call ends it."""
        with self._interrupts():
            left = self._delete_stacks(lambda stack: stack != toolkit_stack(self._name))
            if left:
                # CloudFormation deletes the stacks with a role of the bootstrap stack.
                return [*left, *self._sweep([kind for kind in KINDS if kind.title != "bucket"]), *self._toolkit()]
            return [*self._delete_stacks(lambda _: True), *self._sweep(KINDS)]

    @contextmanager
    def _interrupts(self) -> Iterator[None]:
        """Note interrupts, so that none of them leaves something behind that costs money."""

        def note(number: int, frame: FrameType | None) -> None:
            del number, frame
            self._interrupted = True
            self._say(f"The clean-up of {self._name} no longer waits, and lists what is left.")

        before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _stacks(self) -> dict[str, dict[str, Any]]:
        """Return the run's stacks by name."""
        pages = self._clients("cloudformation").get_paginator("describe_stacks").paginate()
        found = (stack for page in pages for stack in page["Stacks"])
        return {stack["StackName"]: stack for stack in found if stack["StackName"].startswith(f"{self._name}-")}

    def _delete_stacks(self, wanted: Callable[[str], bool]) -> list[Leftover]:
        """Delete the wanted stacks, wait until they are gone, and return those that are not."""
        deadline = time.monotonic() + self._pace.seconds
        errors: dict[str, str] = {}
        while True:
            try:
                stacks = {name: stack for name, stack in self._stacks().items() if wanted(name)}
            except ERRORS as error:
                listing = "aws cloudformation describe-stacks --query 'Stacks[].StackName'"
                return [Leftover(what="stacks", why=_first_line(error), command=listing)]
            failed = [name for name in stacks if name in errors and stacks[name]["StackStatus"] == "DELETE_FAILED"]
            if set(stacks) == set(failed) or time.monotonic() > deadline or self._interrupted:
                return [self._stack_left(stack, errors.get(name, "")) for name, stack in stacks.items()]
            for name, stack in stacks.items():
                if name not in failed:
                    errors[name] = self._delete(stack)
            time.sleep(self._pace.pause)

    def _delete(self, stack: dict[str, Any]) -> str:
        """Ask CloudFormation to delete a stack, if it does not do so; return the error, if there is one."""
        if stack["StackStatus"] == "DELETE_IN_PROGRESS":
            return ""
        self._say(f"{stack['StackName']} is {stack['StackStatus']}: deleting it")
        try:
            self._clients("cloudformation").delete_stack(StackName=stack["StackName"])
        except ERRORS as error:  # such as during an update, which ends by itself
            return _first_line(error)
        return ""

    def _stack_left(self, stack: dict[str, Any], error: str) -> Leftover:
        status = " ".join(filter(None, [stack["StackStatus"], stack.get("StackStatusReason"), error]))
        return Leftover(
            what=f"stack {stack['StackName']}", why=status, command=DELETE_STACK.format(name=stack["StackName"])
        )

    def _toolkit(self) -> list[Leftover]:
        """Return the bootstrap stack, which has to stay until the other stacks are gone."""
        return [
            Leftover(
                what=f"bootstrap stack {toolkit_stack(self._name)}",
                why="the deletion of the other stacks needs it; afterwards, run the command",
                command=CLEAN_UP.format(run=self._name),
            )
        ]

    def _sweep(self, kinds: Sequence[Kind]) -> list[Leftover]:
        """Remove resources without a stack."""
        left: list[Leftover] = []
        for sweep in range(SWEEPS):
            if sweep and not self._interrupted:
                time.sleep(self._pace.pause)
            left = [leftover for kind in kinds for leftover in self._remove_all(kind, last=sweep == SWEEPS - 1)]
            if not left:
                break
        return left

    def _remove_all(self, kind: Kind, *, last: bool) -> Iterator[Leftover]:
        """Remove all resources of a kind; yield those that were there, or why it is unknown."""
        try:
            names = list(kind.find(self._clients, f"{self._name}-"))
        except ERRORS as error:
            yield Leftover(
                what=f"{kind.title}s",
                why=f"cannot be listed: {_first_line(error)}",
                command=self._command(kind, "..."),
            )
            return
        for name in names:
            what = f"{kind.title} {name}"
            if not last:
                self._remove(kind, name, what)
            why = self._errors.get(what, "was removed, but is still listed")
            yield Leftover(what=what, why=why, command=self._command(kind, name))

    def _remove(self, kind: Kind, name: str, what: str) -> None:
        try:
            kind.remove(self._clients, name)
        except ERRORS as error:
            self._errors[what] = _first_line(error)
        else:
            self._errors.pop(what, None)
            self._say(f"{what}: removed")

    def _command(self, kind: Kind, name: str) -> str:
        return kind.command.format(name=name, run=self._name)


def runs_left(clients: Clients) -> list[str]:
    """Return the names of all runs of which something is in the account and Region of the clients."""
    stacks = clients("cloudformation").get_paginator("describe_stacks").paginate()
    names = [stack["StackName"] for page in stacks for stack in page["Stacks"]]
    for kind in KINDS:
        names += kind.find(clients, PREFIX)
    found = (RUN.search(name) for name in names)
    return sorted({match[0] for match in found if match})


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]


def main() -> int:
    """Run the command; return 1 if something is left."""
    parser = argparse.ArgumentParser(prog="python -m tests.acceptance.clean_up", description=__doc__.splitlines()[0])
    parser.add_argument("name", nargs="*", help="a run, such as acceptance-1a2b3c4d")
    parser.add_argument("--all", action="store_true", help="all runs")
    arguments = parser.parse_args()
    clients = operators_clients(None, read_timeout=60, attempts=5)
    names = runs_left(clients) if arguments.all or not arguments.name else arguments.name
    if not arguments.all and not arguments.name:
        print("\n".join(names) or "Nothing is left of any run.")
        return int(bool(names))
    left = [leftover for name in names for leftover in CleanUp(name, clients, pace=PACE).run()]
    print("\n".join(["Left:", *map(str, left)]) if left else "Nothing is left.")
    return int(bool(left))


if __name__ == "__main__":
    sys.exit(main())
