"""`pica demo`: the five tasks on a page in the browser, on this machine alone."""

from __future__ import annotations

import argparse
from pathlib import Path

from pica.cli.ask import add_country, add_model, add_port
from pica.workspace import from_here


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    command = commands.add_parser("demo", help="the five tasks on a page in the browser")
    add_port(command, 7860)
    command.add_argument("--language", choices=("en", "zh"), default="en", help="of the page as it opens")
    add_country(command)
    command.add_argument(
        "--chats", type=from_here, default=Path("chats"), metavar="FOLDER", help="where save writes: chats"
    )
    add_model(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Serve the page until Ctrl-C."""
    from pica.demo import server

    server.keep_quiet()
    server.check_port(options.port)
    import gradio  # noqa: F401  whether it is there, before a model is loaded

    from pica.chat.loading import load_chatbot
    from pica.demo.tasks import Asker

    bot = load_chatbot(options.base, options.adapter, options.country)
    asker = Asker(bot.model, bot.root, bot.history, bot.country)
    print(f"PICA at http://{server.HOST}:{options.port} (Ctrl-C ends it; what was not saved is gone then)", flush=True)
    server.serve(bot, asker, server.Page(options.port, options.chats, options.language))
