"""CPED: dialogues of Chinese TV series, each line with an emotion and an act, each character with traits.

Three CSV files, one a split, by series: UTF-8 with a byte-order mark, minimal quoting, CRLF or LF. A row is a line of
subtitles, so one speaker often has several in a row; rows of a dialogue stand together:

    TV_ID,Dialogue_ID,Utterance_ID,Speaker,Gender,Age,Neuroticism,…,Scene,…,Sentiment,Emotion,DA,…
    99,99_001,99_001_003,小周,male,young,low,…,office,…,negative,worried,question,那 我们怎么办

Utterances ascend, with gaps. Blanks in a line are pauses: between two Chinese characters one becomes a comma. `其他`
(others) is every minor role.
Gender, age and five traits are one and the same throughout a dialogue; a speaker of whom they are known has them as a
persona in words. The scene is the situation where it does not change. Neither can be told from the words across series
(counted words reach what chance does: 48.9 for the five traits, 9.2 for the scene), so both are controls of replies and
nothing is asked about them. The sentiment follows from the emotion; it is checked.

`train_split.csv` is too large for the mirror (it is pinned by its Git blob). Without it in the folder, the dialogues of
`valid_split.csv` are for training, but for a tenth of them, by id.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

from pica.corpora import native
from pica.corpora.corpus import Corpus, File, View, split_by_group
from pica.schema import Conversation, Persona, Split, Turn

_URL = "https://raw.githubusercontent.com/scutcyr/CPED/1e4b81c28a123f22387e06664f37e5dc9322380f/data/CPED"

WORDS = {
    "neutral": "中性",
    "happy": "高兴",
    "grateful": "感激",
    "relaxed": "放松",
    "positive-other": "其他积极",
    "anger": "愤怒",
    "sadness": "悲伤",
    "fear": "害怕",
    "depress": "沮丧",
    "disgust": "厌恶",
    "astonished": "惊讶",
    "worried": "担忧",
    "negative-other": "其他消极",
}
SENTIMENTS = {"neutral": "中性", "positive": "积极", "negative": "消极"}
ACTS = {
    "greeting": "问候",
    "question": "提问",
    "answer": "回答",
    "statement-opinion": "表达观点",
    "statement-non-opinion": "陈述",
    "apology": "道歉",
    "command": "命令",
    "agreement": "同意",
    "disagreement": "反对",
    "acknowledge": "应答",
    "appreciation": "赞赏",
    "interjection": "感叹",
    "conventional-closing": "告别",
    "thanking": "感谢",
    "quotation": "引述",
    "reject": "拒绝",
    "irony": "反讽",
    "comfort": "安慰",
    "other": "其他",
}
SCENES = {
    "home": "家里",
    "office": "办公室",
    "restaurant": "餐厅",
    "car": "车里",
    "school": "学校",
    "hospital": "医院",
    "entertainment-venue": "娱乐场所",
    "mall": "商场",
    "sports-venue": "运动场所",
    "outdoor": "户外",
    "other-venue": "其他场所",
}
GENDERS = {"male": "男", "female": "女", "unknown": ""}
AGES = {
    "children": "儿童",
    "teenager": "少年",
    "young": "青年",
    "middle-aged": "中年",
    "elderly": "老年",
    "unknown": "",
}
# high, low
TRAITS = {
    "Neuroticism": ("情绪敏感", "情绪稳定"),
    "Extraversion": ("性格外向", "性格内向"),
    "Openness": ("乐于尝新", "观念传统"),
    "Agreeableness": ("待人随和", "待人强硬"),
    "Conscientiousness": ("做事认真", "做事随性"),
}

_COLUMNS = (
    "TV_ID",
    "Dialogue_ID",
    "Utterance_ID",
    "Speaker",
    "Gender",
    "Age",
    *TRAITS,
    "Scene",
    "FacePosition_LU",
    "FacePosition_RD",
    "Sentiment",
    "Emotion",
    "DA",
    "Utterance",
)
_TRAIN, _VALID, _TEST = "train_split.csv", "valid_split.csv", "test_split.csv"
_SENTIMENT_OF = {
    "neutral": "neutral",
    **dict.fromkeys(("happy", "grateful", "relaxed", "positive-other"), "positive"),
    **dict.fromkeys(tuple(WORDS)[5:], "negative"),
}
_PAUSE = re.compile(r"(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff])")
_OTHERS = {"其他": "旁人"}

_Row = tuple[native.At, dict[str, str]]


def read(folder: Path) -> Iterator[Conversation]:
    """One conversation a dialogue."""
    if (folder / _TRAIN).exists():
        yield from _dialogues(folder / _TRAIN, lambda _: "train")
        yield from _dialogues(folder / _VALID, lambda _: "validation")
    else:
        yield from _dialogues(folder / _VALID, lambda key: split_by_group(f"cped/{key}", test=0))
    yield from _dialogues(folder / _TEST, lambda _: "test")


def _dialogues(path: Path, split_of) -> Iterator[Conversation]:
    seen = set()
    for key, group in groupby(native.table(path, _COLUMNS), key=lambda row: row[1]["Dialogue_ID"]):
        rows = list(group)
        if key in seen or not re.fullmatch(r"\d{1,4}_\d{1,6}", key):
            rows[0][0].fail(f"rows of dialogue {key!r} stand apart, or it is not numbered as 99_001 is")
        seen.add(key)
        yield _conversation(key, split_of(key), rows)


def _conversation(key: str, split: Split, rows: Sequence[_Row]) -> Conversation:
    _require_order(key, rows)
    turns = tuple(_turn(at, row) for at, row in rows)
    scenes = {at.label(row["Scene"], tuple(SCENES), "scene") for at, row in rows}
    return Conversation(
        id=f"cped/{split}/{key}",
        corpus="cped",
        split=split,
        language="zh",
        turns=turns,
        situation=scenes.pop() if len(scenes) == 1 else None,
        personas=tuple(_personas(rows)),
    )


def _require_order(key: str, rows: Sequence[_Row]) -> None:
    last = -1
    for at, row in rows:
        number = at.integer(row["Utterance_ID"].removeprefix(f"{key}_"), f"utterance of dialogue {key}")
        if number <= last:
            at.fail(f"utterance {number} after utterance {last} of dialogue {key}")
        last = number


def _turn(at: native.At, row: Mapping[str, str]) -> Turn:
    emotion = at.label(row["Emotion"], tuple(WORDS), "emotion")
    at.label(row["Sentiment"], (_SENTIMENT_OF[emotion],), f"sentiment of {emotion}")
    text = _PAUSE.sub("，", at.text(row["Utterance"], "utterance"))
    return Turn(_speaker(at, row), text, emotion, at.label(row["DA"], tuple(ACTS), "act"))


def _speaker(at: native.At, row: Mapping[str, str]) -> str:
    name = at.text(row["Speaker"], "speaker")
    return _OTHERS.get(name, name)


def _personas(rows: Sequence[_Row]) -> Iterator[Persona]:
    """Who the speakers are: gender and age, and traits, each a sentence. Of minor roles nothing is known."""
    profiles: dict[str, tuple[str, ...]] = {}
    for at, row in rows:
        profile = tuple(_profile(at, row))
        if profiles.setdefault(_speaker(at, row), profile) != profile:
            at.fail(f"{row['Speaker']} has two profiles in one dialogue")
    for speaker, profile in profiles.items():
        for words in (profile[:2], profile[2:]):
            if any(words):
                yield Persona(speaker, "，".join(filter(None, words)) + "。")


def _profile(at: native.At, row: Mapping[str, str]) -> Iterator[str]:
    yield at.label(row["Gender"], GENDERS, "gender")
    yield at.label(row["Age"], AGES, "age")
    for trait, (high, low) in TRAITS.items():
        yield at.label(row[trait], {"high": high, "low": low, "unknown": ""}, trait)


def _file(name: str, sha256: str = "", size: int = 0, git_blob: str = "") -> File:
    return File(name, f"{_URL}/{name}", sha256, size, git_blob=git_blob)


CORPUS = Corpus(
    name="cped",
    title="CPED: a Chinese personalized and emotional dialogue dataset",
    homepage="https://github.com/scutcyr/CPED",
    citation=(
        "Chen, Fan, Xing, Pang, Yang, Zhang, Xu. CPED: A Large-Scale Chinese Personalized and Emotional Dialogue "
        "Dataset for Conversational AI. arXiv:2205.14727 (2022)"
    ),
    licence="Apache-2.0",
    # The licence is the repository's; its README gives the data, lines of TV series, for research.
    commercial=False,
    redistributable=True,
    personal=False,
    languages=("zh",),
    read=read,
    emotions=tuple(WORDS),
    acts=tuple(ACTS),
    views=(
        View(
            "cped-classification",
            "dialogue_emotion",
            2000,
            asks="emotion",
            labels=tuple(WORDS.values()),
            relabel=WORDS,
        ),
        View(
            "cped-sentiment-classification",
            "dialogue_emotion",
            2000,
            asks="sentiment",
            labels=tuple(SENTIMENTS.values()),
            relabel={emotion: SENTIMENTS[sentiment] for emotion, sentiment in _SENTIMENT_OF.items()},
        ),
        View("cped-act-inference", "dialogue_inference", 2000, asks="act", labels=tuple(ACTS.values()), relabel=ACTS),
        View(
            "cped-generation",
            "dialogue_generation",
            2000,
            asks="reply",
            controls=("speaker", "persona", "scene", "emotion", "act"),
            relabel={**WORDS, **ACTS, **SCENES},
        ),
    ),
    files=(
        _file(_TRAIN, git_blob="e592c5f9aebccc1f22a0a40d71a702f105bba23b"),
        _file(_VALID, "f434a04d21640bb38c849f3e9598c2b7b2fbdb49be6a7365b2ae016019bd389b", 1672923),
        _file(_TEST, "a4bcde678438ba1f95224d8e772e40f1f1df7c72f348796b3fafd421c2443a53", 4137142),
    ),
)
