from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pica.output import Causes, Span, find_causes

TEXT = "Ruth: My boss shouted, and the  Cake burnt. The cake!"


def test_spans_are_places_of_the_input():
    causes = find_causes("the cake burnt\nMy boss shouted", TEXT)
    assert causes == Causes((Span(6, 21, "My boss shouted"), Span(27, 42, "the  Cake burnt")))
    assert all(TEXT[span.start : span.end] == span.text for span in causes.spans)


def test_bullets_quotes_and_the_word_cause_are_no_part_of_a_span():
    for line in ("- the cake burnt", '"the cake burnt"', "Cause: the cake burnt", "2. the cake burnt"):
        assert [span.text for span in find_causes(line, TEXT).spans] == ["the  Cake burnt"], line


def test_what_does_not_stand_in_the_input_is_named():
    assert find_causes("the cake was burnt\nMy boss", TEXT) == Causes(
        (Span(6, 13, "My boss"),), ("the cake was burnt",)
    )


def test_chinese_spans():
    assert find_causes("原因：加班", "我因为加班很累").spans == (Span(3, 5, "加班"),)


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_span_is_invented(output, text):
    for span in find_causes(output, text).spans:
        assert span.text == text[span.start : span.end] != ""
