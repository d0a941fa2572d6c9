"""`pica ask TASK`: one of the five tasks asked of texts or dialogues; text or JSON lines in, JSON lines out.

pica ask text_emotion "The bread burnt again."
{"view": "goemotions-coarse-classification", "label": "anger", "probabilities": {"love": 0.01, …}}
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from pica.errors import ChatError
from pica.schema import TASKS
from pica.workspace import from_here

_LAST_PORT = 65535


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    command = commands.add_parser("ask", help="one of the five tasks, asked of texts or dialogues; JSON lines out")
    command.add_argument("task", choices=TASKS)
    command.add_argument("text", nargs="*", help="texts; without any, lines of --input")
    command.add_argument("--input", type=_file, metavar="FILE", help="text or JSON lines; - (as by default) is stdin")
    command.add_argument("--view", help="the view whose question is asked; by default the one with most training rows")
    command.add_argument(
        "--language", metavar="CODE", help="en, zh, or that of data of your own; by default that of the first input"
    )
    add_model(command)
    command.set_defaults(run=run, takes_rest="text")


def add_model(command: argparse.ArgumentParser) -> None:
    """Declare which model answers."""
    command.add_argument(
        "--base", type=from_here, metavar="FOLDER", help="models/base, or what a shipped adapter was trained on"
    )
    command.add_argument(
        "--adapter",
        type=_adapter,
        default=Path("models/adapter"),
        metavar="FOLDER",
        help="models/adapter; adapters/NAME is one that ships; none = the base",
    )


def add_country(command: argparse.ArgumentParser, when: str = "") -> None:
    """Declare whose help lines are shown first."""
    command.add_argument(
        "--country", type=_country, default="", metavar="CODE", help=f"{when}whose help lines are shown first: GB"
    )


def add_port(command: argparse.ArgumentParser, default: int, least: int = 1) -> None:
    """Declare the port of 127.0.0.1 at which a server listens."""
    any_free = "" if least else "; 0 = any free one"
    command.add_argument("--port", type=partial(_port, least), default=default, help=f"of 127.0.0.1{any_free}")


def written_file(given: str) -> Path:
    """The path of a file that a command writes: an older file may be replaced, a folder or a device may not."""
    path = from_here(given)
    if path.exists() and not path.is_file():
        raise argparse.ArgumentTypeError(f"{given} is no file, and nothing was written to it. Give a file's name.")
    return path


def _port(least: int, given: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", given) or not least <= int(given) <= _LAST_PORT:
        raise argparse.ArgumentTypeError(f"{given!r} is no port. Ports are numbers from {least} to {_LAST_PORT}.")
    return int(given)


def _country(given: str) -> str:
    from pica.chat.safety import countries

    code = given.strip().upper()
    if code and code not in countries():
        raise argparse.ArgumentTypeError(f"no help lines are known of {given!r}. There are: {', '.join(countries())}.")
    return code


def _adapter(given: str) -> Path | None:
    """The adapter's folder, or None where the base answers alone."""
    return None if given == "none" else from_here(given)


def _file(given: str) -> Path | None:
    """The file of inputs, or None for stdin."""
    return None if given == "-" else from_here(given)


def run(options: argparse.Namespace) -> None:
    """Read all inputs, ask, and print a JSON line an input, in their order."""
    from pica.chat import asking, shipped, skills
    from pica.corpora import declared_by_run

    root = shipped.root_of(options.adapter)
    declared_by_run(root)
    inputs = [asking.read_input(line, place) for place, line in _lines(options)]
    if not inputs:
        return
    language = options.language or asking.language_of(inputs[0], options.view)
    rows = skills.trained_rows(root)
    known = [view.name for view in asking.of_task(options.task, language)]
    if options.view and options.view not in known:
        raise ChatError(
            f"--view {options.view} is no view of {options.task} in '{language}'. There are: "
            f"{', '.join(known) or 'none'}."
        )
    view = options.view or asking.choose_view(options.task, language, rows)
    note = f"{rows[view]:,} training rows" if rows.get(view) else "not known to be trained"
    print(f"{view}: {note}", file=sys.stderr)
    asking.check(view, inputs)

    from pica.chat.loading import load_model  # torch, which takes seconds, after what is wrong with the input is said

    model = load_model(options.base, options.adapter)
    for given, answered in zip(inputs, asking.ask_all(model, view, inputs, language), strict=True):
        print(json.dumps(answered.to_row(given), ensure_ascii=False))


def _lines(options: argparse.Namespace) -> Iterator[tuple[str, str]]:
    """The inputs, and where each stands; empty lines of a file are none."""
    if options.text:
        yield from ((f"text {number}", text) for number, text in enumerate(options.text, 1))
        return
    name = options.input or "stdin"
    source = options.input.open("rb") if options.input else sys.stdin.buffer
    with source:
        for number, line in enumerate(source, 1):
            try:
                text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
            except UnicodeDecodeError as error:
                raise ChatError(f"{name}, line {number}: not UTF-8 ({error}). Save it as UTF-8.") from None
            if text:
                yield f"{name}, line {number}", text
