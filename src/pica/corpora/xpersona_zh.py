"""XPersona, Chinese part: small talk of PersonaChat in Chinese, translated by machine and mended by hand.

Three JSON files, each one array on one line, UTF-8, not escaped:

    [{"persona": ["我养了三只乌龟。", "我在邮局上班。", "我怕高 。", "我喜欢下雨天。"],
      "dialogue": [["你好，今天忙吗？", "还好，刚从邮局下班。你呢 ？"], ["我去爬山了。", "我可不行，我怕高。"]]}]

A pair is what the first speaker (甲) says and what the second (乙) answers; the persona is the second one's. Blanks
before and after Chinese punctuation marks go.

The training file is too large for the mirror (it is pinned by its Git blob). Without it in the folder, what upstream
has for validation is for training, but for a tenth of it, by persona. In either case a row whose persona the test set
has, too, is for validation.

The dialogues stand in English in PersonaMinEdit. No id tells which: of the replies that PersonaMinEdit's `valid.json`
and `test.json` have, 856 of 1,363 and 177 of 1,351 stand in the English side of XPersona's test set, 14 and 11 in that
of its validation set. So where both datasets are used, no row of the first file is trained on (`holds_out`). The other
way round those 14 and 11 are all that may be trained on in Chinese, and only where the training file is missing.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from pathlib import Path
from typing import Any

from pica.corpora import native
from pica.corpora.corpus import Corpus, File, View, split_by_group
from pica.schema import Conversation, Persona, Split, Turn

_URL = "https://raw.githubusercontent.com/HLTCHKUST/Xpersona/1da049a1bbf3b01548f98cc23ba75ef871416e50/dataset"

_TRAIN = "Zh_persona_train_corrected.json"
_VALID = "Zh_persona_split_valid_human_annotated.json"
_TEST = "Zh_persona_split_test_human_annotated.json"

_BLANKS = re.compile(r"\s+(?=[，。？！、；：”）》])|(?<=[，。？！、；：“（《])\s+")

_Row = tuple[native.At, Any]


def read(folder: Path) -> Iterator[Conversation]:
    """One conversation a dialogue; its id is the file and the row, from 0."""
    held = {frozenset(_persona(at, row)) for at, row in native.json_items(folder / _TEST)}
    if (folder / _TRAIN).exists():
        yield from _dialogues(folder / _TRAIN, "train", held, 0.0)
        yield from _dialogues(folder / _VALID, "valid", held, 1.0)
    else:
        yield from _dialogues(folder / _VALID, "valid", held, 0.1)
    for number, (at, row) in enumerate(native.json_items(folder / _TEST)):
        yield _conversation(at, row, "test", f"test-{number}")


def _dialogues(path: Path, name: str, held: Container[frozenset[str]], validation: float) -> Iterator[Conversation]:
    """The dialogues of a file, of which a share is for validation."""
    for number, (at, row) in enumerate(native.json_items(path)):
        persona = frozenset(_persona(at, row))
        drawn = split_by_group(f"xpersona_zh/{'|'.join(sorted(persona))}", validation, test=0)
        yield _conversation(at, row, "validation" if persona in held else drawn, f"{name}-{number}")


def _persona(at: native.At, row: Any) -> tuple[str, ...]:
    sentences = at.field(row, "persona", list)
    if not sentences:
        at.fail("a dialogue without a persona")
    return tuple(_said(at, sentence, "persona") for sentence in sentences)


def _conversation(at: native.At, row: Any, split: Split, key: str) -> Conversation:
    pairs = at.field(row, "dialogue", list)
    if not pairs or not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
        at.fail("'dialogue' should be a list of pairs")
    turns = tuple(
        Turn("甲乙"[place], _said(at, text, "utterance")) for pair in pairs for place, text in enumerate(pair)
    )
    personas = tuple(Persona("乙", sentence) for sentence in _persona(at, row))
    return Conversation(f"xpersona_zh/{split}/{key}", "xpersona_zh", split, "zh", turns, personas=personas)


def _said(at: native.At, value: Any, what: str) -> str:
    if not isinstance(value, str):
        at.fail(f"expected a text as {what}, found {value!r:.60}")
    return at.text(_BLANKS.sub("", value), what)


def _file(name: str, sha256: str = "", size: int = 0, git_blob: str = "") -> File:
    return File(name, f"{_URL}/{name}", sha256, size, git_blob=git_blob)


CORPUS = Corpus(
    name="xpersona_zh",
    title="XPersona: evaluating multilingual personalized chatbot (Chinese)",
    homepage="https://github.com/HLTCHKUST/Xpersona",
    citation=(
        "Lin, Liu, Winata, Cahyawijaya, Madotto, Bang, Ishii, Fung. XPersona: Evaluating Multilingual Personalized "
        "Chatbot. NLP4ConvAI at EMNLP 2021, 102-112"
    ),
    licence="MIT",
    commercial=True,
    redistributable=True,
    personal=False,
    languages=("zh",),
    read=read,
    views=(
        View(
            "xpersona_zh-generation",
            "dialogue_generation",
            2000,
            asks="reply",
            controls=("persona",),
            speaker="乙",
        ),
        View(
            "xpersona_zh-persona-inference",
            "dialogue_inference",
            2000,
            asks="persona",
            of="conversation",
            speaker="乙",
        ),
    ),
    files=(
        _file(_TRAIN, git_blob="6a214a02ee2410b39527d95c35760489ff3e8315"),
        _file(_VALID, "cfa90117d73fe294a1b776b2d1c7b53711bfcd724f5833204726c910dad5482d", 227265),
        _file(_TEST, "0767a4a27c765277792597502f57ea8bb80bf7be94613b0d833107f66a7d3512", 226220),
    ),
    holds_out={"personaminedit": r"valid-.*"},
)
