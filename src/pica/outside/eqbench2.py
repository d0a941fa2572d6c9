"""EQ-Bench v2: 171 English dialogues; how strongly one person feels each of four emotions at the end, 0 to 10.

One JSON object, question number → prompt and reference. A number in the reference may be a text:

    {"1": {"prompt": "… a character in this dialogue:\\n\\nMo: You sold it?\\nAda: I had to.\\n[End dialogue]\\n\\nAt
                     the end of this dialogue, Mo would feel...\\nHurt\\nCalm\\nProud\\nAmused\\n\\nGive each …",
           "reference_answer_fullscale": {"emotion1": "Hurt", …, "emotion1_score": "8", …}, "reference_answer": {…}}}

The prompt asks for a first answer, a critique and a second one. Here each emotion is a question of its own, so only the
dialogue and the person are taken of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pica.corpora import native
from pica.corpora.corpus import File
from pica.outside.published import OutsideSet
from pica.outside.question import Intensities

_NAME = "eq_bench_v2_questions_171.json"
_URL = (
    "https://raw.githubusercontent.com/EQ-bench/EQ-Bench/d28c60c514fe6667dc5818114ed10088f91f09f3/data/"
    "eq_bench_v2_questions_171.json"
)
_EMOTIONS = range(1, 5)
_HIGHEST = 10
_DIALOGUE = re.compile(r"in this dialogue:\s*(.+?)\s*\[End dialogue\]", re.DOTALL)
# Most say "Ada would feel"; another form is "Ada's emotional state could be best described as".
_PERSON = re.compile(r"\[End dialogue\]\s*At the end of this dialogue, ([^\n]+?)(?:'s emotional state could| would)")


def read(folder: Path) -> Iterator[Intensities]:
    """Each question, in the order of the file."""
    for at, (key, row) in native.json_pairs(folder / _NAME):
        prompt = at.field(row, "prompt", str)
        dialogue, person = _DIALOGUE.search(prompt), _PERSON.search(prompt)
        if not dialogue or not person:
            at.fail(f"the prompt of question {key} has no dialogue, or does not say who feels")
        reference = at.field(row, "reference_answer_fullscale", dict)
        yield Intensities(
            f"eqbench2/en/{key}",
            "eqbench2",
            "en",
            dialogue[1],
            person[1].strip(),
            tuple(at.field(reference, f"emotion{n}", str).strip() for n in _EMOTIONS),
            tuple(_score(at, reference, n) for n in _EMOTIONS),
        )


def _score(at: native.At, reference: Any, number: int) -> float:
    found = reference.get(f"emotion{number}_score")
    try:
        score = float(found)
    except (TypeError, ValueError):
        score = -1.0
    if not 0 <= score <= _HIGHEST:
        at.fail(f"expected emotion{number}_score from 0 to {_HIGHEST}, found {found!r}")
    return score


SET = OutsideSet(
    name="eqbench2",
    title="EQ-Bench v2: intensity of emotions",
    licence="MIT",
    citation="Paech. EQ-Bench: An Emotional Intelligence Benchmark for Large Language Models. arXiv:2312.06281",
    files=[File(_NAME, _URL, "b4e9bf11df7e88bc12381efab18565f8b0ff0d4743fe8708c4482df91c4e617a", 393286)],
    read=read,
)
