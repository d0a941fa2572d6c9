"""`pica doctor`: what is installed, which device and source, what is missing, and what to do about it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from pica.cli.ask import add_model


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    command = commands.add_parser("doctor", help="what is installed, which device and source, what is missing")
    add_model(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Print the findings; exit code 1 when something is missing."""
    from pica.cli.checks import examine  # it looks at torch, which takes seconds

    findings = examine(Path.cwd(), options.base, options.adapter)
    print("\n".join(map(str, findings)))
    if any(finding.mend for finding in findings):
        sys.exit(1)
