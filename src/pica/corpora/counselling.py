"""What the datasets of counselling share.

client: Nobody at work talks to me. · client: They stop when I come in. · counselor: Since when? · client: Thank you.
    →  client: Nobody at work talks to me. They stop when I come in. · counselor: Since when?
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from pica.schema import Turn


def alternating(utterances: Iterable[Turn], joined_by: str) -> tuple[Turn, ...]:
    """Utterances of one role in a row as one turn, and no client at the end, whom nobody answers."""
    turns = [
        Turn(role, joined_by.join(turn.text for turn in group))
        for role, group in groupby(utterances, key=lambda turn: turn.speaker)
    ]
    return tuple(turns[:-1] if len(turns) > 1 and turns[-1].speaker == "client" else turns)
