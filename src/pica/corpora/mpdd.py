"""MPDD: dialogues of five TV series in traditional characters, each turn with an emotion, and who people are to others.

`dialogue.json` (published in a zip) is one object on one line, ASCII with escapes, a key a dialogue:

    {"9001": [{"speaker": "林母", "utterance": "這盆花是誰澆的？", "listener": [{"name": "林曉", "relation": "parent"}],
               "emotion": "surprise"},
              {"speaker": "林曉", "utterance": "是我，澆多了嗎？", "listener": [{"name": "林母", "relation": "child"}],
               "emotion": "fear"}]}

`relation` is what the speaker is to that listener. Where two people talk alone, what the first is to the second and the
second to the first is the conversation's situation (`parent|child`), and each one's part is a sentence of their persona
(我是对方的父母。). People are called 甲, 乙 and so on in the order in which they are first met, also where others call
them by name; names of one character are left in the text, where they mean much else.

There is no split. The series stand in five blocks of ids, and the same people, with the same relations, in hundreds of
their dialogues, so that a split by dialogue would teach names: the fourth block (2155 to 3056) is the test set here,
and the second (1386 to 1840) is for validation. Which of 25 relations it is can hardly be told across series (macro-F1
of counted words: 13.6); asked for is the field, of four (45.5).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pica.corpora import native
from pica.corpora.corpus import Corpus, File, View
from pica.corpora.labels import groups_of
from pica.schema import LABEL_SEPARATOR, Conversation, Persona, Split, Turn

EMOTIONS = ("neutral", "happiness", "sadness", "angry", "surprise", "fear", "disgust")
WORDS = dict(zip(EMOTIONS, ("中性", "高兴", "悲伤", "生气", "惊讶", "害怕", "厌恶"), strict=True))

# What one is to the other, in Chinese; who is unknown to whom has no part.
RELATIONS = {
    "parent": "父母",
    "parent-in-law": "公婆或岳父母",
    "grandparent": "祖父母",
    "other superior": "长辈亲戚",
    "spouse": "配偶",
    "brothers and sisters": "兄弟姐妹",
    "other peer": "平辈亲戚",
    "child": "子女",
    "son/daughter-in-law": "女婿或儿媳",
    "grandchild": "孙子女",
    "other inferior": "晚辈亲戚",
    "teacher": "老师",
    "classmate": "同学",
    "student": "学生",
    "boss": "上司",
    "colleague": "同事",
    "subordinate": "下属",
    "partner": "合伙人",
    "couple": "恋人",
    "friend": "朋友",
    "enemy": "敌人",
    "consignee": "受托人",
    "consignor": "委托人",
    "stranger": "陌生人",
    "unknown": "",
}
# The fields that the authors group them by.
FIELDS = groups_of(
    {
        "家庭": tuple(RELATIONS)[:11],
        "学校": ("teacher", "classmate", "student"),
        "公司": ("boss", "colleague", "subordinate", "partner"),
        "其他": ("couple", "friend", "enemy", "consignee", "consignor", "stranger", "unknown"),
    }
)

_CALLED = "甲乙丙丁戊己庚辛壬癸"
_Relations = Mapping[tuple[str, str], str]


def read(folder: Path) -> Iterator[Conversation]:
    """One conversation a dialogue."""
    last = 0
    for at, (key, rows) in native.json_pairs(folder / "dialogue.json"):
        number = at.integer(key, "dialogue id")
        if number <= last:
            at.fail(f"dialogue {number} after dialogue {last}: their ids ascend")
        last = number
        if not isinstance(rows, list) or not rows:
            at.fail(f"expected the utterances of dialogue {number}")
        yield _conversation(at, number, rows)


def _conversation(at: native.At, number: int, rows: Sequence[Any]) -> Conversation:
    relations = _relations(at, rows)
    people = list(dict.fromkeys(name for pair in relations for name in pair))
    if len(people) > len(_CALLED):
        at.fail(f"more than {len(_CALLED)} people in dialogue {number}")
    called = dict(zip(people, _CALLED, strict=False))
    split = _split(number)
    alone = relations if len(people) == 2 else {}
    return Conversation(
        id=f"mpdd/{split}/{number}",
        corpus="mpdd",
        split=split,
        language="zh",
        turns=tuple(_turn(at, row, called) for row in rows),
        situation=LABEL_SEPARATOR.join(alone.values()) or None,
        personas=tuple(
            Persona(called[speaker], f"我是对方的{RELATIONS[relation]}。")
            for (speaker, _), relation in alone.items()
            if RELATIONS[relation]
        ),
    )


def _split(number: int) -> Split:
    if 2155 <= number <= 3056:
        return "test"
    return "validation" if 1386 <= number <= 1840 else "train"


def _relations(at: native.At, rows: Sequence[Any]) -> _Relations:
    """(speaker, listener) → what the first is to the second, in the order of the dialogue."""
    found: dict[tuple[str, str], str] = {}
    for row in rows:
        speaker = _name(at, row, "speaker")
        listeners = at.field(row, "listener", list)
        if not listeners:
            at.fail("an utterance without a listener")
        for listener in listeners:
            pair = speaker, _name(at, listener, "name")
            relation = at.label(at.field(listener, "relation", str), tuple(RELATIONS), "relation")
            if speaker == pair[1] or found.setdefault(pair, relation) != relation:
                at.fail(f"{speaker} is two things to {pair[1]}, or talks to themselves")
    return found


def _name(at: native.At, row: Any, key: str) -> str:
    return at.text(at.field(row, key, str), key)


def _turn(at: native.At, row: Any, called: Mapping[str, str]) -> Turn:
    text = at.text(at.field(row, "utterance", str), "utterance")
    for name in sorted(called, key=len, reverse=True):  # a name may be a part of another one
        if len(name) > 1:
            text = text.replace(name, called[name])
    emotion = at.label(at.field(row, "emotion", str), EMOTIONS, "emotion")
    return Turn(called[_name(at, row, "speaker")], text, emotion)


CORPUS = Corpus(
    name="mpdd",
    title="MPDD: a multi-party dialogue dataset for analysis of emotions and interpersonal relationships",
    homepage="https://github.com/ntunlplab/Dialogue-MPDD",
    citation=(
        "Chen, Huang, Chen. MPDD: A Multi-Party Dialogue Dataset for Analysis of Emotions and Interpersonal "
        "Relationships. LREC 2020"
    ),
    licence="unstated",
    commercial=False,
    redistributable=False,
    personal=False,
    languages=("zh",),
    read=read,
    emotions=EMOTIONS,
    views=(
        View(
            "mpdd-classification",
            "dialogue_emotion",
            2000,
            asks="emotion",
            labels=tuple(WORDS.values()),
            relabel=WORDS,
        ),
        View(
            "mpdd-relation-inference",
            "dialogue_inference",
            2000,
            asks="relation",
            of="conversation",
            labels=tuple(dict.fromkeys(FIELDS.values())),
            relabel=FIELDS,
        ),
        View(
            "mpdd-generation",
            "dialogue_generation",
            2000,
            asks="reply",
            controls=("emotion", "persona"),
            relabel=WORDS,
        ),
    ),
    files=(
        File(
            "dialogue.json",
            "https://raw.githubusercontent.com/ntunlplab/Dialogue-MPDD/0826d60b6be18437ba3e7ac2082acbd757a32cbf/mpdd.zip",
            "a0dacb5201d83f571ead41820e19fd34772ef3550775160941a702b5e267d8a1",
            6927381,
            member="mpdd/dialogue.json",
            archive_sha256="adddbf85b1ccdd4a9e6fc13f891f2f14834c075a617489efc7f796cb5b6a73cd",
        ),
    ),
)
