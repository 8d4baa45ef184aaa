"""The commands, each in a module that is loaded when somebody runs it: help and completion are
there at once."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

import click

from carillon.cli.setup import TOKEN, common_options
from carillon.errors import CarillonError, Refused, Unauthorized

# Where each is, and its line in the help.
COMMANDS = {
    "login": ("sessions", "Begin a session with a Carillon."),
    "logout": ("sessions", "End the session, and forget it here."),
    "whoami": ("sessions", "Show who asks, and what they may do."),
    "tokens": ("api_tokens", "List, make and revoke API tokens, for programs."),
    "clients": ("clients", "List, get, add, change, delete, erase and export clients."),
    "bulk": ("bulk", "Tag, untag and delete many clients at once."),
    "blocks": ("blocks", "List, make and lift blocks: who is sent nothing."),
    "import": ("importing", "Import clients from a CSV or NDJSON file."),
    "mailings": ("mailings", "List, show, create, edit, clone and delete mailings."),
    "preview": ("previews", "Show who would get a mailing when, and who would not."),
    "test-send": ("mailings", "Send a mailing's text to a few numbers."),
    "launch": ("lifecycle", "Launch a mailing."),
    "watch": ("watching", "Follow a mailing until it has finished."),
    "pause": ("lifecycle", "Pause a mailing."),
    "resume": ("lifecycle", "Resume a paused mailing."),
    "cancel": ("lifecycle", "Cancel a mailing."),
    "statistics": ("books", "Show the books of a mailing, or of all."),
    "messages": ("books", "List the messages of a mailing."),
    "message": ("proofs", "Show every call of one message."),
    "explain": ("proofs", "Say why a client got a mailing, or did not."),
    "dead-letters": ("desk", "See what failed, send it again, say what became of it."),
    "audit": ("audit", "Show, search and export what was done by whom."),
    "webhooks": ("webhooks", "Subscribe to events; see what was delivered, and send it again."),
    "completion": ("completion", "Print what makes a shell complete commands."),
}
# What a program may go by; 2 is click's own, for a command that is wrong.
REFUSED, NOT_REACHABLE, STOPPED = 1, 3, 130
BROKEN = 500


class Entrance(click.Group):
    def list_commands(self, _: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module = import_module(f"carillon.cli.{COMMANDS[name][0]}")
        commands: Mapping[str, click.Command] = module.COMMANDS
        return commands[name]

    def format_commands(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, told) for name, (_, told) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (KeyboardInterrupt, click.Abort):
            click.echo("carillon: stopped.", err=True)
            raise SystemExit(STOPPED) from None
        except CarillonError as error:
            click.echo(f"carillon: {error}", err=True)
            for hint in _hints(error):
                click.echo(f"carillon: {hint}", err=True)
            raise SystemExit(REFUSED if isinstance(error, Refused) else NOT_REACHABLE) from None


@click.group(cls=Entrance, context_settings={"help_option_names": ["-h", "--help"]})
@common_options
def carillon() -> None:
    """Mailings that reach every client at their own local time.

    Every command has --json, for programs: one JSON document a line. Exit codes: 0, it was done; 1,
    the server refused; 2, the command was wrong; 3, no Carillon could be reached; 130, you stopped
    it.
    """


def _hints(error: CarillonError) -> Iterator[str]:
    if isinstance(error, Unauthorized):
        yield f"log in with `carillon login`, or set {TOKEN}."
    if isinstance(error, Refused) and error.status >= BROKEN and error.request_id:
        yield f"the server's logs know this request as {error.request_id}."
