"""Completion of commands and options in a shell."""

import click
from click.shell_completion import get_completion_class

from carillon.cli.setup import common_options


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@common_options
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print what makes SHELL complete commands: eval "$(carillon completion bash)"."""
    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"{shell} is not known here.")
    root = ctx.find_root()
    click.echo(kind(root.command, {}, "carillon", "_CARILLON_COMPLETE").source())


COMMANDS = {"completion": completion}
