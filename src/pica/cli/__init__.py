"""The `pica` command: what a person runs beside `dvc`.

    compose   write params.yaml from conf/
    doctor    what is installed, which device and source, what is missing      (checks)
    corpora   the datasets; one row at every stage; counts of raw files        (catalogue, trace, terminal)
    export    the instruction set for other trainers
    merge     the adapter into its base
    ask       one of the five tasks, asked of texts or dialogues
    chat      talk to the model in the terminal
    demo      the five tasks on a page in the browser
    serve     the model as an OpenAI-compatible endpoint
    transcripts   user turns from a file, answered: Markdown
    results   docs/results.md: what was measured on the real datasets
    ship      the adapter with its tables and scores, to hand on
    errors    a system's confident mistakes in one view
    judge     a language model compares the replies of two systems
    compare   experiments over seeds: means, and which differences are more than noise

Each command is a module with `add`, which declares its arguments, and `run`, which imports what takes seconds. Where it
takes any number of words, `takes_rest` names them: they may stand before and behind its options.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence

from pica.errors import report_errors


def main(arguments: Sequence[str] | None = None) -> None:
    """The `pica` command, from anywhere in the repository; exits as a stage does."""
    with report_errors():
        from pica.workspace import enter_repository

        options = parsed(arguments)
        enter_repository()
        options.run(options)


def parsed(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """What was asked for; a word or an option that no command knows ends the program with its usage."""
    made = parser()
    options, rest = made.parse_known_args(arguments)
    # argparse takes any number of words to be those before the first option, and leaves the others over.
    words = getattr(options, "takes_rest", None)
    if rest and (words is None or any(re.fullmatch(r"-\S+", word) for word in rest)):
        made.error(f"unrecognized arguments: {' '.join(rest)}")
    if rest:
        setattr(options, words, [*getattr(options, words), *rest])
    return options


def parser() -> argparse.ArgumentParser:
    """All commands with their arguments."""
    # A second together, so inside `report_errors`.
    from pica.cli import (
        ask,
        chat,
        compare,
        compose,
        corpora,
        demo,
        doctor,
        errors,
        export,
        judge,
        merge,
        results,
        serve,
        ship,
        transcripts,
    )

    made = argparse.ArgumentParser(prog="pica", description="PICA's own commands; run the pipeline with `dvc repro`.")
    commands = made.add_subparsers(required=True, metavar="command")
    for command in (
        compose,
        doctor,
        corpora,
        export,
        merge,
        errors,
        judge,
        compare,
        results,
        ship,
        ask,
        chat,
        demo,
        serve,
        transcripts,
    ):
        command.add(commands)
    return made
