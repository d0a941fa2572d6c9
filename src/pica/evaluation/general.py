"""Whether tuning costs a model its general language: its perplexity on texts that are about no feeling.

    general.yaml             20 short texts in English and 20 in Chinese, made up for this
    general_perplexity_en    exp of the summed loss over the summed tokens of the English ones, as plain text
    general_ratio_en         the same after tuning, divided by what it was before: above 1, something was forgotten

It compares a model with itself before tuning alone: another tokenizer cuts the texts into other tokens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

import yaml

from pica.evaluation.metrics import perplexity
from pica.schema import Prediction

if TYPE_CHECKING:
    from pica.inference.engine import Engine


class Answers(NamedTuple):
    """What a system answers, and, of a model, the metrics of its general language."""

    predictions: Sequence[Prediction]
    general: Mapping[str, float]


def texts() -> dict[str, list[str]]:
    """Language → its texts."""
    return yaml.safe_load((files("pica.evaluation") / "general.yaml").read_text(encoding="utf-8"))


def perplexities(engine: Engine) -> dict[str, float]:
    """Language → the perplexity of its texts. The first token of each is given."""
    of_language = texts()
    ids = {
        language: [engine.tokenizer(text)["input_ids"][: engine.max_length] for text in known]
        for language, known in of_language.items()
    }
    flat = [tokens for known in ids.values() for tokens in known]
    found = iter(engine.score([tokens[:1] for tokens in flat], [[tokens[1:]] for tokens in flat], []))
    read = {language: [next(found)[0].tokens for _ in known] for language, known in ids.items()}
    return {
        language: perplexity([float(tokens.sum()) for tokens in known], [len(tokens) for tokens in known])
        for language, known in read.items()
    }


def metrics(now: Mapping[str, float], before: Mapping[str, float] | None) -> dict[str, float]:
    """The perplexity in each language and, of a tuned model, how many times that of `before` it is."""
    found = {f"general_perplexity_{language}": value for language, value in now.items()}
    if before is not None:
        found |= {f"general_ratio_{language}": value / before[language] for language, value in now.items()}
    return {name: round(value, 4) for name, value in found.items()}
