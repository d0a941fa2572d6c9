"""Baselines without a language model: the scores that a tuned one has to beat.

                     majority                                tfidf
    closed labels    the most frequent training answer       logistic regression on TF-IDF n-grams
    emotion_cause    the asked-about turn, whole             the clause most likely to be of a cause
    other free text  the most frequent training answer       the answer of the nearest training row

Both learn each view by itself, from its training rows alone.
"""

from __future__ import annotations

import math
import re
import warnings
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import partial

from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import NearestNeighbors
from sklearn.pipeline import FeatureUnion, make_pipeline
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


def majority(train: Sequence[Instruction], test: Sequence[Instruction]) -> list[Prediction]:
    """The most frequent training answer of each view, in the order of `test`."""
    return _predict("majority", train, test, _most_frequent)


def tfidf(train: Sequence[Instruction], test: Sequence[Instruction], seed: int) -> list[Prediction]:
    """The answers of logistic regression on TF-IDF features, in the order of `test`.

    Args:
        train: the training rows of all views.
        test: the rows to answer.
        seed: of the solver's shuffles.
    """
    return _predict("tfidf", train, test, partial(_with_tfidf, seed=seed))


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


def _with_tfidf(train: Sequence[Instruction], test: Sequence[Instruction], seed: int) -> list[Answer]:
    if not train:
        return _most_frequent(train, test)
    if test[0].candidates:
        return _classify(train, test, seed)
    if test[0].task_type == "emotion_cause":
        return [(clause, None) for clause in _likeliest_clause(train, test, seed)]
    return [(answer, None) for answer in _nearest(train, test)]


def _classify(train: Sequence[Instruction], test: Sequence[Instruction], seed: int) -> list[Answer]:
    texts, labels = [_input(row) for row in train], [_gold(row) for row in train]
    found = _probabilities(texts, labels, [_input(row) for row in test], test[0].language, seed)
    expected = ({label: chance * len(train) for label, chance in chances.items()} for chances in found)
    return [_likeliest(row, of_row, len(train)) for row, of_row in zip(test, expected, strict=True)]


def _likeliest_clause(train: Sequence[Instruction], test: Sequence[Instruction], seed: int) -> list[str]:
    """Of each row's clauses the one whose words look most like those of a cause."""
    known = [(clause, _in_cause(clause, row)) for row in train for clause in _clauses(row)]
    asked = [_clauses(row) for row in test]
    texts = sorted({clause for clauses in asked for clause in clauses})
    chances = _probabilities(*zip(*known, strict=True), texts, test[0].language, seed)
    chance = {text: of_text.get(True, 0.0) for text, of_text in zip(texts, chances, strict=True)}
    return [max(clauses, key=chance.__getitem__) for clauses in asked]


def _clauses(row: Instruction) -> list[str]:
    pieces = (piece.strip() for turn in lines_of(row) for piece in _CLAUSE_END.split(turn))
    return [piece for piece in pieces if piece] or [_input(row)]


def _in_cause(clause: str, row: Instruction) -> bool:
    """Whether the clause and the gold spans share more than half the words of the shorter one."""
    words, cause = (Counter(squad_tokens(text, row.language)) for text in (clause, _gold(row)))
    return 2 * (words & cause).total() > min(words.total(), cause.total())


def _nearest(train: Sequence[Instruction], test: Sequence[Instruction]) -> list[str]:
    """The answer of the training row whose input is nearest by the cosine of TF-IDF vectors."""
    vectors = _words(test[0].language)
    known = vectors.fit_transform(_input(row) for row in train)
    asked = vectors.transform(_input(row) for row in test)
    nearest = NearestNeighbors(n_neighbors=1, metric="cosine").fit(known).kneighbors(asked, return_distance=False)
    return [_gold(train[index]) for index in nearest[:, 0]]


def _probabilities(
    texts: Sequence[str], labels: Sequence[Hashable], asked: Sequence[str], language: str, seed: int
) -> list[dict[Hashable, float]]:
    """Of each asked text, the probability of each label seen in training."""
    if len(set(labels)) == 1:
        return [{labels[0]: 1.0}] * len(asked)
    features = FeatureUnion([("words", _words(language)), ("characters", _characters(language))])
    # saga to a loose tolerance takes a fifth to a twentieth of the time of lbfgs at its defaults and scores the same
    # (goemotions, 28 labels, 5 000 rows: 0.9 s and 15 s, macro F1 28.9 and 29.5), so its not converging is no news.
    model = make_pipeline(features, LogisticRegression(C=4, solver="saga", tol=1e-2, max_iter=30, random_state=seed))
    with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
        model.fit(texts, labels)
    return [dict(zip(model.classes_, row, strict=True)) for row in model.predict_proba(asked)]


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
