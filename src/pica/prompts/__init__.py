"""Example → Instruction: the one render function that training, evaluation and chat share.

The words are Jinja files, one phrasing a line, in `en/` and `zh/`; which phrasing an example gets is a hash of its id,
so it stays the same when rows are added.

    render(example).messages
    [{"role": "user", "content": "Which emotion does this text express? …\\n\\nThe bread burnt again."},
     {"role": "assistant", "content": "annoyance"}]
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import dropwhile

import yaml
from jinja2 import Environment, FunctionLoader, StrictUndefined, Template

from pica.corpora import View, views
from pica.schema import Example, Instruction, Turn


def render(example: Example) -> Instruction:
    """An example in words."""
    view = views()[example.view]
    instruction = _instruction(example, view)
    text = _input(example, view)
    question = _chat(example, instruction) if example.task == "dialogue_generation" else (_user(instruction, text),)
    return Instruction(
        task_type=example.task,
        dataset=example.corpus,
        instruction=instruction,
        instances=({"input": text, "output": example.answer},),
        is_classification=bool(example.candidates),
        name=example.view,
        id=example.id,
        split=example.split,
        language=example.language,
        messages=(*question, {"role": "assistant", "content": example.answer}),
        candidates=example.candidates,
    )


def phrasings(language: str, task: str, asks: str) -> tuple[Template, ...]:
    """The phrasings of a question: those for just what is asked where there are such, else the task's."""
    special = _lines(language, f"{task}.{asks}.jinja")
    return special or _lines(language, f"{task}.jinja")


def _instruction(example: Example, view: View) -> str:
    if view.asks == "chat":
        return ""
    words = _words(example.language)
    choices = phrasings(example.language, view.task, view.asks)
    digest = hashlib.sha256(example.id.encode()).digest()
    given = {
        "choices": words["choices"].join(example.candidates),
        "noun": words["nouns"].get(view.asks, view.asks),
        "speaker": _name(example.speaker, example.language),
        "dialogue": len(example.turns) > 1,
        "of_turn": view.of == "turn",
        "emotion": example.emotion,
    }
    if example.task == "dialogue_generation":
        given["controls"] = (
            _environment()
            .get_template(f"{example.language}/controls.jinja")
            .render(
                controls=view.controls,
                speaker=given["speaker"],
                emotion=example.emotion,
                act=example.act,
                situation=example.situation,
                personas=example.personas,
            )
        )
    return choices[int.from_bytes(digest[:8], "big") % len(choices)].render(given)


def _input(example: Example, view: View) -> str:
    """The text itself, or the dialogue with a line a turn."""
    if len(example.turns) == 1 and view.task in ("text_emotion", "emotion_cause"):
        return example.turns[0].text
    return "\n".join(_line(turn, example.language) for turn in example.turns)


def _chat(example: Example, instruction: str) -> tuple[Mapping[str, str], ...]:
    """The history as a chat: the reply's speaker is the assistant, everyone else the user, one role's turns merge.

    The request opens the first user message, since not every chat template has a system role. When there is more than
    one other speaker, their names stand before what they say.
    """
    others = {turn.speaker for turn in example.turns} - {example.speaker}
    messages = [{"role": "user", "content": instruction}] if instruction else []
    joint = "\n\n"
    # Without a request, what the assistant said first stands before the chat's first message, and goes.
    turns = example.turns if instruction else dropwhile(lambda turn: turn.speaker == example.speaker, example.turns)
    for turn in turns:
        role = "assistant" if turn.speaker == example.speaker else "user"
        text = _line(turn, example.language) if role == "user" and len(others) > 1 else turn.text
        if messages and role == messages[-1]["role"]:
            messages[-1]["content"] += joint + text
        else:
            messages.append({"role": role, "content": text})
        joint = "\n"
    return tuple(messages)


def _user(instruction: str, text: str) -> Mapping[str, str]:
    return {"role": "user", "content": f"{instruction}\n\n{text}"}


def _line(turn: Turn, language: str) -> str:
    return _words(language)["turn"].format(speaker=_name(turn.speaker, language), text=turn.text)


def _name(speaker: str, language: str) -> str:
    return _words(language)["speakers"].get(speaker, speaker)


@cache
def _words(language: str) -> Mapping[str, Mapping[str, str]]:
    return yaml.safe_load((files("pica.prompts") / language / "words.yaml").read_text(encoding="utf-8"))


@cache
def _lines(language: str, name: str) -> Sequence[Template]:
    path = files("pica.prompts") / language / name
    if not path.is_file():
        return ()
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("{#")]
    return tuple(_environment().from_string(line) for line in lines)


@cache
def _environment() -> Environment:
    def source(name: str) -> str:
        return (files("pica.prompts") / name).read_text(encoding="utf-8")

    # Prompts are plain text for a model, not HTML, so nothing is escaped; an unknown name is a mistake, not a blank.
    return Environment(loader=FunctionLoader(source), undefined=StrictUndefined, keep_trailing_newline=False)
