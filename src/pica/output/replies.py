"""A reply, read while it is written: whole sentences come out, without role tags and loops, and reading ends with a
reason.

    reader = ReplyReader()
    reader.feed("supporter: That must be ")     []
    reader.feed("hard. I hear you. user: Yes")  ["That must be hard. ", "I hear you. "], and reader.stopped is "role"
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from pica.output.sentences import split_sentences

# end: the model ended it. length: it had no more tokens. role: it began to speak for somebody else. loop: it said the
# same again. marks: it wrote what a chat template opens or closes a turn with.
Stopped = Literal["end", "length", "role", "loop", "marks"]

# Who speaks in chats and in the prompts of training, whatever stands before the colon.
ROLES = (
    *("assistant", "user", "human", "ai", "bot", "system", "seeker", "supporter", "client", "counselor", "counsellor"),
    *("therapist", "speaker", "listener", "writer", "you", "a", "b"),
    *(
        "用户",
        "助手",
        "系统",
        "求助者",
        "支持者",
        "来访者",
        "咨询师",
        "倾诉者",
        "倾听者",
        "作者",
        "心理咨询师",
        "机器人",
    ),
)
_TAG = re.compile(rf"[*\[【]*(?:the |你是)?(?:{'|'.join(ROLES)})[*\]】]*\s*[:：][*]*\s*", re.IGNORECASE)
# In a line, only those who are named by their role; "you:" and "a:" are ordinary words there.
_INSIDE = re.compile(
    rf"(?<=[.!?。！？”\"])\s*\b(?:the )?(?:{'|'.join(role for role in ROLES[:16] if len(role) > 3)})\s*[:：]"
    rf"|(?<=[.!?。！？”\"])\s*(?:{'|'.join(role for role in ROLES if not role.isascii())})\s*[:：]",
    re.IGNORECASE,
)
_MARKS = re.compile(
    r"<\|[^|<>\s.!?。！？…]{1,40}\|>|</?s>|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>"
    r"|^#{2,} ?(?:instruction|input|response)",
    re.I | re.M,
)
# Four times the same inside a sentence, one after the other.
_RUN = re.compile(r"([^.!?。！？…\n]{4,80}?)(?:[^\S\n]*\1){3,}")
_LETTERS = re.compile(r"[\W_]+")
_COMMA = re.compile(r"[,;:，；：]\s*(?:(?:and|but|so|because)\b)?", re.IGNORECASE)
# A sentence of fewer letters may well be said twice ("Yes."), though not for ever.
_SHORT, _OFTEN = 6, 3


@dataclass(frozen=True, slots=True)
class Reply:
    """What is shown of a reply, and why it ends there."""

    text: str
    stopped: Stopped


class ReplyReader:
    """Reads one reply piece by piece.

    Args:
        said: earlier replies, of which no question is asked again, and no sentence of some length said again.
        heard: what the other one said, and what is known of it: a sentence of it, or the end of one from a comma on, is
            no reply. The same words inside another sentence are not that sentence.
    """

    def __init__(self, said: Iterable[str] = (), heard: Iterable[str] = ()) -> None:
        self.stopped: Stopped | None = None
        # What was given out last: a tag after it may stand on a line of its own, or after a sentence.
        self._before, self._rest, self._opened = "", "", False
        before = [sentence for reply in said for sentence in split_sentences(reply)]
        self._said = {key for s in before if (key := _key(s)) and (_is_question(s) or not _is_short(key))}
        self._heard = {_key(end) for text in heard for sentence in split_sentences(text) for end in _ends(sentence)}
        self._own: Counter[str] = Counter()

    def feed(self, piece: str) -> list[str]:
        """The sentences that are whole with this piece."""
        if self.stopped:
            return []
        self._rest += piece
        self._cut()
        *whole, last = split_sentences(self._rest) or [""]
        if self.stopped:
            whole, last = [*whole, last], ""
        self._rest = last
        return self._new(whole)

    def close(self, finished: bool) -> list[str]:
        """What is left when the model has no more to say; `finished` tells whether it ended by itself."""
        whole = [] if self.stopped else self._new([self._rest] if self._rest.strip() else [])
        self._rest = ""
        self.stopped = self.stopped or ("end" if finished else "length")
        return whole

    def _cut(self) -> None:
        """Take the own tag from the beginning; end before another one, a mark, or the second round of a loop."""
        if not self._opened:
            self._rest = self._rest.lstrip()
            while tag := _TAG.match(self._rest):
                self._rest = self._rest[tag.end() :]
            self._opened = bool(self._rest.strip()) and (len(self._rest) > 24 or len(split_sentences(self._rest)) > 1)
        text = self._before + self._rest
        ends: list[tuple[int, Stopped]] = []
        if mark := _MARKS.search(text):
            ends.append((mark.start(), "marks"))
        if run := _RUN.search(text):
            ends.append((run.end(1), "loop"))
        lines = [match.end() for match in re.finditer(r"\n\s*", text)]
        ends += [(start, "role") for start in lines if _TAG.match(text, start)]
        if inside := _INSIDE.search(text):
            ends.append((inside.start(), "role"))
        if ends:
            end, self.stopped = min(ends)
            self._rest = self._rest[: max(0, end - len(self._before))]

    def _new(self, sentences: Iterable[str]) -> list[str]:
        """Those that are new: one of earlier replies, or of the other one, is left out, one of this reply ends it."""
        new = []
        for sentence in sentences:
            key = _key(sentence)
            if sentence.strip() and self._own[key] >= (_OFTEN if _is_short(key) else 1):
                self.stopped = "loop"
                break
            if key in self._said or (not _is_short(key) and key in self._heard):
                continue
            self._own[key] += 1
            new.append(sentence)
            self._before = sentence[-8:]
        return new


def read_reply(text: str, finished: bool, said: Iterable[str] = ()) -> Reply:
    """A whole reply at once.

    Args:
        finished: whether the model ended it by itself.
    """
    reader = ReplyReader(said)
    sentences = [*reader.feed(text), *reader.close(finished)]
    return Reply("".join(sentences).strip(), reader.stopped)


def _key(sentence: str) -> str:
    """A sentence without blanks, marks and case."""
    return _LETTERS.sub("", unicodedata.normalize("NFKC", sentence).casefold())


def _ends(sentence: str) -> list[str]:
    """A sentence, and what is left of it after each comma."""
    return [sentence, *(sentence[comma.end() :] for comma in _COMMA.finditer(sentence))]


def _is_short(key: str) -> bool:
    return len(key) < _SHORT


def _is_question(sentence: str) -> bool:
    return any(mark in sentence for mark in "?？")
