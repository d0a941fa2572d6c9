"""Texts as odd as a raw file can hold them, for round trips of writer and reader."""

from hypothesis import strategies as st

from pica.schema import SPLITS

# What no line of a text file holds, and U+FEFF, which a reader takes for a byte-order mark at the start of one.
CHARACTERS = st.characters(codec="utf-8", exclude_characters="\n\r\0\ufeff")
# Quotes, commas, tabs, tags and marks of sentences, more often than chance would have them.
_AWKWARD = st.sampled_from(list("\"',;\t<>\\_。’…é\u2028\u0085 "))
TEXT = st.text(_AWKWARD | CHARACTERS, min_size=1, max_size=60).map(str.strip).filter(bool)


def per_split(part, min_size: int = 1):
    """One list of conversations: for each split, those that `part(split)` draws, one or more."""
    return st.tuples(*(part(split) for split in SPLITS)).map(lambda parts: [c for part in parts for c in part])
