"""IEMOCAP's sample: made-up scenes of two, improvised and scripted, as transcripts and evaluations.

    Session1/dialog/transcriptions/Ses01F_impro01.txt
    Ses01F_impro01_F000 [001.2000-003.4500]: You went behind my back!
    Session1/dialog/EmoEvaluation/Ses01F_impro01.txt
    [1.2000 - 3.4500]<TAB>Ses01F_impro01_F000<TAB>ang<TAB>[2.0000, 3.5000, 3.0000]

| quirk of the native files | where the sample has it |
|---|---|
| each session has the same script | `_script` |
| `xxx`: raters who do not agree | `_evaluation` |
| turns numbered XX, which nobody rated | `_ids` |
| evaluations grouped by speaker, blocks apart by a blank line, comments, a missing value | `_evaluation`, `_block` |
| sounds in brackets, colons in a text | `_spoken` |
| lines out of order, lines without an id | `quirks` |
| a file of one rater, an archive's leftover, latin-1 | `quirks` |
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

from pica.sample import bank
from pica.sample.bank import scenes
from pica.sample.bank.slots import sentences
from pica.schema import Conversation, Split, Turn

_SESSIONS: dict[int, Split] = {1: "train", 2: "train", 3: "train", 4: "validation", 5: "test"}
# Improvised scenes of each session, beside the script that all share.
_IMPROVISED = {1: 9, 2: 9, 3: 9, 4: 3, 5: 7}
_TURNS = 9

_CODES = {
    "neutral": "neu",
    "happiness": "hap",
    "sadness": "sad",
    "anger": "ang",
    "excited": "exc",
    "frustration": "fru",
    "surprise": "sur",
    "fear": "fea",
    "disgust": "dis",
    "other": "oth",
}
# What raters write, and valence, activation and dominance.
_RATINGS = {
    "neutral": ("Neutral", 2.5, 2.5),
    "happiness": ("Happiness", 4.0, 3.0),
    "sadness": ("Sadness", 2.0, 2.0),
    "anger": ("Anger", 1.5, 4.0),
    "excited": ("Excited", 4.5, 4.0),
    "frustration": ("Frustration", 2.0, 3.0),
    "surprise": ("Surprise", 3.5, 3.5),
    "fear": ("Fear", 2.0, 3.5),
    "disgust": ("Disgust", 2.0, 2.5),
    "other": ("Other", 3.0, 2.5),
}
_STORIES = {
    "happiness": 3,
    "sadness": 3,
    "anger": 3,
    "excited": 3,
    "frustration": 3,
    "surprise": 1,
    "fear": 1,
    "disgust": 1,
    "other": 1,
}
_LABELS = scenes.Labels(
    shades={
        "neutral": ("neutral",),
        "happiness": ("joy", "contentment", "love"),
        "sadness": ("sadness", "grief", "loneliness"),
        "anger": ("anger", "fury"),
        "excited": ("excitement", "anticipation"),
        "frustration": ("frustration",),
        "surprise": ("surprise",),
        "fear": ("fear",),
        "disgust": ("disgust",),
        "other": ("jealousy", "nostalgia"),
    },
    echoes={
        "happiness": ("happiness", "excited", "neutral"),
        "sadness": ("sadness", "sadness", "neutral"),
        "anger": ("anger", "frustration", "neutral"),
        "excited": ("excited", "happiness", "neutral"),
        "frustration": ("frustration", "anger", "neutral"),
        "surprise": ("excited", "neutral"),
        "fear": ("sadness", "neutral"),
        "disgust": ("frustration", "neutral"),
        "other": ("neutral",),
    },
    neutral="neutral",
)
_SOUNDS = ("[LAUGHTER]", "[BREATHING]", "[GARBAGE]")


def conversations(rng: Random) -> list[Conversation]:
    """The scenes, session by session, in the order of their files' names."""
    # Three of the sessions that play the script are trained on: its lines must be no others'.
    script, made = _script(bank.Part(rng, "test")), []
    for session, split in _SESSIONS.items():
        part, plot = bank.Part(rng, split), bank.rounds(rng, _STORIES)
        files = {
            f"Ses{session:02}{'FM'[number % 2]}_impro{number + 1:02}": _scene(part, plot)
            for number in range(_IMPROVISED[session])
        }
        files[f"Ses{session:02}M_script01_1"] = _played(part, script)
        made += (
            Conversation(f"iemocap/{split}/{name}", "iemocap", split, "en", tuple(turns))
            for name, turns in sorted(files.items())
        )
    return made


def _scene(rng: bank.Part, plot: Iterator[str]) -> list[Turn]:
    turns: list[Turn] = []
    while len(turns) < _TURNS:
        for speaker, label, text in scenes.beat(rng, "FM", plot, _LABELS):
            turns.append(Turn(speaker, _spoken(rng, text), _rated(rng, label)))
            if rng.random() < 0.06:
                turns.append(Turn("FM"[speaker == "F"], rng.choice(("Mm.", "Yeah.", "Hm."))))
    return turns


def _spoken(rng: Random, text: str) -> str:
    """A line as it is transcribed. Nobody has a name but those they talk about."""
    text = text.replace("F, ", "", 1).replace(", F", "").replace("M, ", "", 1).replace(", M", "")
    text = sentences(text.replace("You know, ", "You know: "))
    return f"{text} {rng.choice(_SOUNDS)}" if rng.random() < 0.08 else text


def _rated(rng: Random, label: str) -> str | None:
    """The emotion, or none where the raters do not agree. The rare ones are few enough."""
    return None if rng.random() < 0.12 and _STORIES.get(label) != 1 else label


def _script(rng: bank.Part) -> list[Turn]:
    return _scene(rng, bank.rounds(rng, _STORIES))


def _played(rng: bank.Part, script: Sequence[Turn]) -> list[Turn]:
    """The script as two actors play it: a line is changed, and some sound neutral."""
    changed = rng.randrange(len(script))
    return [
        Turn(
            turn.speaker,
            bank.plain(rng) if place == changed else turn.text,
            "neutral" if place == changed or (turn.emotion and rng.random() < 0.1) else turn.emotion,
        )
        for place, turn in enumerate(script)
    ]


def write(conversations: Sequence[Conversation], folder: Path) -> None:
    """A transcript and an evaluation of each scene."""
    for conversation in conversations:
        name = conversation.id.rpartition("/")[2]
        for kind, lines in (
            ("transcriptions", _transcript(name, conversation)),
            ("EmoEvaluation", _evaluation(name, conversation)),
        ):
            path = folder / f"Session{int(name[3:5])}" / "dialog" / kind / f"{name}.txt"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")


def _ids(name: str, conversation: Conversation) -> list[str]:
    """Turn ids, numbered for each speaker; short turns without a label are XX, which nobody rated."""
    ids: list[str] = []
    for turn in conversation.turns:
        prefix = f"{name}_{turn.speaker}"
        spare = sum(key.startswith(f"{prefix}XX") for key in ids)
        if turn.emotion is None and len(turn.text) < 6 and spare < 10:
            ids.append(f"{prefix}XX{spare}")
        else:
            ids.append(f"{prefix}{sum(key.startswith(prefix) for key in ids) - spare:03}")
    return ids


def _times(conversation: Conversation) -> Iterator[tuple[float, float]]:
    """When each turn starts and ends: it may start before the one before it has ended."""
    clock = 1.2
    for turn in conversation.turns:
        length = 0.9 + 0.05 * len(turn.text)
        yield clock, clock + length
        clock += max(length - 0.2, 0.5)


def _transcript(name: str, conversation: Conversation) -> Iterator[str]:
    for key, (start, end), turn in zip(_ids(name, conversation), _times(conversation), conversation.turns, strict=True):
        yield f"{key} [{start:08.4f}-{end:08.4f}]: {turn.text}"


def _evaluation(name: str, conversation: Conversation) -> Iterator[str]:
    """The blocks of one speaker and then of the other."""
    yield "% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]"
    yield ""
    rows = list(zip(_ids(name, conversation), _times(conversation), conversation.turns, strict=True))
    for key, (start, end), turn in sorted(rows, key=lambda row: row[2].speaker):
        if "XX" not in key.removeprefix(name):
            yield from _block(f"[{start:.4f} - {end:.4f}]\t{key}", turn)


def _block(head: str, turn: Turn) -> Iterator[str]:
    word, valence, activation = _RATINGS.get(turn.emotion or "", ("Neutral", 2.5, 3.0))
    other = word if turn.emotion else "Frustration; Anger"
    yield f"{head}\t{_CODES.get(turn.emotion or '', 'xxx')}\t[{valence:.4f}, {activation:.4f}, 2.5000]"
    yield f"C-E2:\t{word};\t()"
    yield f"C-E4:\t{other};\t({'hard to say' if not turn.emotion else ''})"
    yield f"A-E3:\tval {valence:.0f}; act {activation:.0f}; dom  {3 if len(turn.text) % 9 else ''};\t()"
    yield ""


def quirks(folder: Path) -> None:
    """Lines out of order and without an id, a file of one rater, a leftover of an archive, a line in latin-1."""
    for position, path in enumerate(sorted(folder.glob("Session*/dialog/transcriptions/*.txt"))):
        lines = path.read_text(encoding="utf-8").split("\n")[:-1]
        if position % 3 == 1:
            lines[1], lines[2] = lines[2], lines[1]
        if position % 4 == 2:
            lines.insert(4, "M: sorry")
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")
    session = folder / "Session1" / "dialog"
    path = session / "transcriptions" / "Ses01F_impro01.txt"
    path.write_bytes(path.read_bytes() + "F: Oh, the café.\n".encode("latin-1"))
    (session / "transcriptions" / "._Ses01F_impro01.txt").write_bytes(b"\0\5\26\7leftover")
    rater = session / "EmoEvaluation" / "Categorical" / "Ses01F_impro01_e2_cat.txt"
    rater.parent.mkdir()
    rater.write_text("Ses01F_impro01_F000 :Neutral state; ()\n", encoding="utf-8", newline="\n")
