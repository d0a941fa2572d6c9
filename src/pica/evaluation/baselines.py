"""Baselines without a language model: the scores that a tuned one has to beat.

                     majority                         tfidf, encoder                     retrieval
    closed labels    the most frequent answer         logistic regression                the answer of the nearest row
    emotion_cause    the asked-about turn, whole      the clause likeliest of a cause    the clause nearest to a cause
    other free text  the most frequent answer         the answer of the nearest row      the answer of the nearest row

Each learns each view by itself, from its training rows alone. What is near, and what regression sees of a text, are
TF-IDF vectors here, and those of a sentence encoder in `inference.encoder`.
"""

from __future__ import annotations

import math
import re
import warnings
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion
from tqdm import tqdm

from pica.evaluation.causes import lines_of
from pica.evaluation.metrics import squad_tokens
from pica.schema import Instruction, Prediction

# Where a clause ends: at punctuation, and before a word that opens a reason or its consequence.
_CLAUSE_END = re.compile(
    r"[.!?;:,…\n。！？；：，、—]+|\b(?=(?:because|since|when|after|but|and|so|that)\b)|(?=因为|由于|所以|但是|于是)",
    re.IGNORECASE,
)

# 20 000 word and 30 000 character n-grams: twice as many gain nothing on GoEmotions (macro F1 28.9, then 28.1).
_WORD_GRAMS, _CHARACTER_GRAMS = 20_000, 30_000
# Rows whose similarities to all training rows are held at a time.
_AT_A_TIME = 512


class Learner(Protocol):
    """What a baseline sees of a text, and learns from it."""

    def features(self, known: Sequence[str], asked: Sequence[str], language: str) -> tuple[Any, Any]:
        """What it sees of texts to learn from, and of those that it is asked; the same for any labels of them."""

    def probabilities(self, known: Any, labels: Sequence[Hashable], asked: Any) -> list[dict[Hashable, float]]:
        """Of each asked text, the probability of each label seen in training; at least two labels are.

        Args:
            known: the features of the texts to learn from.
            labels: theirs.
            asked: the features of the others.
        """

    def comparer(self, known: Sequence[str], language: str) -> Callable[[Sequence[str]], np.ndarray]:
        """Other texts → their cosines to those known, shape (asked, known)."""


def majority(train: Sequence[Instruction], test: Sequence[Instruction], system: str = "majority") -> list[Prediction]:
    """The most frequent training answer of each view, in the order of `test`.

    Args:
        system: the name that the predictions carry.
    """
    return _predict(system, train, test, _most_frequent)


def tfidf(
    train: Sequence[Instruction], test: Sequence[Instruction], seed: int, system: str = "tfidf"
) -> list[Prediction]:
    """The answers of logistic regression on TF-IDF features, in the order of `test`.

    Args:
        train: the training rows of all views.
        test: the rows to answer.
        seed: of the solver's shuffles.
    """
    return learnt(Tfidf(seed), train, test, system)


def learnt(
    learner: Learner, train: Sequence[Instruction], test: Sequence[Instruction], system: str
) -> list[Prediction]:
    """What a learner makes of each view: regression on closed labels and causes, the nearest row's answer elsewhere."""
    return _predict(system, train, test, partial(_regress, learner=learner))


def retrieval(
    train: Sequence[Instruction], test: Sequence[Instruction], seed: int, system: str = "retrieval"
) -> list[Prediction]:
    """The answer of the nearest training row, in the order of `test`: in generation a reply that somebody gave."""
    return _predict(system, train, test, partial(_retrieve, learner=Tfidf(seed)))


# A label, its probability as a baseline sees it.
Chances = Mapping[str, float]
# An answer, and of closed labels how probable each is.
Answer = tuple[str, Chances | None]
Answerer = Callable[[Sequence[Instruction], Sequence[Instruction]], Iterable[Answer]]


def _predict(
    system: str, train: Sequence[Instruction], test: Sequence[Instruction], answer: Answerer
) -> list[Prediction]:
    known, answers = _by_view(train), {}
    for view, rows in tqdm(_by_view(test).items(), desc=system, unit="view"):
        answers[view] = iter(answer(known.get(view, []), rows))
    return [_prediction(system, row, *next(answers[row.name])) for row in test]


def _by_view(rows: Sequence[Instruction]) -> dict[str, list[Instruction]]:
    views: dict[str, list[Instruction]] = {}
    for row in rows:
        views.setdefault(row.name, []).append(row)
    return views


def _prediction(system: str, row: Instruction, answer: str, chances: Chances | None) -> Prediction:
    label = answer if row.candidates else None
    return Prediction.to(
        row,
        system,
        output=answer,
        label=label,
        parsed=label,
        finished=True,
        log_probs=tuple(math.log(chances[label]) for label in row.candidates) if chances else (),
        spans=tuple(answer.splitlines()) if row.task_type == "emotion_cause" else (),
    )


def _input(row: Instruction) -> str:
    return row.instances[0]["input"]


def _gold(row: Instruction) -> str:
    return row.instances[0]["output"]


def _most_frequent(train: Sequence[Instruction], test: Sequence[Instruction]) -> list[Answer]:
    """The most frequent answer; of equally frequent ones the first candidate, or the first in the alphabet.

    A view without training rows gets its first candidate, or an empty reply.
    """
    counts = Counter(_gold(row) for row in train)
    if test[0].candidates:
        return [_likeliest(row, counts, counts.total()) for row in test]
    if test[0].task_type == "emotion_cause":
        return [(lines_of(row)[-1], None) for row in test]
    return [(min(counts, key=lambda answer: (-counts[answer], answer), default=""), None)] * len(test)


def _likeliest(row: Instruction, expected: Mapping[str, float], rows: int) -> Answer:
    """The most probable of the row's own candidates: "fine" views list only the labels of the gold's coarse group.

    Args:
        expected: how often each label is expected in as many rows as were seen in training. Each gets one more
            (Laplace's rule), so that a label that training did not show is improbable and not impossible.
    """
    total = rows + len(row.candidates)
    chances = {label: (expected.get(label, 0) + 1) / total for label in row.candidates}
    return max(row.candidates, key=chances.__getitem__), chances


def _regress(train: Sequence[Instruction], test: Sequence[Instruction], learner: Learner) -> list[Answer]:
    if not train:
        return _most_frequent(train, test)
    if test[0].candidates:
        return _classify(train, test, learner)
    if test[0].task_type == "emotion_cause":
        return [(clause, None) for clause in _likeliest_clause(train, test, learner)]
    return _nearest(train, test, learner)


def _retrieve(train: Sequence[Instruction], test: Sequence[Instruction], learner: Learner) -> list[Answer]:
    if not train:
        return _most_frequent(train, test)
    if test[0].task_type == "emotion_cause":
        return [(clause, None) for clause in _nearest_clause(train, test, learner)]
    return _nearest(train, test, learner)


def _classify(train: Sequence[Instruction], test: Sequence[Instruction], learner: Learner) -> list[Answer]:
    texts, labels = [_input(row) for row in train], [_gold(row) for row in train]
    found = chances_of(learner, texts, labels, [_input(row) for row in test], test[0].language)
    expected = ({label: chance * len(train) for label, chance in chances.items()} for chances in found)
    return [_likeliest(row, of_row, len(train)) for row, of_row in zip(test, expected, strict=True)]


def _likeliest_clause(train: Sequence[Instruction], test: Sequence[Instruction], learner: Learner) -> list[str]:
    """Of each row's clauses the one that looks most like those of a cause."""
    known = [(clause, _in_cause(clause, row)) for row in train for clause in _clauses(row)]
    asked = [_clauses(row) for row in test]
    texts = sorted({clause for clauses in asked for clause in clauses})
    chances = chances_of(learner, *zip(*known, strict=True), texts, test[0].language)
    chance = {text: of_text.get(True, 0.0) for text, of_text in zip(texts, chances, strict=True)}
    return [max(clauses, key=chance.__getitem__) for clauses in asked]


def _nearest_clause(train: Sequence[Instruction], test: Sequence[Instruction], learner: Learner) -> list[str]:
    """Of each row's clauses the one that is nearest to a cause of a training row."""
    causes = sorted({line for row in train for line in _gold(row).splitlines() if line})
    asked = [_clauses(row) for row in test]
    texts = sorted({clause for clauses in asked for clause in clauses})
    compare = learner.comparer(causes, test[0].language)
    pieces = (compare(part).max(1) for part in _parts(texts))
    nearness = dict(zip(texts, np.concatenate(list(pieces)).tolist(), strict=True))
    return [max(clauses, key=nearness.__getitem__) for clauses in asked]


def _nearest(train: Sequence[Instruction], test: Sequence[Instruction], learner: Learner) -> list[Answer]:
    """The answer of the training row whose input is nearest; of closed labels, of those with one of the candidates."""
    known, answers = [_input(row) for row in train], np.array([_gold(row) for row in train], dtype=object)
    compare = learner.comparer(known, test[0].language)
    found: list[Answer] = []
    for part in _parts(test):
        for row, near in zip(part, compare([_input(row) for row in part]), strict=True):
            fits = np.isin(answers, row.candidates) if row.candidates else np.ones(len(answers), bool)
            answer = answers[fits][near[fits].argmax()] if fits.any() else row.candidates[0]
            found.append((answer, None))
    return found


def _parts(items: Sequence) -> Iterable[Sequence]:
    """So many at a time that their similarities to all training rows fit into memory."""
    return (items[start : start + _AT_A_TIME] for start in range(0, len(items), _AT_A_TIME))


def _clauses(row: Instruction) -> list[str]:
    pieces = (piece.strip() for turn in lines_of(row) for piece in _CLAUSE_END.split(turn))
    return [piece for piece in pieces if piece] or [_input(row)]


def _in_cause(clause: str, row: Instruction) -> bool:
    """Whether the clause and the gold spans share more than half the words of the shorter one."""
    words, cause = (Counter(squad_tokens(text, row.language)) for text in (clause, _gold(row)))
    return 2 * (words & cause).total() > min(words.total(), cause.total())


def chances_of(
    learner: Learner, texts: Sequence[str], labels: Sequence[Hashable], asked: Sequence[str], language: str
) -> list[dict[Hashable, float]]:
    """Of each asked text, the probability of each label seen in training, which may be one alone."""
    if len(set(labels)) == 1:
        return [{labels[0]: 1.0}] * len(asked)
    known, wanted = learner.features(texts, asked, language)
    return learner.probabilities(known, labels, wanted)


@dataclass(frozen=True)
class Tfidf:
    """A learner on TF-IDF vectors; `seed` is of the solver's shuffles."""

    seed: int

    def features(self, known: Sequence[str], asked: Sequence[str], language: str) -> tuple[csr_matrix, csr_matrix]:
        """TF-IDF of n-grams of words and of characters, shapes (known, n-grams) and (asked, n-grams)."""
        union = FeatureUnion([("words", _words(language)), ("characters", _characters(language))])
        return union.fit_transform(known), union.transform(asked)

    def probabilities(
        self, known: csr_matrix, labels: Sequence[Hashable], asked: csr_matrix
    ) -> list[dict[Hashable, float]]:
        """Those of logistic regression."""
        # saga to a loose tolerance takes a fifth to a twentieth of the time of lbfgs at its defaults and scores the
        # same (goemotions, 28 labels, 5 000 rows: 0.9 s and 15 s, macro F1 28.9 and 29.5): not converging is no news.
        model = LogisticRegression(C=4, solver="saga", tol=1e-2, max_iter=30, random_state=self.seed)
        with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
            model.fit(known, labels)
        return [dict(zip(model.classes_, row, strict=True)) for row in model.predict_proba(asked)]

    def comparer(self, known: Sequence[str], language: str) -> Callable[[Sequence[str]], np.ndarray]:
        """Cosines of n-grams of words."""
        vectors = _words(language)
        of_known = vectors.fit_transform(known)
        return lambda asked: (vectors.transform(asked) @ of_known.T).toarray()


def _words(language: str) -> TfidfVectorizer:
    """Uni- and bigrams of words and punctuation marks ("!" and emoji tell of feelings); in Chinese of characters."""
    pattern = r"[^\W_]|[^\w\s]" if language == "zh" else r"\w+|[^\w\s]"
    return TfidfVectorizer(token_pattern=pattern, ngram_range=(1, 2), max_features=_WORD_GRAMS, sublinear_tf=True)


def _characters(language: str) -> TfidfVectorizer:
    """Character n-grams: inside words of 2 to 5, which stand for stems and endings; in Chinese of 1 to 3."""
    kind = (
        {"analyzer": "char", "ngram_range": (1, 3)}
        if language == "zh"
        else {"analyzer": "char_wb", "ngram_range": (2, 5)}
    )
    return TfidfVectorizer(**kind, max_features=_CHARACTER_GRAMS, sublinear_tf=True)
