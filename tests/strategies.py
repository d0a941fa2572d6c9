"""Wild input for property tests: texts as odd as Unicode allows, conversations of them, and examples of a view."""

from __future__ import annotations

from hypothesis import strategies as st

from pica.corpora import Corpus, View
from pica.schema import SPLITS, Cause, Conversation, Example, Persona, Turn

# What breaks code that takes text for data: format strings, templates, chat tokens, separators, controls, emoji.
_ODD = (
    "",
    " ",
    "{speaker}",
    "{{ choices }}",
    "{% raw %}",
    "<|im_end|>",
    "a\u0000b",
    "don\u0092t",
    "\ufeff\u200b",
    "e\u0301",
    "\u2028\x1c\x85",
    "\r\n\n",
    "👩‍👩‍👧",
    "\u202eabc",
    "ﬁn ① İ",
    "好。",
    "\"a\",'b'\t|",
)

# A lone surrogate is no text: readers refuse it.
texts = st.one_of(st.sampled_from(_ODD), st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
optional = st.none() | texts
speakers = st.sampled_from(["seeker", "supporter", "Ruth", "{text}", "client", "你"])
turns = st.builds(Turn, speaker=speakers, text=texts, emotion=optional, act=optional)
_index = st.integers(min_value=0, max_value=2**31 - 1)

conversations = st.builds(
    Conversation,
    id=texts,
    corpus=texts,
    split=st.sampled_from(SPLITS),
    language=st.sampled_from(["en", "zh"]),
    turns=st.lists(turns, max_size=4).map(tuple),
    situation=optional,
    personas=st.lists(st.builds(Persona, speakers, texts), max_size=3).map(tuple),
    emotion=optional,
    causes=st.lists(st.builds(Cause, _index, texts, _index, texts), max_size=2).map(tuple),
)


@st.composite
def examples(draw: st.DrawFn, view: View, corpus: Corpus) -> Example:
    """Whatever the task modules could make of a conversation for this view: in generation, somebody else spoke last."""
    generation = view.task == "dialogue_generation"
    said = draw(st.lists(st.builds(Turn, speaker=speakers, text=texts), min_size=1, max_size=6))
    others = speakers.filter(lambda name: name != said[-1].speaker)
    return Example(
        id=draw(texts),
        view=view.name,
        task=view.task,
        corpus=corpus.name,
        split=draw(st.sampled_from(SPLITS)),
        language=draw(st.sampled_from(corpus.languages)),
        turns=tuple(said),
        speaker=draw(others if generation else speakers),
        answer=draw(st.sampled_from(view.labels) if view.labels else texts),
        candidates=view.labels,
        emotion=draw(texts if view.task == "emotion_cause" else optional),
        act=draw(optional),
        situation=draw(optional),
        personas=draw(st.lists(texts, max_size=3).map(tuple)),
    )
