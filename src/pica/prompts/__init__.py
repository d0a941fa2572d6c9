"""Example → Instruction: the one render function that training, evaluation and chat share.

The words are Jinja files, one phrasing a line, in `en/` and `zh/`; texts in other languages are asked about in English.
Which phrasing an example gets is a hash of its id, so it stays the same when rows are added.

    render(example).messages
    [{"role": "user", "content": "Which emotion does this text express? …\\n\\nThe bread burnt again."},
     {"role": "assistant", "content": "annoyance"}]
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache, partial
from importlib.resources import files

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import yaml
from jinja2 import Environment, FunctionLoader, StrictUndefined, Template

from pica.corpora import View, views
from pica.prompts.turns import Turns, chats, lists, question, renamed
from pica.schema import EXAMPLE, INSTRUCTION, LABEL_SEPARATOR, Example, Instruction
from pica.store import batch_of, rows_of

# Wordings come back with every example of the same speaker, labels and controls; so many are kept.
_KEPT = 20_000


def render(example: Example) -> Instruction:
    """An example in words."""
    (row,) = rows_of(render_batch(batch_of([example], EXAMPLE)))
    return Instruction.from_row(row)


def render_batch(examples: pa.RecordBatch) -> pa.RecordBatch:
    """Examples of one view, one at least, in words: rows of EXAMPLE give rows of INSTRUCTION, in the same order."""
    spoken = examples["language"]
    rows = [np.flatnonzero(pc.equal(spoken, language)) for language in spoken.unique()]
    if len(rows) == 1:
        return _in_words(examples)
    rendered = pa.concat_batches([_in_words(examples.take(pa.array(chosen))) for chosen in rows])
    return rendered.take(pa.array(np.argsort(np.concatenate(rows))))


def prompt_language(language: str) -> str:
    """The language of the prompts for texts in a language."""
    return language if (files("pica.prompts") / language / "words.yaml").is_file() else "en"


def phrasings(language: str, task: str, asks: str) -> tuple[Template, ...]:
    """The phrasings of a question: those for just what is asked where there are such, else the task's."""
    special = _lines(language, f"{task}.{asks}.jinja")
    return special or _lines(language, f"{task}.jinja")


def _in_words(examples: pa.RecordBatch) -> pa.RecordBatch:
    """Examples of one view in one language."""
    view, language = views()[examples["view"][0].as_py()], prompt_language(examples["language"][0].as_py())
    words = _words(language)
    turns = Turns(examples["turns"], words["speakers"], words["says"], language)
    text = turns.texts(bare=view.task in ("text_emotion", "emotion_cause") or view.asks == "instruction")
    instruction = _instructions(examples, turns, view, language)
    answer = examples["answer"]
    if view.asks == "instruction":
        instruction, text, messages = _as_instructed(examples["instruction"], text, answer)
    elif view.task == "dialogue_generation":
        messages = turns.chats(None if view.asks == "chat" else instruction, examples["speaker"], answer)
    else:
        messages = chats([question(pc.binary_join_element_wise(instruction, text, "\n\n"))], answer)
    columns = {
        "task_type": examples["task"],
        "dataset": examples["corpus"],
        "instruction": instruction,
        "instances": lists({"input": text, "output": answer}, np.ones(len(text), int)),
        "is_classification": pc.greater(pc.list_value_length(examples["candidates"]), 0),
        "name": examples["view"],
        "messages": messages,
    }
    columns |= {name: examples[name] for name in ("id", "split", "language", "candidates")}
    return pa.record_batch([columns[name] for name in INSTRUCTION.names], schema=INSTRUCTION)


def _as_instructed(own: pa.StringArray, said: pa.StringArray, answer: pa.StringArray):
    """Instruction, input and chat of data that asks by itself; what is said is the question where there is no other."""
    instruction = pc.coalesce(own, said)
    text = pc.if_else(pc.is_valid(own), said, "")
    asked = pc.if_else(pc.is_valid(own), pc.binary_join_element_wise(instruction, text, "\n\n"), instruction)
    return instruction, text, chats([question(asked)], answer)


def _instructions(examples: pa.RecordBatch, turns: Turns, view: View, language: str) -> pa.StringArray:
    """What is asked of each example."""
    if view.asks in ("chat", "instruction"):
        return pa.array([""] * len(examples), pa.string())
    words = _words(language)
    speaker = renamed(examples["speaker"], words["speakers"])
    requests = _once_each(
        partial(_request, view.name, language),
        _phrasings(examples["id"], len(phrasings(language, view.task, view.asks))),
        _choices(examples["candidates"], words),
        speaker,
        pa.array(turns.counts > 1),
        examples["emotion"],
    )
    if not view.controls:
        return requests
    given = (column.to_pylist() for column in (speaker, *map(examples.column, ("emotion", "act", "situation"))))
    personas = map(tuple, examples["personas"].to_pylist())
    controls = map(partial(_controls, view.name, language), *given, personas)
    return pc.binary_join_element_wise(pa.array(controls, pa.string()), requests, "")


def _choices(candidates: pa.ListArray, words: Mapping[str, str]) -> pa.StringArray:
    """The labels to choose from, in one text; by another mark where one of them has the usual one in itself."""
    usual = pc.binary_join(candidates, words["choices"])
    marks = pc.count_substring(usual, words["choices"].strip())
    return pc.if_else(
        pc.less(marks, pc.list_value_length(candidates)), usual, pc.binary_join(candidates, words["choices_apart"])
    )


def _phrasings(ids: pa.StringArray, number: int) -> pa.Array:
    """Which phrasing each example gets."""
    digests = b"".join([hashlib.sha256(id.encode()).digest() for id in ids.to_pylist()])
    return pa.array(np.frombuffer(digests, ">u8")[::4] % number)


def _once_each(text: Callable[..., str], *columns: pa.Array) -> pa.StringArray:
    """`text` of the values of each row, called once for rows that are alike."""
    row = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        coded = column.dictionary_encode(null_encoding="encode")
        row = row * len(coded.dictionary) + coded.indices.to_numpy()
    _, first, which = np.unique(row, return_index=True, return_inverse=True)
    values = zip(*(column.take(pa.array(first)).to_pylist() for column in columns), strict=True)
    return pa.array([text(*row) for row in values], pa.string()).take(pa.array(which))


@lru_cache(_KEPT)
def _request(
    name: str, language: str, phrasing: int, choices: str, speaker: str, dialogue: bool, emotion: str | None
) -> str:
    view = views()[name]
    words = _words(language)
    return phrasings(language, view.task, view.asks)[phrasing].render(
        choices=choices,
        noun=words["nouns"].get(view.asks, view.asks),
        speaker=speaker,
        dialogue=dialogue,
        of_turn=view.of == "turn",
        emotion=emotion,
    )


@lru_cache(_KEPT)
def _controls(
    name: str,
    language: str,
    speaker: str,
    emotion: str | None,
    act: str | None,
    situation: str | None,
    personas: tuple[str, ...],
) -> str:
    words = _words(language)
    return (
        _environment()
        .get_template(f"{language}/controls.jinja")
        .render(
            controls=views()[name].controls,
            speaker=speaker,
            emotion=emotion and emotion.replace(LABEL_SEPARATOR, words["choices"]),
            act=act and act.replace(LABEL_SEPARATOR, words["then"]),
            situation=situation,
            personas=personas,
        )
    )


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
