"""`pica serve`: base and adapter behind an OpenAI-compatible endpoint, on this machine alone."""

from __future__ import annotations

import argparse
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from pica.cli.ask import add_country, add_model, add_port

if TYPE_CHECKING:
    from starlette.applications import Starlette

SERVED = Path("models/served")


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    command = commands.add_parser("serve", help="an OpenAI-compatible endpoint on this machine")
    add_port(command, 8000, least=0)
    command.add_argument("--safety", action="store_true", help="check turns and replies as `pica chat` does")
    add_country(command, "with --safety: ")
    add_model(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Serve until Ctrl-C."""
    from pica.serving import server

    server.keep_quiet()
    import fastapi  # noqa: F401  whether the extra is there, before a model is loaded
    import openai  # noqa: F401
    import uvicorn  # noqa: F401

    with server.bound(options.port) as listener:
        app, name = _front(options)
        print(f"{name} at http://{server.HOST}:{listener.getsockname()[1]}/v1 (Ctrl-C ends it)", flush=True)
        server.made(app).run(sockets=[listener])


def _front(options: argparse.Namespace) -> tuple[Starlette, str]:
    """The front with its model loaded, and what the model is called."""
    from functools import partial

    from pica.chat import safety
    from pica.chat.loading import base_folder
    from pica.serving import folder, recipes  # torch and transformers, which take seconds
    from pica.serving.front import front
    from pica.serving.reply import guarded
    from pica.serving.upstream import load
    from pica.training import adapter as adapters

    base = base_folder(options.base, options.adapter)
    folder.join(base, options.adapter, SERVED)
    adapter = adapters.read(options.adapter) if options.adapter else None
    if adapter and find_spec("vllm"):
        print(recipes.beside(base, options.adapter), flush=True)
    upstream = load(SERVED, four_bit=adapter is not None and adapter.kind == "qlora")
    name = "pica" if adapter else "base"
    if not options.safety:
        return front(upstream, name), name
    safety.prepare()
    return front(upstream, name, partial(guarded, country=options.country)), name
