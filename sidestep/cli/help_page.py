"""The help of commands: a flag takes no value, so none is shown behind it."""

from typing import TYPE_CHECKING

from typer.core import TyperCommand, TyperGroup, TyperOption

if TYPE_CHECKING:
    from typer._click.core import Context, Parameter


class Command(TyperCommand):
    """A command whose flags are shown bare."""

    def get_params(self, ctx: "Context") -> "list[Parameter]":
        """Return what the command takes."""
        return _bare(super().get_params(ctx))


class Group(TyperGroup):
    """The program, whose flags are shown bare."""

    def get_params(self, ctx: "Context") -> "list[Parameter]":
        """Return what the program takes."""
        return _bare(super().get_params(ctx))


def _bare(parameters: "list[Parameter]") -> "list[Parameter]":
    for parameter in parameters:
        if isinstance(parameter, TyperOption) and parameter.is_flag:
            parameter.metavar = ""
    return parameters
