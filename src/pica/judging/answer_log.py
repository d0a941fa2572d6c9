"""All raw answers on the disk, found by what was asked: a question is paid for once, and a stopped run goes on.

    {"key": "9f2c…", "judge": "gpt-5-mini", "how": "logprob", "form": "v1/en/pairwise", "question": "Compare …",
     "choice": {"text": "B", "tokens": [["B", {"B": -0.02, "A": -4.1}]]}, "model": "gpt-5-mini-2026-08-07"}

One line an answer, added as soon as it is there. They hold text of the datasets, so they lie where Git does not look.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pica.errors import DataError
from pica.judging.answers import Choice
from pica.judging.forms import VERSION, Question


class AnswerLog:
    """The answers in a file, of one judge.

    Args:
        path: JSON Lines; made when the first answer comes.
        judge: who answers; the same question to another judge is another question.

    Raises:
        DataError: a line is not of this layout.
    """

    def __init__(self, path: Path, judge: str) -> None:
        self.path, self.judge = path, judge
        self.torn = 0
        self.models: set[str] = set()
        self._answers: dict[str, list[Choice]] = {}
        if path.is_file():
            self._read()

    def get(self, question: Question, how: str) -> Sequence[Choice]:
        """What was answered to it, in the order in which it came.

        Args:
            how: how it was asked: "logprob" or "samples".
        """
        return self._answers.get(self._key(question, how), [])

    def add(self, question: Question, how: str, choices: Sequence[Choice], about: Mapping[str, Any]) -> None:
        """Keep answers; they are on the disk when this returns.

        Args:
            about: what else there is to know, such as the `model` that the server says it is.
        """
        key = self._key(question, how)
        form = f"{VERSION}/{question.language}/{question.form}"
        head = {"key": key, "judge": self.judge, "how": how, "form": form, "question": question.text}
        lines = [json.dumps({**head, "choice": asdict(c), **about}, ensure_ascii=False) + "\n" for c in choices]
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a+b") as file:
            # What a killed run left of a line stays a line by itself.
            if file.tell() and _last_byte(file) != b"\n":
                file.write(b"\n")
            # Half an emoji, of an answer that was cut there, is no UTF-8: as JSON's own \uXXXX it reads back alike.
            file.write("".join(lines).encode(errors="backslashreplace"))
            file.flush()
            os.fsync(file.fileno())
        self._answers.setdefault(key, []).extend(choices)
        self.models.add(str(about.get("model", "")))

    def _key(self, question: Question, how: str) -> str:
        content = [self.judge, how, VERSION, question.form, question.language, question.text]
        return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()

    def _read(self) -> None:
        for number, line in enumerate(self.path.read_bytes().splitlines(), start=1):
            try:
                row = json.loads(line)
            except ValueError:  # half a line, of a run that was killed
                self.torn += 1
                continue
            try:
                choice = Choice.from_row(row["choice"])
                ours = row["judge"] == self.judge
                key = row["key"]
            except (KeyError, TypeError, ValueError):
                raise DataError(
                    f"{self.path}, line {number}: no answer of a judge. Delete the line, or the file to ask anew."
                ) from None
            if ours:
                self._answers.setdefault(key, []).append(choice)
                self.models.add(str(row.get("model", "")))


def _last_byte(file: Any) -> bytes:
    file.seek(-1, os.SEEK_END)
    return file.read(1)
