"""A judge that is a model folder of this machine: the probability of each answer of the form, whole, with its end.

There is nothing to parse, so no answer is invalid, and nothing leaves the machine.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from tqdm import tqdm

from pica.judging.answers import Answer
from pica.judging.forms import Question


class LocalJudge:
    """Scores the answers of a form with a model.

    Args:
        folder: the model in the Hugging Face layout.
        batch_size: answers a forward pass.

    Raises:
        ModelError: the folder is none of a model that can be asked.
    """

    def __init__(self, folder: Path, batch_size: int) -> None:
        from pica.training import base  # torch takes seconds

        self._model, self._tokenizer = base.load(folder)
        self.name, self.batch_size = str(folder), batch_size
        self.revision = base.weights_sha256(folder)
        self.unanswered: Counter[str] = Counter()
        self._longest = getattr(self._model.config, "max_position_embeddings", None) or math.inf

    def ask(self, questions: Sequence[Question]) -> Mapping[Question, Answer]:
        """The answers, by question; one that does not fit the model's context is left out, and counted in
        `unanswered`."""
        from pica.training.encode import encode

        asked = list(dict.fromkeys(questions))
        rows = {
            (q, option): encode(
                [{"role": "user", "content": q.text}, {"role": "assistant", "content": option}], self._tokenizer
            )
            for q in asked
            for option in q.options
        }
        too_long = {question for (question, _), row in rows.items() if len(row.ids) > self._longest}
        if too_long:
            self.unanswered["longer than the judge's context"] += len(too_long)
        scores = self._scores({key: row for key, row in rows.items() if key[0] not in too_long})
        return {q: Answer(_shares(q.options, scores, q), "local") for q in asked if q not in too_long}

    def _scores(self, rows: Mapping) -> dict:
        """Log-probabilities in nats."""
        import torch

        from pica.training.batches import collate
        from pica.training.loss import batch_losses

        scores = {}
        by_length = sorted(rows, key=lambda key: (len(rows[key].ids), key[0].text, key[1]))
        with torch.no_grad(), tqdm(total=len(rows), desc="judge", unit="answer") as bar:
            for start in range(0, len(by_length), self.batch_size):
                keys = by_length[start : start + self.batch_size]
                batch = collate([rows[key] for key in keys], self._tokenizer.pad_token_id)
                losses, _ = batch_losses(self._model, batch)
                scores |= dict(zip(keys, (-losses).tolist(), strict=True))
                bar.update(len(keys))
        return scores


def _shares(options: Sequence[str], scores: Mapping, question: Question) -> dict[str, float]:
    of = [scores[question, option] for option in options]
    weights = [math.exp(score - max(of)) for score in of]
    return {option: weight / sum(weights) for option, weight in zip(options, weights, strict=True)}
