"""One question to many inputs: the five tasks outside a chat, as `pica ask` and the page have them.

task      what stands in an input                                what comes back
text_emotion, dialogue_emotion   text, or turns                  output.LabelAnswer
emotion_cause                    text, or turns; emotion         output.Causes, with the emotion
dialogue_generation              turns; situation, persona, …    output.Reply
dialogue_inference               turns                           output.LabelAnswer or output.Description

ask_all(model, view, [Input(turns=(Turn("A", "I failed."),))], "en")
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import accumulate
from typing import Any, Protocol

from pica.chat import safety
from pica.chat.session import check_text, checked_told, tidied, written_in
from pica.corpora import View, corpus, view_corpus, views
from pica.errors import ChatError
from pica.output import Causes, Description, LabelAnswer, Reply, find_causes, read_reply
from pica.prompts import render
from pica.schema import Conversation, Instruction, Turn
from pica.tasks.example import build

# Characters of an input: what is longer is no text of the kind that the tasks are about.
LONGEST = 20_000
# Tokens of a free answer.
ROOM = {"dialogue_generation": 80, "dialogue_inference": 60}


class Model(Protocol):
    """What answers many questions at once; `inference.live.LiveModel` is one."""

    def probabilities_of_all(self, questions: Sequence[Instruction]) -> list[Mapping[str, float]]: ...

    def describe_all(self, questions: Sequence[Instruction], max_new_tokens: int) -> list[Any]: ...

    def quote_all(self, questions: Sequence[Instruction], lines: Sequence[Sequence[str]]) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class Input:
    """What a question is about: turns (a text is one turn), and what a prompt may be told."""

    turns: tuple[Turn, ...]
    speaker: str = ""
    emotion: str = ""
    act: str = ""
    situation: str = ""
    persona: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer, whose question it is, and the emotion that was asked about where that is part of the question."""

    view: str
    answer: LabelAnswer | Causes | Description | Reply
    emotion: str = ""
    held_back: bool = False

    def to_row(self, asked: Input) -> dict[str, Any]:
        """The answer as JSON has it; spans of a dialogue say in which turn they stand, counted from 0."""
        row: dict[str, Any] = {"view": self.view, **asdict(self.answer)}
        if isinstance(self.answer, LabelAnswer):
            row["probabilities"] = {label: round(share, 4) for label, share in self.answer.probabilities.items()}
        if self.emotion:
            row["emotion"] = self.emotion
        if isinstance(self.answer, Causes):
            row["spans"] = [_in_turn(span, asked.turns) for span in row["spans"]]
        if isinstance(self.answer, Reply):
            row["held_back"] = self.held_back
        return {key: value for key, value in row.items() if value is not None}


def check(view: str, inputs: Sequence[Input]) -> None:
    """Whether the view's question can be put to each input, before a model is loaded.

    Raises:
        ChatError: a cause is asked for without an emotion, or somebody is asked about who says nothing.
    """
    task = views()[view].task
    for number, given in enumerate(inputs, 1):
        if task == "emotion_cause" and not given.emotion:
            raise ChatError(
                f'input {number}: a cause is asked for with its emotion: {{"text": "…", "emotion": "sadness"}}.'
            )
        speakers = list(dict.fromkeys(turn.speaker for turn in given.turns))
        # Of a reply it is who is to say it, and that may be anybody.
        if task == "dialogue_inference" and given.speaker and given.speaker not in speakers:
            raise ChatError(
                f"input {number}: {given.speaker} says nothing there. Ask about one of {', '.join(speakers)}."
            )


def ask_all(model: Model, view: str, inputs: Sequence[Input], language: str) -> list[Answered]:
    """The view's question about each input, in batches.

    Raises:
        ChatError: as `check`, or a text in which a cause is looked for is too long for the model.
    """
    check(view, inputs)
    questions = [_question(views()[view], given, language) for given in inputs]
    if questions and questions[0].candidates:
        shares = model.probabilities_of_all(questions)
        return [Answered(view, LabelAnswer(max(share, key=share.get), share)) for share in shares]
    task = views()[view].task
    if task == "emotion_cause":
        quoted = model.quote_all(questions, [[turn.text for turn in given.turns] for given in inputs])
        return [Answered(view, _causes(text, given), given.emotion) for given, text in zip(inputs, quoted, strict=True)]
    told = model.describe_all(questions, ROOM[task])
    return [_read(view, given, text) for given, text in zip(inputs, told, strict=True)]


def _causes(quoted: str, given: Input) -> Causes:
    return find_causes(quoted, "\n".join(turn.text for turn in given.turns))


def _read(view: str, given: Input, told: Any) -> Answered:
    task = views()[view].task
    if task == "dialogue_generation":
        reply = read_reply(told.text, told.finished)
        held = safety.check(reply.text, reply=True).level != "none"
        return Answered(view, replace(reply, text="") if held else reply, held_back=held)
    return Answered(view, Description(told.text.strip(), told.finished))


def _question(view: View, given: Input, language: str) -> Instruction:
    turns = given.turns
    speaker = given.speaker or (view.speaker if view.task == "dialogue_generation" else "") or turns[-1].speaker
    if view.task == "dialogue_generation" and speaker == turns[-1].speaker:
        speaker = next((turn.speaker for turn in reversed(turns) if turn.speaker != turns[-1].speaker), "B")
    about = f"{view_corpus(view.name)}/ask/1"
    chat = Conversation(about, view_corpus(view.name), "test", language, turns)
    labels = bool(view.labels) and view.of == "turn" and view.task != "text_emotion"
    asked = "0" if labels or view.task in ("emotion_cause", "dialogue_generation") else ""
    controls = {"emotion": given.emotion or None, "act": given.act or None, "situation": given.situation or None}
    example = build(
        chat,
        view if not view.groups else replace(view, groups={}),
        asked,
        turns,
        speaker,
        "",
        **controls,
        personas=given.persona,
    )
    return render(example)


def read_input(line: str, place: str, names: tuple[str, str] = ("A", "B")) -> Input:
    """An input from a line: JSON with `text` or `turns`, else the line itself as a text.

    Args:
        place: of the line, for messages: "stdin, line 3".
        names: what the speakers of turns without a name are called, in turn.

    Raises:
        ChatError: it is empty, too long, or JSON of another shape.
    """
    if not line.lstrip().startswith("{"):
        return _checked(Input((Turn(names[0], _text(line, "text", place)),)), place)
    try:
        row = json.loads(line)
    # A number of thousands of digits, nesting a thousand deep.
    except (ValueError, RecursionError) as error:
        raise ChatError(f'{place}: not JSON ({error}). Write {{"text": "…"}}, or the text itself.') from None
    unknown = row.keys() - {"text", "turns", "speaker", "emotion", "act", "situation", "persona"}
    if unknown:
        raise ChatError(
            f"{place}: unknown key {sorted(unknown)[0]}. Known: text or turns, and speaker, "
            "emotion, act, situation, persona."
        )
    if ("text" in row) == ("turns" in row):
        raise ChatError(f"{place}: give either text or turns.")
    given, facts = [row["text"]] if "text" in row else row["turns"], row.get("persona", [])
    if not isinstance(given, list) or not isinstance(facts, list):
        raise ChatError(f"{place}: turns and persona are lists.")
    turns = tuple(_turn(turn, names[number % 2], place) for number, turn in enumerate(given))
    told = {name: _told(row[name], name, place) for name in ("speaker", "emotion", "act", "situation") if name in row}
    persona = tuple(_told(fact, "persona", place) for fact in facts)
    return _checked(Input(turns, persona=persona, **told), place)


def _turn(turn: Any, name: str, place: str) -> Turn:
    if isinstance(turn, Mapping):
        return Turn(_told(turn.get("speaker", name), "speaker", place), _text(turn.get("text"), "text", place))
    return Turn(name, _text(turn, "text", place))


def _told(value: Any, key: str, place: str) -> str:
    return checked_told(_text(value, key, place), f"{place}: {key}")


def _text(value: Any, key: str, place: str) -> str:
    if not isinstance(value, str):
        raise ChatError(f"{place}: {key} should be a text, found {value!r}.")
    check_text(value, f"{place}: {key}")
    return value.strip()


def _checked(given: Input, place: str) -> Input:
    length = sum(len(turn.text) for turn in given.turns)
    if length > LONGEST:
        raise ChatError(f"{place}: {length:,} characters, and at most {LONGEST:,} are read. Shorten it.")
    turns = tuple(Turn(turn.speaker, tidied(turn.text)) for turn in given.turns)
    if not turns or not all(turn.text for turn in turns):
        raise ChatError(f"{place}: a text is empty.")
    return replace(given, turns=turns)


def choose_view(task: str, language: str, rows: Mapping[str, int]) -> str:
    """The view of a task in a language with the most training rows, or any where none was trained.

    Raises:
        ChatError: the catalogue has none.
    """
    known = [view.name for view in of_task(task, language)]
    if not known:
        raise ChatError(f"no dataset has {task} in '{language}'.")
    return max(known, key=lambda name: rows.get(name, 0))


def language_of(given: Input, view: str | None = None) -> str:
    """The language in which an input is asked about: that of its letters, or, where the view has it not, the view's."""
    written = written_in(" ".join(turn.text for turn in given.turns))
    spoken = corpus(view_corpus(view)).languages if view in views() else (written,)
    return written if written in spoken else spoken[0]


def of_task(task: str, language: str) -> Iterator[View]:
    """The views of a task that are asked of what a user gives, in a language."""
    for view in views().values():
        if view.task == task and view.asks != "chat" and language in corpus(view_corpus(view.name)).languages:
            yield view


def _in_turn(span: Mapping[str, Any], turns: Sequence[Turn]) -> dict[str, Any]:
    """A span of the joined turns as one of a turn."""
    starts = [0, *accumulate(len(turn.text) + 1 for turn in turns)]
    turn = max(i for i in range(len(turns)) if starts[i] <= span["start"])
    return {
        "turn": turn,
        "start": span["start"] - starts[turn],
        "end": span["end"] - starts[turn],
        "text": span["text"],
    }
