"""Strategies for `test_roundtrip`: conversations of the seven Chinese corpora that have samples of their own."""

from hypothesis import strategies as st

from pica.corpora import cped, ecpe, emotiontalk, mpdd, smp2020_ewect, split_by_group
from pica.sample.mpdd import personas
from pica.schema import LABEL_SEPARATOR, SPLITS, Cause, Conversation, Persona, Turn
from tests.sample.wild import TEXT

# Chinese characters that are no name and no mark of a layout.
HAN = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x4EFF), min_size=1, max_size=12)


@st.composite
def smp2020_posts(draw):
    text = TEXT.filter(lambda text: "\t" not in text)
    return [
        Conversation(
            f"smp2020_ewect/{split}/{part}-{number}",
            "smp2020_ewect",
            split,
            "zh",
            (Turn("writer", draw(text)),),
            emotion=draw(st.sampled_from(smp2020_ewect.EMOTIONS)),
        )
        for part in smp2020_ewect.PARTS
        for split in SPLITS
        for number in range(1, draw(st.integers(1, 2)) + 1)
    ]


@st.composite
def ecpe_documents(draw):
    return [
        _document(draw, number, tested=place == 0)
        for place, number in enumerate(sorted(draw(st.sets(st.integers(3000, 9000), min_size=2, max_size=4))))
    ]


def _document(draw, number, tested):
    emotions = draw(st.lists(st.sampled_from(ecpe.EMOTIONS), min_size=1, max_size=2, unique=True))
    clauses = draw(st.lists(HAN | st.just("共12吨铁"), min_size=len(emotions), max_size=5, unique=True))
    pairs = draw(st.sets(st.tuples(st.sampled_from(emotions), st.sampled_from(clauses)), min_size=1, max_size=3))
    split = "test" if tested else split_by_group(f"ecpe/{number}", test=0)
    return Conversation(
        f"ecpe/{split}/{number}",
        "ecpe",
        split,
        "zh",
        (Turn("writer", "，".join(clauses) + "。"),),
        emotion=LABEL_SEPARATOR.join(emotions),
        causes=tuple(Cause(0, emotion, 0, clause) for emotion, clause in sorted(pairs)),
    )


@st.composite
def cped_dialogues(draw):
    names = {"train": "陈默", "validation": "沈舟", "test": "江晚"}
    return [
        _dialogue(draw, split, f"9{SPLITS.index(split)}_{number:03}", (names[split], "旁人"))
        for split in SPLITS
        for number in range(draw(st.integers(1, 2)))
    ]


def _dialogue(draw, split, key, people):
    turn = st.builds(
        Turn, st.sampled_from(people), HAN, st.sampled_from(list(cped.WORDS)), st.sampled_from(list(cped.ACTS))
    )
    turns = draw(st.lists(turn, min_size=2, max_size=4))
    known = ("女，老年。", "情绪稳定，待人随和。") if any(turn.speaker == people[0] for turn in turns) else ()
    return Conversation(
        f"cped/{split}/{key}",
        "cped",
        split,
        "zh",
        tuple(turns),
        situation=draw(st.none() | st.sampled_from(list(cped.SCENES))),
        personas=tuple(Persona(people[0], text) for text in known),
    )


@st.composite
def emotiontalk_dialogues(draw):
    text = TEXT.filter(lambda text: not any(mark in text for mark in "[]\n"))
    groups = {"train": "G00091", "validation": "G00012", "test": "G00015"}
    rows = []
    for split in SPLITS:
        said = draw(st.lists(text, min_size=1, max_size=5))
        felt = st.lists(st.sampled_from(emotiontalk.EMOTIONS), min_size=len(said), max_size=len(said))
        for kind in ("clip", "text"):
            turns = tuple(map(Turn, "甲乙甲甲乙", said, draw(felt)))
            key = f"emotiontalk/{split}/{kind}-{groups[split]}_01"
            rows.append(Conversation(key, "emotiontalk", split, "zh", turns))
    return rows


@st.composite
def mpdd_dialogues(draw):
    first = {"train": 1, "validation": 1400, "test": 2200}
    rows = []
    for split in SPLITS:
        for number in sorted(draw(st.sets(st.integers(0, 99), min_size=1, max_size=2))):
            texts = draw(st.lists(HAN.filter(lambda text: not set(text) & set("甲乙丙")), min_size=2, max_size=5))
            felt = draw(st.lists(st.sampled_from(mpdd.EMOTIONS), min_size=len(texts), max_size=len(texts)))
            turns = tuple(map(Turn, "甲乙甲甲乙", texts, felt))
            pair = draw(st.none() | st.tuples(*[st.sampled_from(list(mpdd.RELATIONS))] * 2))
            key = f"mpdd/{split}/{first[split] + number}"
            situation = LABEL_SEPARATOR.join(pair) if pair else None
            about = tuple(personas(pair)) if pair else ()
            rows.append(Conversation(key, "mpdd", split, "zh", turns, situation=situation, personas=about))
    return rows


@st.composite
def xpersona_dialogues(draw):
    """No persona of the test set stands in another one."""
    rows = []
    for split, name in zip(SPLITS, ("train", "valid", "test"), strict=True):
        for number in range(draw(st.integers(1, 2))):
            facts = (f"{name}{number}", *draw(st.lists(HAN, max_size=2)))
            texts = draw(st.lists(HAN, min_size=2, max_size=6).filter(lambda texts: len(texts) % 2 == 0))
            turns = tuple(Turn("甲乙"[place % 2], text) for place, text in enumerate(texts))
            personas = tuple(Persona("乙", fact) for fact in facts)
            key = f"xpersona_zh/{split}/{name}-{number}"
            rows.append(Conversation(key, "xpersona_zh", split, "zh", turns, personas=personas))
    return rows


@st.composite
def cpsycound_dialogues(draw):
    lines = st.lists(HAN, min_size=1, max_size=2).map("\n".join)
    rows = []
    for number in sorted(draw(st.sets(st.integers(4000, 4200), min_size=1, max_size=3))):
        texts = draw(st.lists(lines, min_size=2, max_size=6).filter(lambda texts: len(texts) % 2 == 0))
        turns = tuple(Turn(("client", "counselor")[place % 2], text) for place, text in enumerate(texts))
        split = split_by_group(f"cpsycound/{number}")
        rows.append(Conversation(f"cpsycound/{split}/{number}", "cpsycound", split, "zh", turns))
    return rows


STRATEGIES = {
    "smp2020_ewect": smp2020_posts(),
    "ecpe": ecpe_documents(),
    "cped": cped_dialogues(),
    "emotiontalk": emotiontalk_dialogues(),
    "mpdd": mpdd_dialogues(),
    "xpersona_zh": xpersona_dialogues(),
    "cpsycound": cpsycound_dialogues(),
}
