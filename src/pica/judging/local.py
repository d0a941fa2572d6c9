"""A judge that is a model folder of this machine: the probability of each answer of the form, whole, with its end.

There is nothing to parse, so no answer is invalid, and nothing leaves the machine.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from pica.judging.answers import Answer
from pica.judging.forms import Question


class LocalJudge:
    """Scores the answers of a form with a model.

    Args:
        folder: the model in the Hugging Face layout.
        batch_size: questions a forward pass.

    Raises:
        ModelError: the folder is none of a model that can be asked.
    """

    def __init__(self, folder: Path, batch_size: int) -> None:
        from pica.inference.runner import ModelRunner  # torch takes seconds
        from pica.training import base

        model, tokenizer = base.load(folder)
        longest = getattr(model.config, "max_position_embeddings", None) or sys.maxsize
        self._runner = ModelRunner(model, tokenizer, longest, batch_size)
        self.name, self.revision = str(folder), base.weights_sha256(folder)
        self.unanswered: Counter[str] = Counter()

    def ask(self, questions: Sequence[Question]) -> Mapping[Question, Answer]:
        """The answers, by question; one that does not fit the model's context is left out, and counted in
        `unanswered`."""
        from pica.inference.packed import shares
        from pica.training.encode import answer_ids, end_token, prompt_ids

        runner, end = self._runner, end_token(self._runner.tokenizer)
        options = {q: [answer_ids(option, runner.tokenizer)[:-1] for option in q.options] for q in questions}
        prompts = {q: prompt_ids([{"role": "user", "content": q.text}], runner.tokenizer) for q in options}
        fitting = [q for q in options if len(prompts[q]) + max(map(len, options[q])) < runner.max_length]
        if left_out := len(options) - len(fitting):
            self.unanswered["longer than the judge's context"] += left_out
        found = runner.score([prompts[q] for q in fitting], [options[q] for q in fitting], [end])
        return {q: Answer(shares(q.options, reads), "local") for q, reads in zip(fitting, found, strict=True)}
