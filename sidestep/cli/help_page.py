"""The help of commands. A flag takes no value, so the help shows none after it."""

from typing import TYPE_CHECKING

from typer.core import TyperCommand, TyperGroup, TyperOption

if TYPE_CHECKING:
    from typer._click.core import Context, Parameter


class Command(TyperCommand):
    """A command whose help shows flags without a value."""

    def get_params(self, ctx: "Context") -> "list[Parameter]":
        """Return the command's parameters."""
        return _bare(super().get_params(ctx))


class Group(TyperGroup):
    """The program, whose help shows flags without a value."""

    def get_params(self, ctx: "Context") -> "list[Parameter]":
        """Return the program's parameters."""
        return _bare(super().get_params(ctx))


def _bare(parameters: "list[Parameter]") -> "list[Parameter]":
    for parameter in parameters:
        if isinstance(parameter, TyperOption) and parameter.is_flag:
            parameter.metavar = ""
    return parameters
