"""Single texts, chats of three turns and pairs of posts, as odd as their corpus's layout allows."""

import re

from hypothesis import strategies as st

from pica.corpora import cams, empathy_mental_health, goodnewseveryone, native, ntcir13_eca, split_by_group
from pica.corpora.emocontext import EMOTIONS as CHAT_EMOTIONS
from pica.corpora.labels import POLARITY, STARS
from pica.corpora.twitter_financial import SENTIMENTS
from pica.schema import SPLITS, Cause, Conversation, Turn
from tests.sample.wild import CHARACTERS, TEXT

# One to three lines.
LINES = st.lists(TEXT, min_size=1, max_size=3).map("\n".join)
WORD = st.text(CHARACTERS.filter(lambda c: not c.isspace()), min_size=1, max_size=8)


def labelled(corpus: str, texts, labels, splits=SPLITS):
    """One to three texts in each split, numbered from 1, each with a label."""

    def part(split):
        rows = st.lists(st.tuples(texts, st.sampled_from(labels)), min_size=1, max_size=3)
        return rows.map(lambda rows: [_single(corpus, split, n, *row) for n, row in enumerate(rows, start=1)])

    return st.tuples(*map(part, splits)).map(lambda parts: [c for part in parts for c in part])


def unsplit(corpus: str, texts, labels, split_of):
    """One to six texts, numbered from 1, each with a label and in the split that its text falls into."""
    rows = st.lists(st.tuples(texts, st.sampled_from(labels)), min_size=1, max_size=6)
    return rows.map(lambda rows: [_single(corpus, split_of(r[0]), n, *r) for n, r in enumerate(rows, start=1)])


def _single(corpus: str, split: str, number: object, text: str, label: str, causes: tuple[str, ...] = ()):
    return Conversation(
        id=f"{corpus}/{split}/{number}",
        corpus=corpus,
        split=split,
        language="en",
        turns=(Turn("headline" if corpus == "goodnewseveryone" else "writer", text),),
        emotion=label,
        causes=tuple(Cause(0, label, 0, span) for span in causes),
    )


# Without what the layout of Zhang et al. has for a line break or a quote.
_PLAIN = TEXT.filter(lambda text: r"\n" not in text and r"\"" not in text)
_PARAGRAPHS = st.lists(_PLAIN, min_size=2, max_size=3).map("\n".join)
_FILM_REVIEWS = st.lists(TEXT.filter(lambda text: "<br />" not in text), min_size=1, max_size=3).map("\n\n".join)


def _imdb_split(text: str):
    return split_by_group("imdb/" + text.replace("\n", "<br />"))


@st.composite
def emocontext_part(draw, split):
    text = TEXT.filter(lambda text: "\t" not in text)
    rows = draw(st.lists(st.tuples(text, text, text, st.sampled_from(CHAT_EMOTIONS)), min_size=1, max_size=3))
    return [
        Conversation(
            f"emocontext/{split}/{number}", "emocontext", split, "en", tuple(map(Turn, "ABA", texts)), emotion=label
        )
        for number, (*texts, label) in enumerate(rows)
    ]


@st.composite
def cams_rows(draw):
    parts = {
        "sdcnl-train": lambda text: "train",
        "sdcnl-test": lambda text: "test",
        "added": lambda text: split_by_group(f"cams/{text}", test=0),
    }
    return [
        _single("cams", split_of(text), f"{part.partition('-')[0]}-{number}", text, label)
        for part, split_of in parts.items()
        for number, (text, label) in enumerate(
            draw(st.lists(st.tuples(LINES, st.sampled_from(cams.CATEGORIES)), min_size=1, max_size=3)), start=1
        )
    ]


# Texts that look escaped already.
_ESCAPED = TEXT | st.lists(st.sampled_from(["&", "amp;", "&lt", ";", "<", "#38;", "a"]), min_size=1).map("".join)


@st.composite
def empathy_rows(draw):
    pairs = st.tuples(st.sampled_from(SPLITS), _ESCAPED, _ESCAPED, st.sampled_from(empathy_mental_health.ACTS))
    return [
        Conversation(
            id=f"empathy_mental_health/{split}/{number}",
            corpus="empathy_mental_health",
            split=split,
            language="en",
            turns=(Turn("seeker", post), Turn("supporter", response, act=act)),
        )
        for number, (split, post, response, act) in enumerate(draw(st.lists(pairs, min_size=1, max_size=4)), start=1)
    ]


@st.composite
def _spans(draw, words):
    """Up to two runs of these words, one after the other, which stand nowhere in another case."""
    cuts = sorted(draw(st.sets(st.integers(0, len(words)), max_size=4)))
    spans = [" ".join(words[start:end]) for start, end in zip(cuts[::2], cuts[1::2], strict=False)]
    text = " ".join(words)
    return tuple(span for span in spans if {m[0] for m in re.finditer(re.escape(span), text, re.I)} == {span})


@st.composite
def goodnews_rows(draw):
    word = WORD.filter(lambda word: ";" not in word)
    headlines = draw(st.lists(st.lists(word, min_size=1, max_size=6), min_size=2, max_size=6, unique_by=" ".join))
    keys = ["fix-1", *(f"altered-{line}" for line in range(2, len(headlines) + 1))]
    return [_headline(draw, key, words) for key, words in zip(keys, headlines, strict=True)]


def _headline(draw, key, words):
    text = " ".join(words)
    spans = tuple(s for s in draw(_spans(words)) if native.quoted(text, s.lower()) == s)
    split = split_by_group(f"goodnewseveryone/{text}")
    return _single("goodnewseveryone", split, key, text, draw(st.sampled_from(goodnewseveryone.EMOTIONS)), spans)


@st.composite
def ntcir_rows(draw):
    # XML knows no control characters, and the layout no other use of its marks.
    characters = st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters="#?")
    words = st.lists(st.text(characters, min_size=1, max_size=8) | st.sampled_from(["and", "because"]), min_size=1)
    rows = []
    for official in ("train", "test"):
        for number, passage in enumerate(draw(st.lists(words, min_size=1, max_size=3)), start=1):
            text, label = " ".join(passage), draw(st.sampled_from(ntcir13_eca.EMOTIONS))
            spans = tuple(span for span in draw(_spans(passage)) if native.quoted(text, span))
            split = split_by_group(f"ntcir13_eca/{text}", test=0) if official == "train" else "test"
            rows.append(_single("ntcir13_eca", split, number, text, label, spans))
    return rows


AMAZON = labelled("amazon_polarity", _PARAGRAPHS, POLARITY, ("train", "test"))
YELP = labelled("yelp", _PLAIN | _PARAGRAPHS, STARS, ("train", "test"))
IMDB = unsplit("imdb", _FILM_REVIEWS, POLARITY, _imdb_split)
TRIPADVISOR = unsplit("tripadvisor", TEXT, STARS, lambda text: split_by_group(f"tripadvisor/{text}  "))
TWITTER = labelled("twitter_financial", LINES, SENTIMENTS, ("train", "test"))
