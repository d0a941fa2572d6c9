"""Fits the safety check's classifier: `python -m pica.chat.fitting` writes safety_weights.json anew, the same bytes.

    python -m pica.chat.fitting                    fit, measure by leaving one writer out, write
    python -m pica.chat.fitting --measure SET      a set of texts by the weights as they are, as a row of docs/safety.md

It is fitted to the made-up texts in safety_texts/, a file a writer and a line a text:

    {"id": "w1-en-explicit-007", "language": "en", "kind": "explicit", "level": "plan", "text": "my note is done"}
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from math import log, sqrt
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from pica.chat import classifier, lexicon, safety
from pica.errors import ChatError
from pica.store import atomic_path

TEXTS = Path(__file__).parent / "safety_texts"
KINDS = ("explicit", "implicit", "hyperbole", "others", "everyday")
# What the lexicon's rules were written with: what it finds there says nothing about what it finds elsewhere.
SEEN = ("lexicon", "set_1", "set_2")
# Small talk of no writer, whole lines of the embedded sample among it: a part of it is left out with each writer.
TALK = "everyday"
# Written by somebody who knew the lexicon, as pairs of what is danger and what is not: harder than what people write.
PAIRS = "contrast"
# n-grams in fewer texts are left out, and of the others those with the largest weights are kept.
SETTINGS = {"least": 2, "kept": 20000, "C": 1.0, "C of signs": 1.0, "implicit": 0.1}
# Limits: the shares in % of the harmless texts about such things that may lead to a pointer by words of the lexicon
# ("found"), and without any to a pointer and to help; and the shares of everyday talk, which is what most of a chat is.
ALARMS = {"found": 4.0, "point": 3.0, "stop": 1.0}
TALK_ALARMS = {"point": 2.0, "stop": 0.1}


@dataclass(frozen=True)
class Row:
    """A text with what is asked of it often."""

    writer: str
    language: str
    kind: str
    text: str
    plain: str
    matches: tuple[lexicon.Match, ...]


def rows(path: Path) -> list[Row]:
    """The texts of a file, read by the lexicon.

    Raises:
        ChatError: a line is not as this module's docstring shows.
    """
    read = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            given = json.loads(line)
            language, kind, text = given["language"], given["kind"], given["text"]
            kind = {"other": "others"}.get(kind, kind)
            if language not in classifier.GRAMS or kind not in KINDS or not text.strip():
                raise KeyError("language, kind or text")
        except (json.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
            raise ChatError(
                f"{path}, line {number}: {error!r}. A line is JSON with language ({', '.join(classifier.GRAMS)}), "
                f"kind ({', '.join(KINDS)}) and text."
            ) from None
        plain = lexicon.plain(text)
        read.append(Row(path.stem, language, kind, text, plain, tuple(lexicon.matches(plain))))
    return read


def digest() -> str:
    """What the weights depend on beside the code: the texts and the settings."""
    hashed = sha256(json.dumps([SETTINGS, ALARMS, TALK_ALARMS, classifier.GRAMS], sort_keys=True).encode())
    for path in sorted(TEXTS.glob("*.jsonl")):
        hashed.update(path.name.encode() + path.read_bytes())
    return hashed.hexdigest()


def fit_grams(given: Sequence[Row], language: str) -> dict[str, Any]:
    """The first model: {"bias": …, "grams": {"w want to die": 2310, …}}, in thousandths.

    It is fitted twice, the second time with the n-grams of the largest weights alone. What is rare weighs more
    (inverse document frequency); what is implied is danger, with little weight.
    """
    found = [_grams(row.plain, language) for row in given]
    counts = Counter(gram for kinds in found for kind in kinds.values() for gram in kind)
    names = sorted(gram for gram, count in counts.items() if count >= SETTINGS["least"])
    y = np.array([row.kind in ("explicit", "implicit") for row in given])
    weight = np.array([SETTINGS["implicit"] if row.kind == "implicit" else 1.0 for row in given])
    rarity = {gram: log((1 + len(given)) / (1 + counts[gram])) + 1 for gram in names}
    coefficients, bias = _fit_grams(found, names, rarity, y, weight)
    order = sorted(range(len(names)), key=lambda i: (-abs(coefficients[i]), names[i]))[: SETTINGS["kept"]]
    names = sorted(names[i] for i in order)
    coefficients, bias = _fit_grams(found, names, rarity, y, weight)
    scaled = {name: round(value * classifier.SCALE) for name, value in zip(names, coefficients, strict=True)}
    return {"bias": round(bias, 3), "grams": {name: value for name, value in scaled.items() if value}}


@cache
def _grams(plain: str, language: str) -> Mapping[str, Collection[str]]:
    return {kind: sorted(grams) for kind, grams in classifier.grams(plain, language).items()}


def _fit_grams(
    found: Sequence[Mapping[str, Collection[str]]],
    names: Sequence[str],
    rarity: Mapping[str, float],
    y: np.ndarray,
    weight: np.ndarray,
) -> tuple[np.ndarray, float]:
    from scipy.sparse import csr_matrix

    at = {name: i for i, name in enumerate(names)}
    starts, columns, values = [0], [], []
    for kinds in found:
        for kind in kinds.values():
            known = [gram for gram in kind if gram in at]
            columns += [at[gram] for gram in known]
            values += [rarity[gram] / sqrt(len(known)) for gram in known]
        starts.append(len(columns))
    model = _logistic(SETTINGS["C"])
    model.fit(csr_matrix((values, columns, starts), (len(found), len(names))), y, weight)
    return model.coef_[0] * np.array([rarity[name] for name in names]), float(model.intercept_[0])


def _logistic(c: float) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=c, solver="liblinear", random_state=0)


def text_score(row: Row, grams: Mapping[str, Any]) -> float:
    """What the first model makes of a text."""
    weights = {"language": row.language, **grams}
    return sum(classifier.likeliest(row.plain, row.matches, weights).values()) + grams["bias"]


def fit_signs(given: Sequence[tuple[Row, float]]) -> dict[str, float]:
    """The second model, fitted to texts of writers whom neither the lexicon nor the given text scores know."""
    signs = [classifier.signs_of(score, row.plain, row.matches) for row, score in given]
    names = sorted(known_signs() - {"always"})
    model = _logistic(SETTINGS["C of signs"])
    model.fit([[sign.get(name, 0.0) for name in names] for sign in signs], [row.kind == "explicit" for row, _ in given])
    fitted = dict(zip(names, model.coef_[0], strict=True)) | {"always": model.intercept_[0]}
    return {name: round(float(value), 3) for name, value in sorted(fitted.items())}


def known_signs() -> set[str]:
    """The names of all that the second model may weigh."""
    levels = lexicon.table()["levels"][1:]
    excuses = ("over", "denied", "others", "told", "topic", "jest")
    return {"always", "text", "cue", "found", "text, found", "found, not weak"} | {
        *(f"found {level}" for level in levels),
        *(f"excused, {excuse}" for excuse in excuses),
    }


def probability(row: Row, score: float, signs: Mapping[str, float]) -> float:
    """What the second model makes of a text with this score."""
    return classifier.probability_of(classifier.signs_of(score, row.plain, row.matches), signs)


def fitted() -> dict[str, Any]:
    """The weights file: both models and the thresholds by language, and what leaving one writer out measures."""
    every = [row for path in tqdm(sorted(TEXTS.glob("*.jsonl")), "reading") for row in rows(path)]
    made: dict[str, Any] = {"texts": digest(), "left out": {}}
    for language in classifier.GRAMS:
        given = [row for row in every if row.language == language]
        scored = left_out(given, language)
        known = [(row, score) for row, score in scored if row.kind != "implicit"]
        judged = []
        for writer in sorted({row.writer for row, _ in scored}):
            signs = fit_signs([(row, score) for row, score in known if row.writer != writer or writer == TALK])
            judged += [(row, probability(row, score, signs)) for row, score in scored if row.writer == writer]
        limits = thresholds([(row, likely) for row, likely in judged if row.writer != PAIRS])
        made[language] = {**limits, "signs": fit_signs(known), **fit_grams(given, language)}
        made["left out"][language] = {
            writer: shares(
                [
                    (row, likely >= limits["found" if is_found(row) else "point"])
                    for row, likely in judged
                    if row.writer == writer
                ]
            )
            for writer in sorted({row.writer for row, _ in judged})
        }
    return made


def left_out(given: Sequence[Row], language: str) -> list[tuple[Row, float]]:
    """Each text of writers unknown to the lexicon, scored by a fit without its writer; small talk too, in parts."""
    new = sorted({row.writer for row in given} - {*SEEN, TALK})
    part = {id(row): new[number % len(new)] for number, row in enumerate(r for r in given if r.writer == TALK)}
    scored = []
    for writer in tqdm(new, f"leaving out, {language}"):
        out = [row for row in given if writer in (row.writer, part.get(id(row)))]
        left = {id(row) for row in out}
        grams = fit_grams([row for row in given if id(row) not in left], language)
        scored += [(row, text_score(row, grams)) for row in out]
    return scored


def thresholds(judged: Sequence[tuple[Row, float]]) -> dict[str, float]:
    """The lowest probabilities that lead to a pointer and to help, and for words of the lexicon to count ("found")."""
    talk = [(row, likely) for row, likely in judged if row.kind == "everyday"]
    harmless = [(row, likely) for row, likely in judged if row.kind in ("hyperbole", "others")]
    lowest = {
        name: max(_lowest(harmless, False, ALARMS[name]), _lowest(talk, False, share))
        for name, share in TALK_ALARMS.items()
    }
    found = min(_lowest(harmless, True, ALARMS["found"]), lowest["point"])
    return {name: round(limit, 3) for name, limit in (lowest | {"found": found}).items()}


def _lowest(judged: Sequence[tuple[Row, float]], found: bool, share: float) -> float:
    """The probability above which no more than a share of all texts lie, with words of the lexicon or without."""
    likely = sorted((p for row, p in judged if is_found(row) == found), reverse=True)
    most = int(len(judged) * share / 100)
    return likely[most] + 0.001 if most < len(likely) else 0.0


def is_found(row: Row) -> bool:
    """Whether the lexicon found something that counts."""
    return bool(lexicon.meant(row.matches))


def shares(judged: Sequence[tuple[Row, bool]]) -> dict[str, int]:
    """Of each kind, the share in per cent that was found."""
    of = Counter(row.kind for row, _ in judged)
    found = Counter(row.kind for row, is_found in judged if is_found)
    return {kind: round(100 * found[kind] / of[kind]) for kind in KINDS if of[kind]}


def measured(path: Path) -> dict[str, dict[str, int]]:
    """Of each language and kind of a set, the share in per cent that the check leads to a pointer or to help."""
    given = rows(path)
    judged = [(row, safety.tier(safety.check(row.text).level) != "none") for row in given]
    languages = dict.fromkeys(row.language for row in given)
    return {language: shares([j for j in judged if j[0].language == language]) for language in languages}


def main() -> None:
    """See the module's docstring."""
    parser = argparse.ArgumentParser(
        prog="python -m pica.chat.fitting", description="Fit the safety check's classifier."
    )
    parser.add_argument("--measure", type=Path, metavar="SET", help="print the shares found of a file of texts")
    options = parser.parse_args()
    if not options.measure:
        text = json.dumps(fitted(), indent=0, ensure_ascii=False, sort_keys=True) + "\n"
        with atomic_path(Path(__file__).parent / classifier.WEIGHTS) as path:
            path.write_text(text, encoding="utf-8")
        return
    for language, found in measured(options.measure).items():
        cells = [f"{kind} {share} %" for kind, share in found.items()]
        print(f"| {' | '.join([f'{options.measure.stem}: {language}', *cells])} |")


if __name__ == "__main__":
    main()
