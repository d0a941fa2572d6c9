"""The outside sets as questions to a model, and what its answers score.

    tombench, cpsyexam   accuracy: the options stand in the question as A, B, …, and the letter is scored, in every
                         cyclic order of the options, since order alone moves scores by points; beside it
                         `text_accuracy`, of the options' own words as answers, and `consistent`, the share of
                         questions whose answer is the same option in every order
    eqbench2             score: the expected value of the number 0 to 10 under the model, for each emotion; so nothing
                         is unparseable. 100 is the reference itself, a hair off it 98.4; scores may be negative

A question is an Instruction row as those of the instruction set, so that the model is asked as it always is.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np

from pica.errors import DataError
from pica.evaluation.bootstrap import interval, resample
from pica.outside.question import Intensities, MultipleChoice, Question
from pica.sampling import sample_each
from pica.schema import Instruction, Prediction

COLUMNS = ["system", "set", "language", "n", "metric", "score", "low", "high", "chance", "text_accuracy", "consistent"]
_LETTERS = "ABCDE"
_NUMBERS = tuple(map(str, range(11)))
# EQ-Bench v2's own: a difference counts little up to 3 or so, and in full beyond 5; and random answers score 0.
_SCALE = 0.7477
_CHOOSE = {"en": "Answer with the letter alone.", "zh": "只回答选项的字母。"}
_ANSWER = {"en": "Answer in a few words.", "zh": "请简短回答。"}
_FEEL = (
    "{dialogue}\n\nAt the end of this dialogue, how strongly does {person} feel this emotion: {emotion}? "
    "Answer with a number from 0 (not at all) to 10 (extremely)."
)


def drawn(questions: Iterable[Question], limit: int, seed: int) -> dict[str, Question]:
    """Id → question, at most `limit` of each group (0 = all), the same ones for every system."""
    of_id = {question.id: question for question in questions}
    chosen = sample_each(((question.group, id) for id, question in of_id.items()), limit or None, seed)
    return {id: of_id[id] for _, id in chosen}


def rows(questions: Mapping[str, Question]) -> list[Instruction]:
    """Each question in every way that it is asked."""
    return [row for q in questions.values() for row in (_choices(q) if isinstance(q, MultipleChoice) else _numbers(q))]


def by_letter(question: MultipleChoice, shift: int = 0) -> Instruction:
    """The question with its options as A, B, …, in the cyclic order that begins with the option numbered `shift`."""
    letters = tuple(_LETTERS[: len(question.options)])
    options = question.options[shift:] + question.options[:shift]
    listed = "\n".join(f"{letter}. {option}" for letter, option in zip(letters, options, strict=True))
    answer = letters[(question.answer - shift) % len(letters)]
    asked = f"{_told(question)}\n{listed}\n\n{_CHOOSE[question.language]}"
    return _row(question, f"letter-{shift}", asked, answer, letters)


def told_apart(
    predictions: Sequence[Prediction], questions: Mapping[str, Question]
) -> tuple[list[Prediction], list[Prediction]]:
    """The predictions of other rows, and those of the questions."""
    of_questions = [p.id.partition("#")[0] in questions for p in predictions]
    both = list(zip(predictions, of_questions, strict=True))
    return [p for p, is_one in both if not is_one], [p for p, is_one in both if is_one]


def scores(predictions: Sequence[Prediction], questions: Mapping[str, Question], draws: int, seed: int) -> list[dict]:
    """A row for each group that was asked, of one system; intervals resample questions. See COLUMNS.

    Args:
        predictions: of `rows`, in any order.

    Raises:
        DataError: a prediction without log-probabilities, of which no expected value can be made.
    """
    asked = sorted(predictions, key=lambda p: (p.name, p.id))
    return [_group(list(group), questions, draws, seed) for _, group in groupby(asked, key=lambda p: p.name)]


def headline(scores: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Group → its score, for `dvc metrics diff`."""
    return {row["set"].replace("-", "_"): row["score"] for row in scores}


def eq_score(given: Sequence[float], reference: Sequence[float]) -> float:
    """EQ-Bench v2's score of one question, 10 at most."""
    return 10 - _SCALE * sum(_penalty(abs(g - r)) for g, r in zip(given, reference, strict=True))


def _penalty(difference: float) -> float:
    if difference == 0:
        return 0.0
    return difference if difference > 5 else 6.5 / (1 + math.exp(-1.2 * (difference - 4)))


def _choices(question: MultipleChoice) -> Iterator[Instruction]:
    for shift in range(len(question.options)):
        yield by_letter(question, shift)
    if len(set(question.options)) == len(question.options):
        asked = f"{_told(question)}\n\n{_ANSWER[question.language]}"
        yield _row(question, "text", asked, question.options[question.answer], question.options)


def _told(question: MultipleChoice) -> str:
    return "\n".join(part for part in (question.story, question.question) if part)


def _numbers(question: Intensities) -> Iterator[Instruction]:
    for number, (emotion, score) in enumerate(zip(question.emotions, question.reference, strict=True)):
        asked = _FEEL.format(dialogue=question.dialogue, person=question.person, emotion=emotion)
        yield _row(question, f"intensity-{number}", asked, str(round(score)), _NUMBERS)


def _row(question: Question, way: str, asked: str, answer: str, candidates: Sequence[str]) -> Instruction:
    chat = ({"role": "user", "content": asked}, {"role": "assistant", "content": answer})
    return Instruction(
        task_type="outside",
        dataset=question.id.partition("/")[0],
        instruction="",
        instances=({"input": asked, "output": answer},),
        is_classification=True,
        name=question.group,
        id=f"{question.id}#{way}",
        split="validation",  # scored, and not answered freely
        language=question.language,
        messages=chat,
        candidates=tuple(candidates),
    )


def _group(rows: Sequence[Prediction], questions: Mapping[str, Question], draws: int, seed: int) -> dict[str, Any]:
    by_question = {id: list(group) for id, group in groupby(rows, key=lambda p: p.id.partition("#")[0])}
    numbers = rows[0].dataset == "eqbench2"
    values = {
        id: _intensity_score(group, questions[id]) if numbers else _letter_share(group)
        for id, group in by_question.items()
    }
    addends = np.array([[value, 1.0] for value in values.values()])
    sums = resample(addends, list(values), draws, seed)
    low, high = interval(sums[:, 0] / sums[:, 1], values)
    texts = [p.label == p.gold for p in rows if p.id.endswith("#text")]
    return {
        "system": rows[0].system,
        "set": rows[0].name,
        "language": rows[0].language,
        "n": len(values),
        "metric": "score" if numbers else "accuracy",
        "score": _rounded(addends[:, 0]),
        "low": round(low, 4),
        "high": round(high, 4),
        "chance": None if numbers else _rounded([100 / len(questions[id].options) for id in values]),
        "text_accuracy": _rounded([100 * right for right in texts]) if texts else None,
        "consistent": None if numbers else _rounded([100 * _is_consistent(group) for group in by_question.values()]),
    }


def _rounded(values: Sequence[float]) -> float:
    """The mean."""
    return round(float(np.mean(values)), 4)


def _letters(group: Sequence[Prediction]) -> list[Prediction]:
    return [p for p in group if "#letter-" in p.id]


def _letter_share(group: Sequence[Prediction]) -> float:
    """In how many of the cyclic orders the right letter was chosen, in per cent."""
    return 100 * float(np.mean([p.label == p.gold for p in _letters(group)]))


def _is_consistent(group: Sequence[Prediction]) -> bool:
    """Whether the same option was chosen in every order: its letter moves as the right one's does."""
    orders = _letters(group)
    moves = {(_LETTERS.index(p.label) - _LETTERS.index(p.gold)) % len(orders) for p in orders}
    return len(moves) == 1


def _intensity_score(group: Sequence[Prediction], question: Intensities) -> float:
    given = [_expected(p) for p in sorted(group, key=lambda p: int(p.id.rpartition("-")[2]))]
    return 10 * eq_score(given, question.reference)


def _expected(prediction: Prediction) -> float:
    """The mean of 0 to 10 under the model's probabilities of these."""
    if len(prediction.log_probs) != len(_NUMBERS):
        raise DataError(f"{prediction.id}: {prediction.system} gave no log-probability of each number.")
    shares = np.exp(np.array(prediction.log_probs) - max(prediction.log_probs))
    return float(shares @ np.arange(len(_NUMBERS)) / shares.sum())
