"""What a row loses when it is too long for `max_length`: never what it asks about.

    a dialogue asked about its last turn       the oldest lines go first
    a dialogue asked about as a whole          the newest lines go first: people say what happened to them early on
    a single text                              words of its middle go, "… […] …": reviews sum up at their end, and posts
                                               say what they are about at their beginning; paragraphs play no part
    a cause                                    the oldest lines, as long as all words of the answer are left
    a chat of the user's own                   whole exchanges, the oldest first; no message is cut
    an instruction of the user's own           nothing: all of it is what is asked

Training and evaluation ask for the same steps, one after the other, until the row fits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from pica.training.template import Messages, user

# The instruction and a chat that ends with the answer → the chat with one thing less; None when nothing may go.
Cut = Callable[[str, Messages], Messages | None]

_GAP = " […] "
# A blank-separated word or a Chinese character, with the blanks before it; what is longer is no word.
_PIECE = re.compile(r"\s*(?:[\u3400-\u4dbf\u4e00-\u9fff]|[^\s\u3400-\u4dbf\u4e00-\u9fff]{1,20})")
_STEP = 20  # a step takes the 20th part of the words that are left
_LEAST = 16  # words; of fewer no text is left to be judged

# A row's id ends with its view's name without the dataset, and with the number of the turn that it asks about:
# "esconv/train/7#act-inference-3", or for its second emotion "ecpe/train/7#cause-0.2". Where there is no number the
# request itself says what it asks about: every phrasing
# about a last turn, and every one about a single text, has one of these words, and no other phrasing has.
_ASKS = re.compile(
    r"#(?:[^#]*?-)??(cause|classification|instruction-generation|generation|persona-inference|inference)(-[\d.]+)?(?:~\d+)?$"
)
_LAST_TURN = re.compile(r"\blast\b|\bfinal\b|\bthe end of\b|最后")
_TEXT = re.compile(r"\btext\b|文字")


def cut_of(id: str, instruction: str) -> Cut:
    """How a row of the instruction set is cut."""
    if not instruction:
        return without_oldest_exchange
    asks, turn = match.groups() if (match := _ASKS.search(id)) else ("", None)
    if asks == "instruction-generation":
        return whole
    if asks == "cause":
        return without_oldest_but_causes
    # Who somebody is shows in the reply that was made to fit it, the last turn.
    if turn or asks not in ("classification", "inference") or _LAST_TURN.search(instruction):
        return without_oldest
    return without_middle if asks == "classification" and _TEXT.search(instruction) else without_newest


def whole(instruction: str, messages: Messages) -> None:
    """Nothing may go."""


def without_oldest(instruction: str, messages: Messages) -> Messages | None:
    """The chat without the oldest line of its history; None when only the request and one line are left."""
    first, *rest = messages
    line, newline, later = _told(instruction, first).partition("\n")
    if newline:
        return [_asked(instruction, later), *rest]
    if len(rest) == 1:
        return None
    if line:
        return [user(instruction), *rest]
    # The request stands alone and the assistant's oldest turn follows: that turn goes, and the user's next one joins.
    return [_asked(instruction, rest[1]["content"]), *rest[2:]]


def without_newest(instruction: str, messages: Messages) -> Messages | None:
    """The chat without the last line before the answer; None when there is one line."""
    first, *rest = messages
    earlier, newline, _ = _told(instruction, first).rpartition("\n")
    return [_asked(instruction, earlier), *rest] if newline else None


def without_middle(instruction: str, messages: Messages) -> Messages | None:
    """The chat with fewer words in the middle of its text; None when hardly any are left."""
    first, *rest = messages
    told = _told(instruction, first)
    head, gap, tail = told.partition(_GAP)
    before, after = _PIECE.findall(head), _PIECE.findall(tail)
    if not gap:
        before, after = before[: len(before) // 2], before[len(before) // 2 :]
    total = len(before) + len(after)
    if total <= _LEAST:
        return None
    left = total - max(1, total // _STEP)
    start = left // 2
    return [_asked(instruction, "".join(before[:start]) + _GAP + "".join(after[start - left :]).strip()), *rest]


def without_oldest_but_causes(instruction: str, messages: Messages) -> Messages | None:
    """As `without_oldest`; None as soon as words are gone that the answer quotes."""
    shorter = without_oldest(instruction, messages)
    if shorter is None:
        return None
    told = _told(instruction, shorter[0])
    return shorter if all(span in told for span in messages[-1]["content"].split("\n")) else None


def without_oldest_exchange(instruction: str, messages: Messages) -> Messages | None:
    """The chat without what the user said first and what was answered to it; None when that is all."""
    return messages[2:] if len(messages) > 2 else None


def _told(instruction: str, first: Mapping[str, str]) -> str:
    return first["content"].removeprefix(instruction).removeprefix("\n\n")


def _asked(instruction: str, told: str) -> Mapping[str, str]:
    return user(f"{instruction}\n\n{told}")
