"""The command `sidestep`."""

import io
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Final

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

from sidestep.cli import deployed, this_machine

if TYPE_CHECKING:
    from typer._click.core import Context, Parameter

INTERRUPTED = 130
"""The exit code of a program that Ctrl-C ended, by the shells' convention."""

ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

GROUPS: Final[Mapping[str, Sequence[Callable[..., None]]]] = {
    "On this machine": (
        this_machine.init,
        this_machine.demo,
        this_machine.local,
        this_machine.check,
        this_machine.cost,
    ),
    "Deployed databases, on AWS or on the local cloud": (deployed.prepare, deployed.run, deployed.watch),
}
"""The commands, in the groups of the help."""


class _Command(TyperCommand):
    def get_params(self, ctx: "Context") -> "list[Parameter]":
        return _without_flag_values(super().get_params(ctx))


class _Group(TyperGroup):
    def get_params(self, ctx: "Context") -> "list[Parameter]":
        return _without_flag_values(super().get_params(ctx))


def _without_flag_values(parameters: "list[Parameter]") -> "list[Parameter]":
    """Remove the placeholder for a value from the help of flags, which have no value."""
    for parameter in parameters:
        if isinstance(parameter, TyperOption) and parameter.is_flag:
            parameter.metavar = ""
    return parameters


app = typer.Typer(
    cls=_Group,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)

for group, commands in GROUPS.items():
    for command in commands:
        app.command(cls=_Command, rich_help_panel=group)(command)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"sidestep {version('sidestep')}")
        raise typer.Exit


def _refuse_colors(refused: bool) -> None:
    if refused:
        from sidestep.terminal import console

        console.refuse_colors()


@app.callback()
def sidestep(
    *,
    no_color: Annotated[
        bool,
        typer.Option("--no-color", is_eager=True, callback=_refuse_colors, help="No colours, as with NO_COLOR=1."),
    ] = False,
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_show_version, help="Show the version and exit.")
    ] = False,
) -> None:
    """SQL results from a private database as CloudWatch metrics."""


def _end(*_: object) -> None:
    """Start to clean up; ignore further signals, which would interrupt that."""
    for how in ENDINGS:
        signal.signal(how, signal.SIG_IGN)
    raise KeyboardInterrupt


def main() -> None:
    """Run the command. After Ctrl-C, a closed terminal or SIGTERM, clean up and exit without a traceback."""
    for how in ENDINGS:
        signal.signal(how, _end)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal without line drawing gets question marks
            stream.reconfigure(errors="replace")
    try:
        app(standalone_mode=True)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
