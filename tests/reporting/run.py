"""A made-up run of four systems on nine views: what `Report` takes, scored by the real code."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import pandas as pd

from pica.evaluation import adherence as controls
from pica.evaluation import empathy as mechanisms
from pica.evaluation import general as guard
from pica.evaluation import label_tables
from pica.evaluation.outside import COLUMNS
from pica.evaluation.scoring import differences, headline, score_views
from pica.reporting.page import Report
from pica.reporting.tables import Asked
from pica.schema import Prediction

EMOTIONS = ("joy", "sadness", "anger", "surprise", "fear", "love")
FINE = tuple(f"feeling {i}" for i in range(14))
VIEWS = {  # view: task, language, labels
    "goemotions-coarse-classification": ("text_emotion", "en", EMOTIONS),
    "goemotions-fine-classification": ("text_emotion", "en", FINE),
    "ntcir13-classification": ("text_emotion", "zh", ("高兴", "悲伤", "愤怒")),
    "meld-classification": ("dialogue_emotion", "en", ("neutral", *EMOTIONS)),
    "dailydialog-cause": ("emotion_cause", "en", ()),
    "esconv-generation": ("dialogue_generation", "en", ()),
    "smilechat-generation": ("dialogue_generation", "zh", ()),
    "dailydialog-act-inference": ("dialogue_inference", "en", ("inform", "question", "directive", "commissive")),
    "esconv-situation-inference": ("dialogue_inference", "en", ()),
}
SKILL = {"majority": 0.25, "tfidf": 0.5, "base": 0.35, "tuned": 0.75}
GENERAL = {
    "base": {
        **{"general_perplexity_en": 41.2, "general_perplexity_zh": 1038.4},
        **{"general_accuracy_en": 45.0, "general_accuracy_zh": 31.0},
        **{"general_in_language_en": 100.0, "general_in_language_zh": 85.0},
        **{"general_bare_label_en": 0.0, "general_bare_label_zh": 0.0},
    },
    "tuned": {
        **{"general_perplexity_en": 44.1, "general_perplexity_zh": 1142.2},
        **{"general_ratio_en": 1.0704, "general_ratio_zh": 1.1},
        **{"general_accuracy_en": 42.0, "general_accuracy_zh": 31.0},
        **{"general_in_language_en": 100.0, "general_in_language_zh": 95.0},
        **{"general_bare_label_en": 15.0, "general_bare_label_zh": 5.0},
    },
}
SPEECH = {
    "en": "I lost my keys again and my sister is angry with me because we missed the train to the lake",
    "zh": "我今天又把钥匙弄丢了所以姐姐很生气我们没赶上去湖边的火车",
}


def report(kind: str = "sample", rows: int = 40) -> Report:
    """A whole report; `kind` is the source of the data, `rows` the test rows of each view."""
    corpora = sorted({view.partition("-")[0] for view in VIEWS})
    predictions = {system: _predictions(system, rows) for system in SKILL}
    scores = {system: score_views(made, draws=50, seed=0) for system, made in predictions.items()}
    gaps = [differences(predictions["tuned"], predictions[other], draws=50, seed=0) for other in list(SKILL)[:-1]]
    return Report(
        compared="tuned",
        params={
            "seed": 42,
            "datasets": "all",
            "source": {"kind": kind, "path": ""},
            "mixture": {"max_epochs": 1},
            "evaluate": {"label_scores": "raw", "wordnet": None, "bertscore": None, "bertscore_layer": None},
            "model": {"source": "scratch", "revision": ""},
            "train": {"lr": 0.004, "epochs": 6},
        },
        versions={"torch": "2.15.0", "transformers": "5.23.0"},
        speed="../.pica/speed/0123456789abcdef.txt",
        train={"loss": 0.412345, "steps": 600, "rows": 2480, "trainable_parameters": 221184},
        systems={system: headline(table) | guard.headline(GENERAL.get(system, {})) for system, table in scores.items()},
        scores=pd.concat(scores.values(), ignore_index=True),
        differences=pd.concat(gaps, ignore_index=True),
        filtered=filtered(corpora),
        views=_views(),
        cards=cards(corpora),
        leaks=leaks(corpora),
        cleaning=cleaning(corpora),
        mixture=_mixture(),
        curves=_curves(),
        variants=pd.concat([label_tables.variants(made).assign(system=s) for s, made in predictions.items()]),
        classes=label_tables.classes(predictions["tuned"]),
        bins=label_tables.bins(predictions["tuned"], "raw"),
        outside=outside(),
        adherence=adherence(),
        empathy=empathy(),
        general=general(),
        predictions=predictions,
        asked={(p.name, p.id): Asked("Which emotion? <script>", f"Ann: {p.gold}") for p in predictions["tuned"]},
    )


def outside() -> pd.DataFrame:
    rows = [
        (system, name, language, 60, metric, 30.0 + i, 25.0, 36.0, chance, words, words)
        for i, system in enumerate(("base", "tuned"))
        for name, language, metric, chance, words in (
            ("tombench-en", "en", "accuracy", 25.0, 28.3),
            ("eqbench2", "en", "score", None, None),
        )
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def adherence() -> pd.DataFrame:
    rows = [
        row
        for i, system in enumerate(SKILL)
        for row in (
            (system, "esconv-generation", "act", 40, 30.0 + i, 55.0, "esconv-act-inference", 58.3, None),
            (system, "smilechat-generation", *[None] * 6, "its prompts ask for no emotion and no act"),
        )
    ]
    return pd.DataFrame(rows, columns=controls.COLUMNS)


def empathy() -> pd.DataFrame:
    view, missing = "esconv-generation", "empathy_mental_health-exploration-classification is not in this run"
    rows = [
        row
        for i, system in enumerate(SKILL)
        for row in (
            (system, None, "exploration", *[None] * 6, missing),
            (system, view, "reaction", 40, 0.25 * i, 0.5167, 1 - 0.125 * i, 71.2644, 66.092, None),
            (system, "smilechat-generation", None, *[None] * 6, "its replies are not in English"),
        )
    ]
    return pd.DataFrame(rows, columns=mechanisms.COLUMNS)


def general() -> pd.DataFrame:
    rows = [row for system in SKILL for row in guard.table(system, "models/base", GENERAL.get(system, {}))]
    return pd.DataFrame(rows, columns=guard.COLUMNS)


def _predictions(system: str, rows: int) -> list[Prediction]:
    rng = random.Random(system)
    return [
        _prediction(system, view, task, language, labels, row, rng)
        for view, (task, language, labels) in VIEWS.items()
        for row in range(rows)
    ]


def _prediction(system, view, task, language, labels, row, rng) -> Prediction:
    gold_rng = random.Random(f"{view}{row}")
    dataset = view.partition("-")[0]
    about = (f"{dataset}/test/{row // 4}#{row}", view, task, dataset, language, system)
    right = rng.random() < SKILL[system]
    if labels:
        gold = gold_rng.choices(labels, weights=range(len(labels), 0, -1))[0]
        label = gold if right else rng.choice(labels)
        parsed = label if rng.random() < 0.9 else None
        chance = random.Random(f"{system}{view}{row}").random
        scores = tuple(chance() - 4 + 5 * (label == other) for other in labels)
        given = (labels, scores, (2,) * len(labels), tuple(chance() for _ in labels), (), 1.5)
        return Prediction(*about, gold, parsed or "it is hard to say", label, parsed, True, *given)
    unit = (lambda words: "".join(words)) if language == "zh" else " ".join
    words = list(SPEECH["zh"]) if language == "zh" else SPEECH["en"].split()
    start = gold_rng.randrange(len(words) - 6)
    gold = unit(words[start : start + 6])
    shift = 0 if right else rng.randrange(len(words) - 4)
    output = gold if right and rng.random() < 0.4 else unit(words[shift : shift + 5])
    return Prediction(*about, gold, output, None, None, rng.random() < 0.97)


def filtered(corpora: Sequence[str]) -> pd.DataFrame:
    rng = random.Random(1)
    reasons = [
        "stands in a test set",
        "said twice",
        "empty",
        "too long",
        "no label",
        "not its language",
        "one speaker",
        "spam",
    ]
    rows = []
    for corpus in corpora:
        size = rng.choice([300, 2000, 14000])
        rows.append((corpus, "train", "kept", size))
        rows += [(corpus, "train", reason, rng.randrange(size // 8)) for reason in rng.sample(reasons, 3)]
        rows.append((corpus, "test", "kept", size // 10))
    return pd.DataFrame(rows, columns=["corpus", "split", "outcome", "rows"])


def cards(corpora: Sequence[str]) -> pd.DataFrame:
    rng = random.Random(3)
    rows = [
        {
            "corpus": corpus,
            "train": rng.choice([300, 2000, 41_000]),
            "validation": rng.choice([0, 200]),
            "test": 250,
            "label_balance": np.nan if number % 4 == 3 else rng.random(),
            "duplicate_rate": rng.random() / 5,
            "near_duplicate_rate": rng.random() / 4,
            "conflict_rate": 0.0 if number % 3 else rng.random() / 10,
            "leak_rate": 0.0 if number % 2 else rng.random() / 3,
            "shared_rate": rng.random() / 9,
            "mean_words": rng.uniform(4, 90),
            "language": "zh" if number % 5 == 4 else "en",
            "licence": "CC BY-NC-SA 4.0" if number % 2 else "MIT",
            "commercial": number % 2 == 0,
            "note": "a classifier wrote the labels" if number % 7 == 1 else "",
            "verdict": "drop" if number % 6 == 5 else "keep",
            "why": "61.0 % duplicates, filter.max_duplicates=0.5" if number % 6 == 5 else "",
        }
        for number, corpus in enumerate(corpora)
    ]
    return pd.DataFrame(rows)


def leaks(corpora: Sequence[str]) -> pd.DataFrame:
    rng = random.Random(4)
    rows = [
        (held_out, split, train, rng.choice([0, 0, 2, 31, 1204]), rng.choice([0, 0, 0, 7, 290]))
        for held_out in corpora[::2]
        for split in ("validation", "test")
        for train in corpora
    ]
    return pd.DataFrame(rows, columns=["held_out", "split", "train", "conversations", "turns"])


def cleaning(corpora: Sequence[str]) -> pd.DataFrame:
    rng = random.Random(5)
    columns = ["corpus", "turns", "unchanged", "repaired", "blanks", "url", "email"]
    rows = [
        (corpus, 9000, 9000 - 400 * (n % 3), 300 * (n % 3), rng.randrange(90), n % 3, 0)
        for n, corpus in enumerate(corpora)
    ]
    return pd.DataFrame(rows, columns=columns)


def _views() -> pd.DataFrame:
    rows = [
        (view, view.partition("-")[0], task, language, split, share * 100, share * 312)
        for view, (task, language, _) in VIEWS.items()
        for split, share in (("train", 8), ("validation", 1), ("test", 1))
    ]
    return pd.DataFrame(rows, columns=["view", "corpus", "task", "language", "split", "conversations", "examples"])


def _mixture() -> pd.DataFrame:
    rng = random.Random(2)
    rows = []
    for view, (task, language, _) in VIEWS.items():
        available, cap = 8 * 312, rng.randrange(500, 5000)
        taken = min(cap, available)
        rows.append(
            (view, task, view.partition("-")[0], language, available, cap, taken, taken / available, 40 * taken)
        )
    columns = ["view", "task", "corpus", "language", "n", "cap", "rows", "epochs", "tokens"]
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(share=table["rows"] / table["rows"].sum())


def _curves() -> pd.DataFrame:
    steps = np.arange(1, 601)
    noise = np.random.default_rng(0).normal(0, 0.05, len(steps))
    loss = 0.4 + 3.2 * np.exp(-steps / 90) + noise
    return pd.DataFrame({"step": steps, "loss": loss, "validation": np.where(steps % 100, np.nan, loss - noise + 0.1)})
