"""Spans that stand in the input, and how well they name a cause.

input   Ann: What is it?
        Ben: I feel awful, my parrot died!
lines   What is it? · I feel awful, my parrot died!       who speaks is never part of a cause
"""

from __future__ import annotations

import re

from pica.schema import Instruction, Prediction

_SPEAKER = re.compile(r"^[^:：]+[:：] *")


def lines_of(row: Instruction) -> list[str]:
    """The texts of the turns. In a dialogue each line opens with its speaker."""
    lines = row.instances[0]["input"].splitlines()
    return [_SPEAKER.sub("", line) for line in lines] if len(lines) > 1 else lines


def said(row: Prediction) -> str:
    """What is scored of free text: the spans where the system quotes, one a line, and else what it wrote."""
    return "\n".join(row.spans) or row.output
