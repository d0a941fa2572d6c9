"""DailyDialog: everyday two-person dialogues, each utterance with an emotion and an act; and RECCON's causes for some.

DailyDialog is three parallel text files a split, UTF-8, LF: line i of each is dialogue i. `__eou__` follows every
utterance, a blank every label. Speakers are not named, they alternate:

    dialogues_train.txt          Did you feed the cat ? __eou__ Twice . Now he's asleep on your coat ! __eou__
    dialogues_act_train.txt      2 1
    dialogues_emotion_train.txt  0 4

RECCON is one JSON object a split, `{id: [[turn, …]]}`. Id `tr_12` is the 0-based line 12 of DailyDialog's train, `va_`
and `te_` are lines of its validation and test. A turn with an emotion has causes: "evidence" are 1-based turns, or "b"
for one outside the dialogue, and "span" gives the words of each:

    {"tr_12": [[{"turn": 1, "speaker": "A", "utterance": "Did you feed the cat ?", "emotion": "neutral"},
                {"turn": 2, "speaker": "B", "utterance": "Twice . Now he's asleep on your coat !",
                 "emotion": "happiness", "expanded emotion cause evidence": [2, "b"],
                 "expanded emotion cause span": ["he's asleep on your coat", "b"], "type": ["no-context"]}]]}

RECCON cut its own splits, mended texts and gave emotions anew, so its dialogues are conversations of their own, with
ids such as `dailydialog/train/reccon-tr_12`. More than half of its test lies in DailyDialog's train. Of two copies in
different splits the one in the earlier split is rejected: nothing is trained on that is tested elsewhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Any

from pica.corpora import native
from pica.corpora.corpus import Corpus, File, View
from pica.schema import SPLITS, Cause, Conversation, Rejected, Split, Turn

_URL = "https://raw.githubusercontent.com/bothe/politeEDAs/6f53306bf8d04fd79cfde58845dc975f74a1d8aa/ijcnlp_dailydialog"
_RECCON_URL = (
    "https://raw.githubusercontent.com/declare-lab/RECCON/579ea8a726f6705f7a3a02f7535b8f5595ec35aa"
    "/data/original_annotation"
)

# In the order of their codes: emotions from 0, acts from 1.
EMOTIONS = ("no emotion", "anger", "disgust", "fear", "happiness", "sadness", "surprise")
ACTS = ("inform", "question", "directive", "commissive")
_EMOTION_CODES = {str(code): emotion for code, emotion in enumerate(EMOTIONS)}
_ACT_CODES = {str(code): act for code, act in enumerate(ACTS, start=1)}

_RECCON_NAMES: dict[Split, str] = {
    "train": "dailydialog_train.json",
    "validation": "dailydialog_valid.json",
    "test": "dailydialog_test.json",
}
_RECCON_EMOTIONS = {
    **{emotion: emotion for emotion in EMOTIONS[1:]},
    "neutral": "no emotion",
    # Stray spellings. "excited" turns are happiness in DailyDialog.
    "happy": "happiness",
    "happines": "happiness",
    "excited": "happiness",
    "sad": "sadness",
    "surprised": "surprise",
    "angry": "anger",
}
_RECCON_ID = re.compile(r"(tr|va|te)_(0|[1-9][0-9]{0,8})")
_ORIGINS: dict[str, Split] = {"tr": "train", "va": "validation", "te": "test"}

# A dialogue of DailyDialog: its split and 0-based line.
_Origin = tuple[Split, int]


def read(folder: Path) -> Iterator[Conversation | Rejected]:
    """RECCON's dialogues, then DailyDialog's, which must know where RECCON has put its copies."""
    copies: dict[_Origin, Split] = {}
    for split, name in _RECCON_NAMES.items():
        for at, (key, value) in native.json_pairs(folder / name):
            origin = _origin(at, key)
            if origin in copies:
                at.fail(f"the dialogue {key} stands in RECCON a second time")
            copies[origin] = split
            yield _reccon_dialogue(at, key, value, split, origin)
    for split in SPLITS:
        yield from _dialogues(folder, split, copies)


def _dialogues(folder: Path, split: Split, copies: Mapping[_Origin, Split]) -> Iterator[Conversation | Rejected]:
    names = (f"dialogues_{split}.txt", f"dialogues_act_{split}.txt", f"dialogues_emotion_{split}.txt")
    files = (native.lines(folder / name, terminated=True) for name in names)
    for number, parallel in enumerate(zip_longest(*files)):
        if None in parallel:
            at, _ = next(line for line in parallel if line)
            at.fail(f"{', '.join(names)} should have as many lines each, and one ends before this line")
        yield _dialogue(number, parallel, split, copies.get((split, number), split))


def _dialogue(
    number: int, parallel: tuple[tuple[native.At, str], ...], split: Split, copy: Split
) -> Conversation | Rejected:
    (at, text), (at_act, acts), (at_emotion, emotions) = parallel
    key = f"dailydialog/{split}/{number}"
    utterances = _utterances(at, text)
    reason = None
    if not len(utterances) == len(acts.split()) == len(emotions.split()):
        # The release of 2017 has one: train, line 7852, where a stray `__eou__` cuts an utterance in two.
        reason = "label counts disagree"
    elif _is_earlier(split, copy):
        reason = f"its RECCON copy is in {copy}"
    if reason:
        row = json.dumps({"text": text, "act": acts, "emotion": emotions}, ensure_ascii=False)
        return Rejected(key, "dailydialog", split, reason, row)
    turns = tuple(
        Turn(
            speaker="AB"[position % 2],
            text=utterance,
            emotion=at_emotion.label(emotion, _EMOTION_CODES, "emotion"),
            act=at_act.label(act, _ACT_CODES, "act"),
        )
        for position, (utterance, act, emotion) in enumerate(
            zip(utterances, acts.split(), emotions.split(), strict=True)
        )
    )
    return Conversation(id=key, corpus="dailydialog", split=split, language="en", turns=turns)


def _utterances(at: native.At, line: str) -> list[str]:
    *utterances, tail = line.split("__eou__")
    if tail.strip() or not utterances:
        at.fail("the line should end with __eou__")
    return [at.text(utterance, "utterance") for utterance in utterances]


def _is_earlier(split: Split, other: Split) -> bool:
    return SPLITS.index(split) < SPLITS.index(other)


def _origin(at: native.At, key: str) -> _Origin:
    match = _RECCON_ID.fullmatch(key)
    if not match:
        at.fail(f"expected an id such as tr_12, found {key!r}")
    return _ORIGINS[match[1]], int(match[2])


def _reccon_dialogue(at: native.At, key: str, value: Any, split: Split, origin: _Origin) -> Conversation | Rejected:
    rows = value[0] if isinstance(value, list) and len(value) == 1 else None
    if not isinstance(rows, list) or not rows:
        at.fail(f"{key} should be a list of one list of turns")
    identifier = f"dailydialog/{split}/reccon-{key}"
    if _is_earlier(split, origin[0]):
        row = json.dumps({key: value}, ensure_ascii=False)
        return Rejected(identifier, "dailydialog", split, f"its DailyDialog copy is in {origin[0]}", row)
    turns = tuple(_reccon_turn(at, number, row) for number, row in enumerate(rows, start=1))
    causes = tuple(cause for turn, row in enumerate(rows) for cause in _causes(at, turn, row, turns))
    return Conversation(identifier, "dailydialog", split, "en", turns, causes=causes)


def _reccon_turn(at: native.At, number: int, row: Any) -> Turn:
    if at.field(row, "turn", int) != number:
        at.fail(f"expected turn {number}, found turn {row['turn']}")
    return Turn(
        speaker=at.label(at.field(row, "speaker", str), ("A", "B"), "speaker"),
        text=at.text(at.field(row, "utterance", str), "utterance"),
        emotion=at.label(at.field(row, "emotion", str), _RECCON_EMOTIONS, "emotion"),
    )


def _causes(at: native.At, turn: int, row: dict[str, Any], turns: tuple[Turn, ...]) -> Iterator[Cause]:
    evidence = at.field(row, "expanded emotion cause evidence", list, optional=True) or []
    spans = at.field(row, "expanded emotion cause span", list, optional=True) or []
    emotion = turns[turn].emotion
    if len(evidence) != len(spans) or bool(evidence) == (emotion == "no emotion"):
        at.fail(f"turn {turn + 1} ({emotion}) has {len(evidence)} pieces of evidence and {len(spans)} spans")
    for source, span in zip(evidence, spans, strict=True):
        if source == "b":
            continue
        if type(source) is not int or not 1 <= source <= len(turns):
            at.fail(f"turn {turn + 1} names {source!r} as evidence, which is no turn")
        if not isinstance(span, str) or not span.strip() or span not in turns[source - 1].text:
            at.fail(f"turn {turn + 1} has the cause {span!r}, which does not stand in turn {source}")
        yield Cause(turn=turn, emotion=emotion, cause_turn=source - 1, span=span)


# The views of DailyDialog's own conversations, and those of RECCON's copies of them, are kept apart by their ids.
_OWN, _RECCON = r"[0-9]+", r"reccon-.*"

CORPUS = Corpus(
    name="dailydialog",
    title="DailyDialog: A Manually Labelled Multi-turn Dialogue Dataset, with the emotion causes of RECCON",
    homepage="http://yanran.li/dailydialog",
    citation=(
        "Li, Su, Shen, Li, Cao, Niu. DailyDialog: A Manually Labelled Multi-turn Dialogue Dataset. IJCNLP 2017; "
        "Poria et al. Recognizing Emotion Cause in Conversations. Cognitive Computation 13 (2021)"
    ),
    # RECCON's repository states none; its annotation stands under MIT in another of its authors' repositories.
    licence="CC-BY-NC-SA-4.0",
    commercial=False,
    redistributable=True,
    personal=False,
    languages=("en",),
    read=read,
    emotions=EMOTIONS,
    acts=ACTS,
    views=(
        View("dailydialog-classification", "dialogue_emotion", 2000, asks="emotion", labels=EMOTIONS, ids=_OWN),
        View("dailydialog-cause", "emotion_cause", 834, asks="cause", ids=_RECCON),
        View(
            "dailydialog-generation", "dialogue_generation", 5000, asks="reply", controls=("emotion", "act"), ids=_OWN
        ),
        View("dailydialog-act-inference", "dialogue_inference", 5000, asks="act", labels=ACTS, ids=_OWN),
        View("dailydialog-emotion-inference", "dialogue_inference", 2000, asks="emotion", labels=EMOTIONS, ids=_OWN),
    ),
    files=(
        File(
            "dialogues_train.txt",
            f"{_URL}/train/dialogues_train.txt",
            "2128f3b82140b7d72d8d5bb989e5982a0394e4e40655995270d84c7eeee373b1",
            6041175,
        ),
        File(
            "dialogues_act_train.txt",
            f"{_URL}/train/dialogues_act_train.txt",
            "e910d5cfedc500d03dbedd3bcf8661ae8cf0e44d029e56a291f49a7b67042adf",
            185458,
        ),
        File(
            "dialogues_emotion_train.txt",
            f"{_URL}/train/dialogues_emotion_train.txt",
            "5c94e57c6e6c6641f4b1386513085f9d9b934229e732a556424ca7dfae4b6c77",
            185458,
        ),
        File(
            "dialogues_validation.txt",
            f"{_URL}/validation/dialogues_validation.txt",
            "2ad64701fe3a4449e7a6ee7cdc6c2a71c80f77b8a34f708ac0532395f499081c",
            558030,
        ),
        File(
            "dialogues_act_validation.txt",
            f"{_URL}/validation/dialogues_act_validation.txt",
            "fbeee7a1b2927c9cb33d6fdc384bb3ea55abf040928d2de4dcea57ab4a669682",
            17138,
        ),
        File(
            "dialogues_emotion_validation.txt",
            f"{_URL}/validation/dialogues_emotion_validation.txt",
            "3d4094299a995e998bbc3492ce1755c9abc1e7f56500c840e83b12dd16580596",
            17138,
        ),
        File(
            "dialogues_test.txt",
            f"{_URL}/test/dialogues_test.txt",
            "3c323651cdfb09f7b529f850eddf96a638fc6cc9b43330b77956ab248484a1a8",
            544208,
        ),
        File(
            "dialogues_act_test.txt",
            f"{_URL}/test/dialogues_act_test.txt",
            "566649e92babfa528a77757b161deeee91e9c91fe0db71760063747e132d3f4c",
            16480,
        ),
        File(
            "dialogues_emotion_test.txt",
            f"{_URL}/test/dialogues_emotion_test.txt",
            "482b7235f91a1441055a09241b2d2709bb1702f4a08d7316c27fa807cba7d3c9",
            16480,
        ),
        File(
            "dailydialog_train.json",
            f"{_RECCON_URL}/dailydialog_train.json",
            "b05bdc8363a57ecb6f8e7ab5f9e0eba227f0fe24cb9eb70d9e78f96e4a45457a",
            3569807,
            mirror="reccon",
        ),
        File(
            "dailydialog_valid.json",
            f"{_RECCON_URL}/dailydialog_valid.json",
            "e2fdbec102c2463ee86ccc2088d50fdcfe2eba5c6129bf6071476908bf453b1e",
            191861,
            mirror="reccon",
        ),
        File(
            "dailydialog_test.json",
            f"{_RECCON_URL}/dailydialog_test.json",
            "0356f0bd2eb8097ff983ff23d9cab5dced525406f3e633d4b24f925f4507c800",
            972369,
            mirror="reccon",
        ),
    ),
)
