"""The four tasks beside the chat: from what is typed on the page to what it shows.

causes(asker, "emotion_stimulus-cause", "I cried because the cake burnt.", "sad", "en")
Causes(pieces=[("I cried because ", None), ("the cake burnt", "cause"), (".", None)], note="…", help="")

Each answer names its view with its training rows and its score, so that nobody takes an untrained one for more than it
is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pica.chat import asking, safety
from pica.chat.session import LONGEST_TOLD, tidied, written_in
from pica.chat.skills import trained_rows, view_scores
from pica.corpora import corpus, view_corpus, views
from pica.demo.talk import check
from pica.demo.words import LANGUAGES, scored, word
from pica.errors import ChatError
from pica.output import Description
from pica.schema import Turn

# Turns of a dialogue, each of which is a question where the emotion by turn is asked for.
MOST_TURNS = 60
_NAMED = re.compile(r"\s*([^\W\d][^:：]{0,19}?)\s*[:：]\s*(\S.*)")


@dataclass(frozen=True, slots=True)
class Shares:
    """A label with the probabilities of all; `note` says what was asked, `help` is shown where the text needs it."""

    label: str
    probabilities: Mapping[str, float]
    note: str
    help: str


@dataclass(frozen=True, slots=True)
class Turns:
    """Each turn with its emotion and the probability of that, and the probabilities of the last one."""

    rows: list[list[Any]]
    last: Mapping[str, float]
    note: str
    help: str


@dataclass(frozen=True, slots=True)
class Causes:
    """The text in pieces, those that are a cause marked as such."""

    pieces: list[tuple[str, str | None]]
    note: str
    help: str


@dataclass(frozen=True, slots=True)
class Inferred:
    """A label with probabilities, or free text; the other one is empty."""

    probabilities: Mapping[str, float]
    text: str
    note: str
    help: str


class Asker:
    """Asks one model the questions of a repository's views; visitors share it, and it keeps nothing of them.

    Args:
        model: as `asking.Model`.
        root: the repository, whose tables say which views are trained.
        history: turns before the one asked about, as in `reformat.history_turns`.
        country: whose help lines are shown first.
    """

    def __init__(self, model: asking.Model, root: Path, history: int, country: str = "") -> None:
        self.model, self.root, self.history, self.country = model, root, history, country

    @cached_property
    def rows(self) -> Mapping[str, int]:
        """View → training rows; empty where that is not known."""
        return trained_rows(self.root)

    @cached_property
    def scores(self) -> Mapping[str, str]:
        """View → "macro_f1 41.2"."""
        return view_scores(self.root)

    def known(self, task: str) -> list[str]:
        """The views of a task that were trained, those with more rows first; all, where none is known to be."""
        names = dict.fromkeys(view.name for language in LANGUAGES for view in asking.of_task(task, language))
        ranked = sorted(names, key=lambda name: -self.rows.get(name, 0))
        return [name for name in ranked if self.rows.get(name)] or ranked

    def first(self, task: str, language: str) -> str:
        """The view that is chosen by default: one of the language where there is one."""
        known = self.known(task)
        return next((name for name in known if language in _languages(name)), known[0])

    def note(self, view: str, language: str) -> str:
        """What was asked, and how well it is known."""
        rows = self.rows.get(view, 0)
        return word(
            language,
            "asked",
            view=view,
            language=", ".join(_languages(view)),
            rows=word(language, "rows", rows=rows) if rows else word(language, "no_rows"),
            score=scored(language, self.scores.get(view, "")),
        )

    def ask(self, view: str, inputs: Sequence[asking.Input]) -> list[asking.Answered]:
        """The view's question about each input, in the language of the view that is nearest to the text's."""
        return asking.ask_all(self.model, view, inputs, asking.language_of(inputs[-1], view))

    def help(self, text: str) -> str:
        """Where help is to be had, when a text speaks of harm; empty when it does not."""
        tier, language = safety.tier(safety.check(text).level), written_in(text)
        if tier == "stop":
            return safety.help_text(language, self.country)
        return safety.pointer(language, self.country) if tier == "point" else ""


def emotion(asker: Asker, view: str, text: str, language: str) -> Shares:
    """The emotion of a text.

    Raises:
        ChatError: it is empty or too long (as in the functions below).
    """
    check(text, language, asking.LONGEST)
    (answered,) = asker.ask(view, [_input([{"text": text}])])
    answer = answered.answer
    return Shares(answer.label, answer.probabilities, asker.note(view, language), asker.help(text))


def emotions(asker: Asker, view: str, text: str, language: str) -> Turns:
    """The emotion of each turn of a dialogue, or of a whole one where that is what the view asks."""
    turns = read_turns(text, language)
    ends = range(1, len(turns) + 1) if views()[view].of == "turn" else [len(turns)]
    windows = [turns[max(0, end - asker.history - 1) : end] for end in ends]
    found = [answered.answer for answered in asker.ask(view, [_input(window) for window in windows])]
    rows = [
        [
            end,
            turns[end - 1]["speaker"],
            turns[end - 1]["text"],
            answer.label,
            round(answer.probabilities[answer.label], 2),
        ]
        for end, answer in zip(ends, found, strict=True)
    ]
    return Turns(rows, found[-1].probabilities, asker.note(view, language), asker.help(text))


def causes(asker: Asker, view: str, text: str, feeling: str, language: str) -> Causes:
    """The words of a text or dialogue that are the cause of a feeling."""
    turns, feeling = read_turns(text, language), _entry(feeling, "which_emotion", language)
    if not feeling:
        raise ChatError(word(language, "no_emotion"))
    given = _input(turns, emotion=feeling)
    (answered,) = asker.ask(view, [given])
    spans = answered.to_row(given)["spans"]
    return Causes(_pieces(given.turns, spans, word(language, "cause")), asker.note(view, language), asker.help(text))


def background(asker: Asker, view: str, text: str, speaker: str, language: str) -> Inferred:
    """What a dialogue says of a speaker's background: an answer of a closed set, or free text."""
    speaker = _entry(speaker, "whose", language)
    turns = read_turns(text, language, speaker)
    speakers = dict.fromkeys(turn["speaker"] for turn in turns)
    if speaker and speaker not in speakers:
        raise ChatError(word(language, "not_speaking", speaker=speaker, speakers=", ".join(speakers)))
    (answered,) = asker.ask(view, [_input(turns, speaker=speaker)])
    note, help_lines, answer = asker.note(view, language), asker.help(text), answered.answer
    if not isinstance(answer, Description):
        return Inferred(answer.probabilities, "", note, help_lines)
    harm = safety.check(answer.text, reply=True).level != "none" and not help_lines
    told = safety.words(language)["held_back"] if harm else answer.text
    return Inferred({}, told if answer.finished else f"{told} {word(language, 'cut')}", note, help_lines)


def read_turns(text: str, language: str, speaker: str = "") -> list[dict[str, str]]:
    """The turns of a dialogue, one a line; a name and a colon open each line, or the speakers are A and B by turns.

    Args:
        speaker: who is asked about. Of a line alone, a colon makes a name only of theirs ("Note: …" is none).
    """
    check(text, language, asking.LONGEST)
    lines = [line for line in map(tidied, text.splitlines()) if line]
    if len(lines) > MOST_TURNS:
        raise ChatError(word(language, "too_many_turns", count=len(lines), most=MOST_TURNS))
    named = [_NAMED.fullmatch(line) for line in lines]
    if all(named) and (len(lines) > 1 or named[0][1] == speaker):
        return [{"speaker": match[1], "text": match[2]} for match in named]
    return [{"speaker": "AB"[number % 2], "text": line} for number, line in enumerate(lines)]


def _entry(said: str | None, label: str, language: str) -> str:
    """What stands in a box beside the text, tidied as texts are; empty where nothing does.

    Args:
        label: of the box, as words.yaml names it.

    Raises:
        ChatError: it is too long.
    """
    if len(said or "") > LONGEST_TOLD:
        entry = word(language, label)
        raise ChatError(word(language, "too_long_entry", entry=entry, length=len(said), most=LONGEST_TOLD))
    return tidied(said or "")


def feelings(view: str) -> list[str]:
    """The emotions whose cause a view asks for, in the words of its prompts."""
    native = corpus(view_corpus(view)).emotions
    relabel = views()[view].relabel
    return list(dict.fromkeys(relabel.get(label, label) for label in native if not relabel or label in relabel))


def _languages(view: str) -> tuple[str, ...]:
    return tuple(corpus(view_corpus(view)).languages)


def _input(turns: Sequence[Mapping[str, str]], **told: str) -> asking.Input:
    return asking.read_input(json.dumps({"turns": list(turns), **told}), "text")


def _pieces(turns: Sequence[Turn], spans: Sequence[Mapping[str, Any]], cause: str) -> list[tuple[str, str | None]]:
    pieces: list[tuple[str, str | None]] = []
    for number, turn in enumerate(turns):
        start = 0
        if len(turns) > 1:
            pieces.append((f"{turn.speaker}: ", None))
        for span in (span for span in spans if span["turn"] == number):
            begin = max(start, span["start"])
            if span["end"] > begin:
                pieces += [(turn.text[start:begin], None), (turn.text[begin : span["end"]], cause)]
                start = span["end"]
        pieces.append((turn.text[start:] + ("\n" if number < len(turns) - 1 else ""), None))
    return [piece for piece in pieces if piece[0]]
