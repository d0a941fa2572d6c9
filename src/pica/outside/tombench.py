"""ToMBench: theory of mind, 2,860 questions, each in Chinese and in English; here the five files about emotions.

JSON lines. Keys have two names, one a line; Chinese options open with their letter, English ones do not:

    {"能力\\nABILITY": "Emotion: Hidden emotions", "序号\\nINDEX": 3, "故事": "阿默输了棋，…", "问题": "阿默的感受是？",
     "选项A": "A. 高兴", …, "STORY": "Mo lost the match and …", "QUESTION": "What does Mo feel?", "OPTION-A": "Joy", …,
     "答案\\nANSWER": "B"}

Its file of unexpected outcomes has questions about beliefs, too: those are no emotions and are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pica.corpora import native
from pica.corpora.corpus import File
from pica.outside.published import OutsideSet
from pica.outside.question import MultipleChoice

_URL = "https://raw.githubusercontent.com/zhchen18/ToMBench/4f491f0784ed31ef93a8837615fbc48f885cf78d/data"
_FILES = {
    "Discrepant Emotions": ("100b7f05ba5b76aeaa8d2daf3897c90c6a4f08dc23b75a0dd87be0e82db11bf4", 27502),
    "Emotion Regulation": ("553d0ee61733cddfa3a9c531c3f7306c40929edc9f0e1e1dda7088ed8804c96c", 47505),
    "Hidden Emotions": ("57d0882eafddca8fb8d81148bf4291db0c5c6bbdd3a8ad5004c445d249b05124", 77644),
    "Moral Emotions": ("fac3eb293d2901b35274eab8244515b7e138e9cb3311037d5c4a0bda3810dd51", 94948),
    "Unexpected Outcome Test": ("f4ee872c98e17480272c40d5406a8eca31eed29b455f4155b9684328bf6dbf9c", 337138),
}
_LETTERS = "ABCD"
# Story, question and options in each language.
_KEYS = {"en": ("STORY", "QUESTION", "OPTION-{}"), "zh": ("故事", "问题", "选项{}")}
_LETTER = re.compile(r"^[A-D][.．、:：]\s*")


def read(folder: Path) -> Iterator[MultipleChoice]:
    """Each question about emotions, in English and then in Chinese."""
    for name in _FILES:
        for at, row in native.json_lines(folder / f"{name}.jsonl"):
            if at.field(row, "能力\nABILITY", str).startswith("Emotion:"):
                key = f"{name.lower().replace(' ', '_')}-{at.line}"
                yield from (_question(at, row, key, language) for language in _KEYS)


def _question(at: native.At, row: Any, key: str, language: str) -> MultipleChoice:
    story, question, option = _KEYS[language]
    answer = at.field(row, "答案\nANSWER", str).strip()
    if answer not in _LETTERS or len(answer) != 1:
        at.fail(f"expected one of the letters {_LETTERS} as answer, found {answer!r}")
    told = (at.field(row, option.format(letter), str) for letter in _LETTERS)
    return MultipleChoice(
        f"tombench/{language}/{key}",
        f"tombench-{language}",
        language,
        at.field(row, story, str).strip(),
        at.field(row, question, str).strip(),
        tuple(_LETTER.sub("", text.strip()) for text in told),
        _LETTERS.index(answer),
    )


SET = OutsideSet(
    name="tombench",
    title="ToMBench: theory of mind, its questions about emotions",
    licence="MIT; its authors ask for evaluation use only",
    citation="Chen et al. ToMBench: Benchmarking Theory of Mind in Large Language Models. ACL 2024",
    files=[File(f"{name}.jsonl", f"{_URL}/{quote(name)}.jsonl", *pin) for name, pin in _FILES.items()],
    read=read,
)
