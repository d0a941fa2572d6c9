"""The turns of a batch of examples as texts and as chats, whole columns at a time: ten times as fast as row by row.

turns    [{Tom, "Is it gone?"}, {Ruth, "I sold it."}], and Tom is to reply: "When?"
texts    "Tom: Is it gone?\\nRuth: I sold it."
chats    [{user, "Write the next turn."}, {assistant, "Is it gone?"}, {user, "I sold it."}, {assistant, "When?"}]

In a chat, what one speaker says in a row is one line, joined as a reply of several turns is (`schema.as_one`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pica.schema import as_one

_ROLES = pa.array(["user", "assistant"])


class Turns:
    """All turns of all rows, one after the other; each row has one at least.

    Args:
        column: list<struct<speaker, text, …>>.
        names: what a speaker is called who has a role instead of a name.
        says: what stands between the name and the text.
        language: of all rows.
    """

    def __init__(self, column: pa.ListArray, names: Mapping[str, str], says: str, language: str) -> None:
        turns = column.flatten()
        self.speaker, self.text = turns.field("speaker"), turns.field("text")
        self.counts = column.value_lengths().to_numpy()
        self.starts = _offsets(self.counts)[:-1]
        self.row = np.repeat(np.arange(len(self.counts)), self.counts)
        self._names, self._says, self._language = names, says, language
        self.line = self._lines(self.speaker, self.text)

    def texts(self, bare: bool) -> pa.StringArray:
        """A line a turn; with `bare`, a text that is a row's only turn stands without its speaker."""
        lines = _joined(self.line, self.counts)
        if not bare:
            return lines
        return pc.if_else(pa.array(self.counts == 1), self.text.take(pa.array(self.starts)), lines)

    def chats(self, request: pa.StringArray | None, speaker: pa.StringArray, answer: pa.StringArray) -> pa.ListArray:
        """The history as a chat: `speaker` is the assistant, everyone else the user, one role's turns merge.

        The request opens the first user message, since not every chat template has a system role. Without one, what the
        assistant said before the first user message goes. When there is more than one other speaker, their names stand
        before what they say.
        """
        own = pc.equal(self.speaker, speaker.take(pa.array(self.row))).to_numpy(zero_copy_only=False)
        if request is None:
            asked = np.cumsum(~own)
            heard = asked > (asked - ~own)[self.starts][self.row]
            return chats([(self.row[heard], own[heard], self.text.filter(pa.array(heard)))], answer)
        # A blank line sets it off from what the user says next.
        request = pc.if_else(pa.array(own[self.starts]), request, pc.binary_join_element_wise(request, "", "\n"))
        first, text = self._runs()
        named = ~own & self._several_others(own)[self.row]
        said = pc.if_else(pa.array(named[first]), self._lines(self.speaker.take(pa.array(first)), text), text)
        return chats([question(request), (self.row[first], own[first], said)], answer)

    def _lines(self, speaker: pa.StringArray, text: pa.StringArray) -> pa.StringArray:
        return pc.binary_join_element_wise(renamed(speaker, self._names), text, self._says)

    def _runs(self) -> tuple[np.ndarray, pa.StringArray]:
        """What one speaker says until another one speaks: the index of its first turn, and all of it as one text."""
        codes = self.speaker.dictionary_encode().indices.to_numpy()
        first = np.flatnonzero((np.diff(self.row, prepend=-1) != 0) | (np.diff(codes, prepend=-1) != 0))
        sizes = np.diff(first, append=len(codes))
        if len(first) == len(codes):
            return first, self.text
        texts = self.text.take(pa.array(first)).to_pylist()
        for run in np.flatnonzero(sizes > 1).tolist():
            said = self.text.slice(int(first[run]), int(sizes[run]))
            texts[run] = as_one(said.to_pylist(), self._language)
        return first, pa.array(texts, pa.string())

    def _several_others(self, own: np.ndarray) -> np.ndarray:
        """Of each row, whether more than one speaker is not the assistant."""
        codes = self.speaker.dictionary_encode().indices.to_numpy()
        lowest = np.minimum.reduceat(np.where(own, len(codes), codes), self.starts)
        highest = np.maximum.reduceat(np.where(own, -1, codes), self.starts)
        return lowest < highest


# The row, whether the assistant says it, and the text, of many things said.
Said = tuple[np.ndarray, np.ndarray, pa.StringArray]


def question(texts: pa.StringArray) -> Said:
    """What the user says, a text a row."""
    return np.arange(len(texts)), np.zeros(len(texts), bool), texts


def chats(said: Sequence[Said], answer: pa.StringArray) -> pa.ListArray:
    """list<struct<role, content>>: what is said in each row, neighbours of one role a line each in one message, and the
    answer as a message of its own. What one row says stands in the order of `said`."""
    rows, owns, texts = zip(*said, (np.arange(len(answer)), np.ones(len(answer), bool), answer), strict=True)
    order = np.argsort(np.concatenate(rows), kind="stable")
    row, own = np.concatenate(rows)[order], np.concatenate(owns)[order]
    opens = order >= len(order) - len(answer)  # an answer
    opens[0] = True
    opens[1:] |= (row[1:] != row[:-1]) | (own[1:] != own[:-1])
    counts = np.diff(np.flatnonzero(opens), append=len(order))
    content = _joined(pa.concat_arrays(texts).take(pa.array(order)), counts)
    role = _ROLES.take(pa.array(own[opens].astype(np.int8)))
    return lists({"role": role, "content": content}, np.bincount(row[opens], minlength=len(answer)))


def lists(columns: Mapping[str, pa.Array], counts: np.ndarray) -> pa.ListArray:
    """list<struct<…>> of these columns, so many a row."""
    return pa.ListArray.from_arrays(_offsets(counts), pa.StructArray.from_arrays(columns.values(), list(columns)))


def renamed(speakers: pa.StringArray, names: Mapping[str, str]) -> pa.StringArray:
    """Speakers by their names in the language."""
    coded = speakers.dictionary_encode()
    return pa.array([names.get(name, name) for name in coded.dictionary.to_pylist()], pa.string()).take(coded.indices)


def _joined(texts: pa.StringArray, counts: np.ndarray) -> pa.StringArray:
    """So many texts a row, each on its line, as one."""
    return pc.binary_join(pa.ListArray.from_arrays(_offsets(counts), texts), "\n")


def _offsets(counts: np.ndarray) -> np.ndarray:
    return np.concatenate(([0], np.cumsum(counts))).astype(np.int32)
