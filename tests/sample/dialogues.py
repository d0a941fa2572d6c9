"""Strategies for `test_roundtrip`: conversations of the ten corpora whose quirks are in `test_quirks_dialogues`."""

from dataclasses import replace

from hypothesis import strategies as st

from pica.corpora import edos, emorynlp, emowoz, iemocap, mastodon, memor, split_by_group
from pica.corpora.labels import EKMAN, EMPATHETIC
from pica.sample.memor import personas
from pica.schema import SPLITS, Conversation, Persona, Turn
from tests.sample.wild import TEXT

# Dashes at the start are the layout's own, not the text's.
_UNDASHED = TEXT.filter(lambda text: not text.startswith("- "))


@st.composite
def edos_rows(draw):
    """Dialogues of all four files."""
    rows = []
    for file in range(1, 5):
        for row in range(1, draw(st.integers(1, 2)) + 1):
            texts = draw(st.lists(_UNDASHED, min_size=1, max_size=4))
            turns = [Turn("AB"[place % 2], text) for place, text in enumerate(texts)]
            emotion, act = draw(
                st.sampled_from([*((e, None) for e in edos.EMOTIONS), *((None, a) for a in edos.INTENTS)])
            )
            turns[-1] = replace(turns[-1], emotion=emotion, act=act)
            split = split_by_group(f"edos/{''.join(c for c in ''.join(texts).casefold() if c.isalnum())}")
            rows.append(Conversation(f"edos/{split}/{file}-{row}", "edos", split, "en", tuple(turns)))
    return rows


@st.composite
def empatheticdialogues_talks(draw):
    """Talks of every emotion, and one of the test set that has none; no situation stands twice."""
    drawn = dict(zip(draw(st.lists(st.integers(0, 31), min_size=3, max_size=3, unique=True)), SPLITS, strict=False))
    situations = iter(draw(st.lists(TEXT, min_size=4, max_size=4, unique=True)))
    talks = [
        _talk(number, drawn[number], emotion, next(situations), draw(st.lists(TEXT, min_size=1, max_size=5)))
        if number in drawn
        else _talk(number, "train", emotion, f"The situation of number {number:04}.", ["It was so."])
        for number, emotion in enumerate(EMPATHETIC)
    ]
    return [*talks, _talk(99, "test", None, next(situations), draw(st.lists(TEXT, min_size=1, max_size=3)))]


def _talk(number, split, emotion, situation, texts):
    turns = tuple(Turn(("speaker", "listener")[place % 2], text) for place, text in enumerate(texts))
    key = f"empatheticdialogues/{split}/hit:{number}_conv:{2 * number}"
    return Conversation(key, "empatheticdialogues", split, "en", turns, situation=situation, emotion=emotion)


@st.composite
def emorynlp_scenes(draw, split):
    turn = st.builds(Turn, TEXT, TEXT, st.sampled_from(emorynlp.EMOTIONS))
    keys = ["0", "1"] if split == "train" else ["s01_e02_c03", "s01_e02_c05", "s02_e01_c01"]
    return [
        Conversation(
            f"emorynlp/{split}/{key}", "emorynlp", split, "en", tuple(draw(st.lists(turn, min_size=1, max_size=3)))
        )
        for key in keys[: draw(st.integers(1, len(keys)))]
    ]


@st.composite
def emotionlines_scenes(draw):
    text = TEXT.filter(lambda text: "\x85" not in text)  # which the reader has as an ellipsis
    turn = st.builds(Turn, text, text, st.none() | st.sampled_from(EKMAN))
    return [
        Conversation(
            f"emotionlines/{split}/{prefix}{n}",
            "emotionlines",
            split,
            "en",
            tuple(draw(st.lists(turn, min_size=1, max_size=4))),
        )
        for split, prefix in (*((split, "") for split in SPLITS), ("test", "eval2019-"))
        for n in range(draw(st.integers(1, 2)))
    ]


@st.composite
def emowoz_calls(draw):
    """Calls in either file."""
    calls = []
    for prefix in ("SNG", "DMAGE"):
        for number in sorted(draw(st.sets(st.integers(0, 99), min_size=1, max_size=3))):
            split = draw(st.sampled_from(SPLITS))
            texts = draw(st.lists(TEXT, min_size=1, max_size=4))
            turns = (
                Turn("system", text) if place % 2 else Turn("user", text, draw(st.sampled_from(emowoz.EMOTIONS)))
                for place, text in enumerate(texts)
            )
            calls.append(Conversation(f"emowoz/{split}/{prefix}{number}", "emowoz", split, "en", tuple(turns)))
    return calls


@st.composite
def mastodon_threads(draw):
    """Threads that branch, labelled where they are new."""
    threads = []
    for official in ("train", "test"):
        known: set[tuple[str, ...]] = set()
        paths = draw(st.lists(st.lists(st.sampled_from("abc") | TEXT, min_size=1, max_size=4), min_size=1, max_size=4))
        for path in paths:
            turns = []
            for place, text in enumerate(path):
                key = tuple(path[: place + 1])
                labels = (None, None) if key in known else draw(_LABELS)
                turns.append(Turn("AB"[place % 2], text, *labels))
                known.add(key)
            if turns[-1].act:  # else the thread is the beginning of another one
                split = official if official == "test" else split_by_group(f"mastodon/{path[0]}", test=0)
                threads.append((official, split, tuple(turns)))
    return [
        Conversation(f"mastodon/{split}/{number}", "mastodon", split, "en", turns)
        for official in ("train", "test")
        for number, (split, turns) in enumerate((s, t) for o, s, t in threads if o == official)
    ]


_LABELS = st.tuples(st.sampled_from(mastodon.SENTIMENTS), st.sampled_from(mastodon.ACTS))


@st.composite
def personaminedit_rows(draw):
    """Rows of both files, a conversation each reference; the openings of test are in no other dialogue but one."""
    tested = [draw(_ROW) for _ in range(draw(st.integers(1, 2)))]
    held = {tuple(row[0][:2]) for row in tested}
    again = [(tested[0][0], *draw(_ROW)[1:])] if draw(st.booleans()) else []
    rows = []
    for name, part in (("valid", [*again, draw(_ROW)]), ("test", tested)):
        for number, (said, about, references) in enumerate(part):
            split = "test"
            if name == "valid":
                opening = tuple(said[:2])
                split = (
                    "validation" if opening in held else split_by_group(f"personaminedit/{'|'.join(opening)}", test=0)
                )
            for place, reply in enumerate(references):
                texts = [*said, reply]
                turns = tuple(Turn("BA"[(len(texts) - 1 - n) % 2], text) for n, text in enumerate(texts))
                key = f"personaminedit/{split}/{name}-{number}-{place}"
                rows.append(
                    Conversation(
                        key, "personaminedit", split, "en", turns, personas=tuple(Persona("B", text) for text in about)
                    )
                )
    return rows


_ROW = st.tuples(
    st.lists(TEXT, min_size=2, max_size=4),
    st.lists(TEXT, min_size=1, max_size=2),
    st.lists(TEXT, min_size=1, max_size=3, unique=True),
)


@st.composite
def emollm_chats(draw):
    """Chats whose counselor may go on in another paragraph; none opens as the layout's own remarks and tags do."""
    words = TEXT.filter(lambda text: not text.startswith(("（", "医生：")))
    answer = st.lists(words, min_size=1, max_size=2).map("\n\n".join)
    chats = []
    for number in range(draw(st.integers(1, 3))):
        pairs = draw(st.lists(st.tuples(TEXT, answer), min_size=1, max_size=3))
        turns = tuple(Turn(*said) for pair in pairs for said in zip(("client", "counselor"), pair, strict=True))
        split = split_by_group(f"emollm/{turns[0].text}")
        chats.append(Conversation(f"emollm/{split}/{number}", "emollm", split, "zh", turns))
    return chats


@st.composite
def iemocap_scenes(draw):
    """Scenes of all five sessions."""
    splits = {1: "train", 2: "train", 3: "train", 4: "validation", 5: "test"}
    turn = st.builds(Turn, st.sampled_from("FM"), TEXT, st.none() | st.sampled_from(iemocap.EMOTIONS))
    return [
        Conversation(
            f"iemocap/{split}/Ses{session:02}{key}",
            "iemocap",
            split,
            "en",
            tuple(draw(st.lists(turn, min_size=1, max_size=4))),
        )
        for session, split in splits.items()
        for key in ("F_impro01", "M_script01_1b")[: draw(st.integers(1, 2))]
    ]


@st.composite
def memor_labels(draw):
    """Clips of train and test, and labels of either list: of who speaks, and of who is silent."""
    texts = iter(draw(st.lists(TEXT, min_size=9, max_size=9, unique=True)))
    clips, labels = [], []
    for number in range(3):
        name = f"S01E01_{number:03}"
        split = "test" if number == 1 else split_by_group(f"memor/{name}", test=0)
        people = [draw(st.sampled_from(memor.CHARACTERS[:-1])), *draw(st.lists(_PEOPLE, max_size=2))]
        turns = tuple(Turn(person, next(texts)) for person in people)
        clips.append(
            Conversation(f"memor/{split}/clip-{name}", "memor", split, "en", turns, personas=personas(people[0]))
        )
        for _ in range(draw(st.integers(1, 2))):
            place = draw(st.integers(0, len(turns) - 1))
            if draw(st.booleans()):
                labels.append((split, "", turns[:place], turns[place]))
            else:
                labels.append((split, "-silent", turns[: place + 1], Turn(draw(_PEOPLE), "(silent)")))
    return [*_placed(draw, "primary", labels), *_placed(draw, "fine_grained", labels), *clips]


_PEOPLE = st.sampled_from(memor.CHARACTERS)


def _placed(draw, kind, labels):
    emotions = memor.EMOTIONS[:9] if kind == "primary" else memor.EMOTIONS
    return [
        Conversation(
            id=f"memor/{split}/{kind}-{place}{silent}",
            corpus="memor",
            split=split,
            language="en",
            turns=(*said, replace(asked, emotion=draw(st.sampled_from(emotions)))),
            personas=personas(asked.speaker),
        )
        for place, (split, silent, said, asked) in enumerate(labels)
    ]
