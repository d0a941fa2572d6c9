"""`pica chat`: talk to the model in a terminal, in English or Chinese."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterator
from contextlib import suppress
from io import TextIOWrapper
from typing import TYPE_CHECKING

from pica.cli.ask import add_country, add_model

if TYPE_CHECKING:
    from pica.chat.chatbot import Chatbot, Event
    from pica.chat.session import Session


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    command = commands.add_parser("chat", help="talk to the model in the terminal")
    command.add_argument("--language", choices=("en", "zh"), default="en")
    add_country(command)
    command.add_argument("--temperature", type=_temperature, default=0.7, help="0 = always the likeliest token")
    command.add_argument("--seed", type=seed, default=1)
    add_model(command)
    command.set_defaults(run=run)


def _temperature(given: str) -> float:
    value = float(given)
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"{given}: 0, or a number above it")
    return value


def seed(given: str) -> int:
    """A seed that each library takes."""
    value = int(given)
    if not 0 <= value < 2**32:
        raise argparse.ArgumentTypeError(f"{given}: a whole number from 0 to {2**32 - 1}")
    return value


def run(options: argparse.Namespace) -> None:
    """Read lines until /quit or the end of input."""
    from pica.chat import safety, skills
    from pica.chat.loading import load_chatbot
    from pica.inference.decoding import Decoding

    # A byte that is no UTF-8 is told as half a character, and the chat goes on.
    if isinstance(sys.stdin, TextIOWrapper):
        sys.stdin.reconfigure(errors="surrogateescape")
    with suppress(ImportError):
        import readline  # noqa: F401  a line can be edited and called back where there is such a thing
    bot = load_chatbot(options.base, options.adapter, options.country)
    session = bot.start(options.language, decoding=Decoding(temperature=options.temperature, seed=options.seed))
    print(safety.words(options.language)["notice"])
    print("\n".join(skills.notes(options.language, bot.skills(options.language))))
    talk(bot, session)


def talk(bot: Chatbot, session: Session) -> Session:
    """The terminal's side of a chat; a mistake is one line, and the chat goes on."""
    from pica.chat.commands import run_command
    from pica.errors import PicaError, machine_fault

    while True:
        try:
            line = input("> ")
        except KeyboardInterrupt:  # the line goes, and not the chat
            print("\n/quit ends the chat, and /save FILE keeps it.")
            continue
        except EOFError:
            print()
            return session
        try:
            if not line.startswith("/"):
                session = show(bot.answer(session, line), session)
                continue
            outcome = run_command(bot, session, line)
            session = outcome.session
            if outcome.text:
                print(outcome.text)
            if outcome.events:
                session = show(outcome.events, session)
            if outcome.ends:
                return session
        except PicaError as error:
            print(f"error: {error}", file=sys.stderr)
        except OSError as error:  # a full disk, a folder that may not be written to
            print(f"error: {machine_fault(error) or error}", file=sys.stderr)


def show(events: Iterator[Event], session: Session) -> Session:
    """Print a reply as it comes; Ctrl-C ends the reply, and the chat is then as it was before."""
    from pica.chat.chatbot import Finished, Shown

    last = ""
    try:
        for event in events:
            if isinstance(event, Shown):
                # A reply's sentences follow one another; all else stands on lines of its own.
                print("\n" if last and event.kind != "reply" else "", event.text, sep="", end="", flush=True)
                last = event.kind
            elif isinstance(event, Finished):
                session = event.session
    except KeyboardInterrupt:
        events.close()
    print()
    return session
