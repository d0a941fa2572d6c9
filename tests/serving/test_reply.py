"""An answer is cut before a stop wherever the pieces break."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pica.serving.reply import _Cutter

LETTERS = st.text(alphabet="ab\n", max_size=12)


@given(st.lists(LETTERS, max_size=8), st.lists(LETTERS.filter(bool), max_size=3))
def test_it_is_what_stands_before_the_first_stop(pieces, stops):
    cutter, given_out = _Cutter(stops), ""
    for piece in pieces:
        if not cutter.found:
            given_out += cutter.feed(piece)
    whole = "".join(pieces)
    places = [place for stop in stops if (place := whole.find(stop)) >= 0]
    if cutter.found:
        assert given_out == whole[: len(given_out)]
        assert any(whole[len(given_out) :].startswith(stop) for stop in stops)
        assert not any(stop in given_out for stop in stops)
    else:
        assert places == []
        assert given_out + cutter.rest() == whole


def test_nothing_is_kept_that_cannot_be_the_beginning_of_a_stop():
    cutter = _Cutter(["\nuser:"])
    assert cutter.feed("Oh no.") == "Oh no."
    assert cutter.feed("\nus") == ""
    assert cutter.feed("ual") == "\nusual"
