"""DailyDialog's and RECCON's sample: made-up everyday dialogues, and for half of them why a turn feels as it does.

    dialogues_train.txt          What happened ? __eou__ I ’ m livid because Omar read my diary aloud . __eou__
    dialogues_act_train.txt      2 1
    dialogues_emotion_train.txt  0 1
    dailydialog_train.json       {"tr_0": [[…, {"turn": 2, "speaker": "B", "utterance": "I ’ m livid because …",
                                   "emotion": "anger", "expanded emotion cause evidence": [2],
                                   "expanded emotion cause span": ["Omar read my diary aloud"], …}]]}

| quirk of the native files | where the sample has it |
|---|---|
| blanks around marks in mixed styles, spaced curly apostrophes, glued sentences | `_style` |
| utterances without a letter, an ideographic full stop | `_with_oddities` |
| dialogues repeated in train with other labels, and of test in train | `_with_copies` |
| a line with one label too few | `quirks`, last of train |
| RECCON's test and valid partly in DailyDialog's train | `_annotated` |
| RECCON's stray spellings, causes outside the dialogue, explanations, flags | `quirks`, `_evidence` |
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

from pica.corpora.dailydialog import ACTS, EMOTIONS
from pica.sample import bank
from pica.schema import SPLITS, Cause, Conversation, Split, Turn

_RECCON_NAMES: dict[Split, str] = {
    "train": "dailydialog_train.json",
    "validation": "dailydialog_valid.json",
    "test": "dailydialog_test.json",
}
_PREFIXES: dict[Split, str] = {"train": "tr", "validation": "va", "test": "te"}

_SIZES: dict[Split, int] = {"train": 132, "validation": 28, "test": 44}
# From which split of DailyDialog how many dialogues went into each split of RECCON.
_RECCON_SIZES: dict[Split, dict[Split, int]] = {
    "test": {"train": 12, "test": 14},
    "validation": {"train": 2, "validation": 8},
    "train": {"train": 80},
}

# In how many of twenty stories a basic emotion of the bank is told, and what DailyDialog calls it.
_STORIES = {"joy": 7, "anger": 3, "sadness": 3, "surprise": 2, "fear": 3, "disgust": 2}
_LABELS = {emotion: emotion for emotion in _STORIES} | {"joy": "happiness", "neutral": "no emotion"}
_ECHOES = {
    "joy": ("joy", "joy", "surprise"),
    "anger": ("anger", "surprise", "neutral"),
    "sadness": ("sadness", "sadness", "neutral"),
    "surprise": ("surprise", "joy", "neutral"),
    "fear": ("fear", "surprise", "neutral"),
    "disgust": ("disgust", "neutral", "anger"),
}
# The acts of both turns of an exchange, and which act an annotator may take for which.
_KINDS = {"ask": ("question", "inform"), "request": ("directive", "commissive"), "tell": ("inform", "inform")}
_MISTAKEN = {"question": "directive", "directive": "question", "commissive": "inform", "inform": "commissive"}
# Answers that mean a promise after a wish, and nothing much after a statement.
_SHORT = ("OK.", "All right.", "Fine.", "Sure.", "Yes, of course.", "Fine, no problem.")

# A turn that is being written: its text with the «cause», its emotion and act.
_Draft = tuple[str, str, str]


def conversations(rng: Random) -> list[Conversation]:
    """RECCON's dialogues and DailyDialog's, by split."""
    own = []
    parts = {split: bank.Part(rng, split) for split in SPLITS}
    for split, size in _SIZES.items():
        feelings = bank.rounds(rng, _STORIES)
        # The first dialogues of train are those that RECCON holds out.
        lent = [s for s, origins in _RECCON_SIZES.items() if s != split for _ in range(origins.get(split, 0))]
        own += (
            _dialogue(parts[of], f"{split}/{number}", feelings, has_story=number < len(lent) or rng.random() < 0.72)
            for number, of in enumerate([*lent, *[split] * (size - len(lent))])
        )
    return [*_annotated(own), *(replace(c, causes=()) for c in _with_oddities(_with_copies(own)))]


def _dialogue(rng: bank.Part, key: str, feelings: Iterator[str], has_story: bool) -> Conversation:
    drafts: list[_Draft] = []
    if has_story:
        drafts += _story(rng, next(feelings))
    for _ in range(rng.choice((0, 1) if has_story else (1, 2, 3))):
        drafts += _errand(rng)
    style = _style(rng)
    texts, spans = zip(*(bank.unmark(style(text)) for text, _, _ in drafts), strict=True)
    turns = tuple(
        Turn("AB"[position % 2], text, emotion, act)
        for position, (text, (_, emotion, act)) in enumerate(zip(texts, drafts, strict=True))
    )
    return Conversation(
        f"dailydialog/{key}", "dailydialog", key.partition("/")[0], "en", turns, causes=tuple(_causes(turns, spans))
    )


def _errand(rng: bank.Part) -> Iterator[_Draft]:
    topic, kind = rng.choice(bank.TOPICS), rng.choice(("ask", "ask", "request", "tell"))
    first, second = bank.exchange(rng, topic, kind)
    if kind == "request" and rng.random() < 0.3:
        first = _politely(first)
    if kind != "ask" and rng.random() < 0.25:
        second = rng.choice(_SHORT)
    for text, act in zip((first, second), _KINDS[kind], strict=True):
        if rng.random() < 0.35:
            text = bank.fill(rng, "{opener} ") + bank.uncapitalised(text)
        yield text, "no emotion", _MISTAKEN[act] if rng.random() < 0.08 else act


def _politely(wish: str) -> str:
    """A wish in the form of a question; one that forbids or includes the speaker stays as it is."""
    if wish.startswith(("Don't", "Let")):
        return wish
    return f"Could you {bank.uncapitalised(wish.removesuffix('.')).replace(', please', '').removeprefix('please ')} ?"


def _story(rng: bank.Part, basic: str) -> Iterator[_Draft]:
    """One asks, the other tells what happened, the first takes it in some way and may give advice."""
    shade, echo = bank.shade(rng, basic), rng.choice(_ECHOES[basic])
    yield bank.greeting(rng), "no emotion", "question"
    yield bank.caused(rng, shade), _LABELS[bank.blur(rng, basic, _STORIES)], "inform"
    answer = bank.reaction(rng, echo)
    yield answer, _LABELS[echo], "question" if answer.endswith("?") else "inform"
    if basic in ("joy", "surprise") or rng.random() < 0.4:
        yield bank.utterance(rng, "neutral"), "no emotion", "inform"
    else:
        yield bank.say(rng, shade), _LABELS[basic], "inform"
        for text, act in zip(bank.advice(rng), ("directive", "commissive"), strict=True):
            yield text, "no emotion", act


def _causes(turns: Sequence[Turn], spans: Sequence[str]) -> Iterator[Cause]:
    """Each turn with an emotion has its cause in its own words or, where it names none, in the last turn that does."""
    source = None
    for position, turn in enumerate(turns):
        source = position if spans[position] else source
        if turn.emotion != "no emotion" and source is not None:
            yield Cause(position, turn.emotion, source, spans[source])


def _style(rng: bank.Part) -> Callable[[str], str]:
    """One dialogue's way with blanks and apostrophes."""
    curly, glued, tight = rng.random() < 0.3, rng.random() < 0.08, rng.random() < 0.2

    def style(text: str) -> str:
        if not tight:
            text = re.sub(r"(?<=[\w»])([.,!?]+)", r" \1", text)
        if curly:
            text = text.replace("'", " ’ ")
        if glued:
            text = re.sub(r" ?([.!?]) (?=[A-Z«])", r"\1", text)
        return re.sub(" +", " ", text).strip()

    return style


def _annotated(own: Sequence[Conversation]) -> Iterator[Conversation]:
    """RECCON's copies of some dialogues, as its own splits have them."""
    pools = {split: iter([c for c in own if c.split == split and c.causes]) for split in SPLITS}
    picked = [
        (split, next(pools[origin]))
        for split, origins in _RECCON_SIZES.items()
        for origin, size in origins.items()
        for _ in range(size)
    ]
    for position, (split, dialogue) in enumerate(sorted(picked, key=lambda pair: SPLITS.index(pair[0]))):
        # Now and then the last feeling has its reason outside the dialogue.
        causes = dialogue.causes[:-1] if position % 12 == 7 else dialogue.causes
        number = dialogue.id.rpartition("/")[2]
        yield replace(
            dialogue,
            id=f"dailydialog/{split}/reccon-{_PREFIXES[dialogue.split]}_{number}",
            split=split,
            turns=tuple(replace(turn, act=None) for turn in dialogue.turns),
            causes=causes,
        )


def _with_copies(own: Sequence[Conversation]) -> list[Conversation]:
    """Add to train dialogues of train, one with other labels, and one of validation and one of test."""
    train, validation, test = ([c for c in own if c.split == split] for split in SPLITS)
    other = tuple(replace(turn, emotion="no emotion", act="inform") for turn in train[-1].turns)
    extra = [train[-3], train[-2], replace(train[-1], turns=other), validation[-1], test[-1]]
    return _appended(own, {"train": extra})


def _with_oddities(own: Sequence[Conversation]) -> list[Conversation]:
    """Add to train utterances that no rule for English would expect."""
    texts = ("What time is it now ?", "9:00 !", "And what is your number ?", "92 .", "I see 。")
    labels = ("question", "inform", "question", "inform", "inform")
    turns = (
        Turn("AB"[n % 2], text, "no emotion", act) for n, (text, act) in enumerate(zip(texts, labels, strict=True))
    )
    return _appended(own, {"train": [replace(own[0], turns=tuple(turns))]})


def _appended(own: Sequence[Conversation], extra: dict[Split, list[Conversation]]) -> list[Conversation]:
    """Each split's dialogues and then its extra ones, numbered on."""
    dialogues = []
    for split in SPLITS:
        part = [*(c for c in own if c.split == split), *extra.get(split, ())]
        dialogues += (replace(c, id=f"dailydialog/{split}/{n}", split=split) for n, c in enumerate(part))
    return dialogues


def write(conversations: Sequence[Conversation], folder: Path) -> None:
    """The nine files of DailyDialog and the three of RECCON, whose copies tell themselves by their ids.

    DailyDialog's dialogues stand by split, numbered from 0 without gaps: the number is the line.
    """
    for split in SPLITS:
        part = [c for c in conversations if c.split == split]
        own = [c for c in part if "/reccon-" not in c.id]
        _lines(folder / f"dialogues_{split}.txt", ("".join(f"{t.text} __eou__ " for t in c.turns)[:-1] for c in own))
        _lines(folder / f"dialogues_act_{split}.txt", (_codes(ACTS.index(t.act) + 1 for t in c.turns) for c in own))
        _lines(
            folder / f"dialogues_emotion_{split}.txt",
            (_codes(EMOTIONS.index(t.emotion) for t in c.turns) for c in own),
        )
        copies = {c.id.partition("reccon-")[2]: [_reccon_turns(c)] for c in part if "/reccon-" in c.id}
        _save(folder / _RECCON_NAMES[split], copies)


def _lines(path: Path, lines: Iterator[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")


def _codes(codes: Iterator[int]) -> str:
    return "".join(f"{code} " for code in codes)


def _save(path: Path, dialogues: dict[str, Any]) -> None:
    path.write_text(json.dumps(dialogues, indent=4), encoding="ascii", newline="\n")


def _reccon_turns(conversation: Conversation) -> list[dict[str, Any]]:
    return [_reccon_turn(conversation, position, turn) for position, turn in enumerate(conversation.turns)]


def _reccon_turn(conversation: Conversation, position: int, turn: Turn) -> dict[str, Any]:
    row = {"turn": position + 1, "speaker": turn.speaker, "utterance": turn.text, "emotion": turn.emotion}
    if turn.emotion == "no emotion":
        return row | {"emotion": "neutral"}
    return row | _evidence(conversation, position, [c for c in conversation.causes if c.turn == position])


def _evidence(conversation: Conversation, position: int, causes: Sequence[Cause]) -> dict[str, list]:
    """The causes of a turn in the file's words; "b" where there is none in the dialogue."""
    if not causes:
        return {"expanded emotion cause evidence": ["b"], "expanded emotion cause span": ["b"], "type": ["latent"]}
    speakers = {conversation.turns[c.cause_turn].speaker for c in causes}
    if position in {c.cause_turn for c in causes}:
        kind = "no-context"
    elif speakers == {conversation.turns[position].speaker}:
        kind = "self-contagion"
    else:
        kind = "inter-personal" if len(speakers) == 1 else "hybrid"
    return {
        "expanded emotion cause evidence": [c.cause_turn + 1 for c in causes],
        "expanded emotion cause span": [c.span for c in causes],
        "type": [kind],
    }


# RECCON's other words for an emotion, one or two of each.
_STRAY: dict[Split, dict[str, tuple[str, ...]]] = {
    "train": {"happiness": ("happy", "excited"), "sadness": ("sad",), "surprise": ("surprised",), "anger": ("angry",)},
    "test": {"happiness": ("happines", "excited"), "sadness": ("sad",)},
    "validation": {},
}


def quirks(folder: Path) -> None:
    """The line of train with a label too few, and what RECCON's annotators left behind."""
    for name, line in (
        ("dialogues_train.txt", "".join(f"{text} __eou__ " for text in _TWELVE)[:-1]),
        ("dialogues_act_train.txt", "2 1 2 1 3 4 2 1 2 1 1 "),
        ("dialogues_emotion_train.txt", "0 0 0 0 0 0 0 4 0 0 0 "),
    ):
        with (folder / name).open("a", encoding="utf-8", newline="") as file:
            file.write(f"{line}\n")
    for split, name in _RECCON_NAMES.items():
        dialogues = json.loads((folder / name).read_text(encoding="ascii"))
        _leave_traces([turn for rows in dialogues.values() for turn in rows[0] if "type" in turn], _STRAY[split])
        _save(folder / name, dialogues)


def _leave_traces(turns: Sequence[dict[str, Any]], stray: dict[str, tuple[str, ...]]) -> None:
    for emotion, words in stray.items():
        felt = [turn for turn in turns if turn["emotion"] == emotion]
        for word, turn in zip(words, felt[1:], strict=False):
            turn["emotion"] = word
    for turn in turns[4::15]:
        turn["explanation"] = "One can tell from the way the person puts it."
    for turn in turns[6::20]:
        turn["flag"] = "F"
    for turn in turns[9::18]:
        turn["expanded emotion cause evidence"].append("b")
        turn["expanded emotion cause span"].append("b")


_TWELVE = (
    "Do you still have the tent ?",
    "It is in the cellar , behind the ladder .",
    "Is it dry ?",
    "I hung it up in August .",
    "Bring it down to the car , please .",
    "I'll get it after lunch .",
    "And the lamp ?",
    "I found a better one , with three lights !",
    "Does it need batteries ?",
    "It does .",
    "Four of them , I think .",
    "There are some in the drawer .",
)
