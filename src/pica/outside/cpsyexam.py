"""CPsyExam: Chinese examinations in psychology. Here the questions with one right answer whose answers are published.

A zip of JSON lists, one for each subject and kind; `dev/` has the answers, `test/` has none, and 单项 is "one answer":

    dev/KG-GEE-发展心理学-单项选择题.json    [{"id": "b21a", "subject_name": "发展心理学", "question_type": "single",
      "question": "…", "options": {"A": "…", "B": "…", "C": "…", "D": "…", "E": ""}, "answer": "D", "explanation": ""}]

An option that is empty is none. The one question with two letters for its answer is left out.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pica.corpora import native
from pica.corpora.corpus import File
from pica.outside.published import OutsideSet
from pica.outside.question import MultipleChoice

_NAME = "cpsyexam.zip"
_URL = (
    "https://raw.githubusercontent.com/CAS-SIAT-XinHai/CPsyExam/2cb3af80851659303020bb7480e662dddf806456"
    "/evaluations/llmeval/cpsyexam/cpsyexam.zip"
)


def read(folder: Path) -> Iterator[MultipleChoice]:
    """Each question of `dev/` with one right answer."""
    path = folder / _NAME
    try:
        with zipfile.ZipFile(path) as archive:
            names = sorted(n for n in archive.namelist() if n.startswith("dev/") and n.endswith("单项选择题.json"))
            lists = [(name, json.loads(archive.read(name).decode("utf-8"))) for name in names]
    except FileNotFoundError:
        native.At(path).fail("the file is missing")
    except (zipfile.BadZipFile, ValueError) as error:
        native.At(path).fail(f"not a zip of JSON lists ({error})")
    if not lists:
        native.At(path).fail("expected dev/…单项选择题.json, found no such member")
    for name, rows in lists:
        for number, row in enumerate(rows, start=1):
            yield from _questions(native.At(path / name, number, "item"), row)


def _questions(at: native.At, row: Any) -> Iterator[MultipleChoice]:
    """The question, or nothing where several letters are its answer."""
    options = {letter: text.strip() for letter, text in at.field(row, "options", dict).items() if text.strip()}
    answer = at.field(row, "answer", str).strip()
    if len(answer) > 1 and set(answer) <= options.keys():
        return
    if answer not in options:
        at.fail(f"expected one of {', '.join(options)} as answer, found {answer!r}")
    identifier, question = at.field(row, "id", str), at.field(row, "question", str).strip()
    place = list(options).index(answer)
    yield MultipleChoice(f"cpsyexam/zh/{identifier}", "cpsyexam-zh", "zh", "", question, tuple(options.values()), place)


SET = OutsideSet(
    name="cpsyexam",
    title="CPsyExam: Chinese psychology examinations",
    licence="CC0-1.0",
    citation="Zhao et al. CPsyExam: A Chinese Benchmark for Evaluating Psychology using Examinations. COLING 2025",
    files=[File(_NAME, _URL, "c4f2f30f657a026af137937273832ae6047a528fbc4934b58201c1c1b6c378ed", 2837490)],
    read=read,
)
