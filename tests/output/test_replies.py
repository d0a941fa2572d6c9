from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pica.output import Reply, ReplyReader, read_reply, split_sentences


@pytest.mark.parametrize(
    ("text", "shown", "stopped"),
    [
        ("That sounds hard.", "That sounds hard.", "end"),
        ("supporter: That sounds hard.", "That sounds hard.", "end"),
        ("The supporter: I hear you.", "I hear you.", "end"),
        ("咨询师：我在听。", "我在听。", "end"),
        ("I hear you.\nuser: thanks\nsupporter: ok", "I hear you.", "role"),
        ("I hear you. seeker: thanks", "I hear you.", "role"),
        ("我在听。来访者：谢谢", "我在听。", "role"),
        ("I hear you.<|im_end|>\n<|im_start|>user", "I hear you.", "marks"),
        ("I hear you. [INST] next", "I hear you.", "marks"),
        ("That is sad. It was long. That is sad. It was long.", "That is sad. It was long.", "loop"),
        ("I am so sorry I am so sorry I am so sorry I am so sorry I am so", "I am so sorry ", "loop"),
        ("我很难过我很难过我很难过我很难过我很难过", "我很难过", "loop"),
        ("Yes. Yes. Go on.", "Yes. Yes. Go on.", "end"),
        ("哈哈哈哈哈，真好！", "哈哈哈哈哈，真好！", "end"),
        ("Two things: sleep and food. Note: both.", "Two things: sleep and food. Note: both.", "end"),
        ("<b>bold</b> & a #tag 3.5", "<b>bold</b> & a #tag 3.5", "end"),
        ("", "", "end"),
    ],
)
def test_a_reply_has_no_role_tags_marks_or_loops(text, shown, stopped):
    assert read_reply(text, finished=True) == Reply(shown.strip(), stopped)


def test_a_reply_that_ran_out_of_tokens_says_so():
    assert read_reply("I was about to", finished=False) == Reply("I was about to", "length")


def test_a_question_that_was_asked_before_is_left_out():
    asked = ["What happened?", "发生了什么？"]
    assert read_reply("I see. What  happened? Tell me.", True, asked) == Reply("I see. Tell me.", "end")
    assert read_reply("嗯。发生了什么？说说看。", True, asked) == Reply("嗯。说说看。", "end")


def test_a_sentence_of_an_earlier_reply_is_said_again_only_if_it_is_short():
    reader = ReplyReader(["I see. I am so sorry to hear that."])
    shown = reader.feed("I see. I am so sorry to hear that. And then?") + reader.close(True)
    assert shown == ["I see. ", "And then?"]


@pytest.mark.parametrize(
    ("heard", "reply", "shown"),
    [
        (
            "My father died, and I dig in his garden since.",
            "I dig in his garden since. Do you like it?",
            ["Do you like it?"],
        ),
        ("爸爸走了，我一直照顾他留下的菜园。", "我一直照顾他留下的菜园。累不累？", ["累不累？"]),
        ("I am tired.", "Tired? I believe it.", ["Tired? ", "I believe it."]),
        ("I failed again. I am so sorry.", "I am so sorry. Go on.", ["Go on."]),
        ("I don't think that is hard for me at all.", "That is hard.", ["That is hard."]),
        ("I am so sorry for what I did to her.", "I am so sorry.", ["I am so sorry."]),
        ("我觉得这真的很难受是因为他。", "这真的很难受。", ["这真的很难受。"]),
    ],
)
def test_what_merely_repeats_the_other_one_is_no_reply(heard, reply, shown):
    reader = ReplyReader(heard=[heard])
    assert reader.feed(reply) + reader.close(True) == shown


@example(["I am", "I am", "\n", "I am", "I am"])
@example(["user", ":", "user", ":"])
@example([". ", "! ", "。", "user", ":"])
@given(st.lists(st.sampled_from(["I am", " here", ". ", "user", ":", "\n", "难", "。", "<|im", "_end|>", "Ja", "! "])))
def test_pieces_give_what_the_whole_gives(pieces):
    reader = ReplyReader()
    streamed = [sentence for piece in pieces for sentence in reader.feed(piece)] + reader.close(True)
    whole = read_reply("".join(pieces), True)
    assert "".join(streamed).strip() == whole.text
    assert reader.stopped == whole.stopped


@given(st.text())
def test_sentences_joined_are_the_text(text):
    assert "".join(split_sentences(text)) == text


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("I failed. What now? It is 3.5 m.", ["I failed. ", "What now? ", "It is 3.5 m."]),
        ("我没考好。怎么办？“走吧！”他说", ["我没考好。", "怎么办？", "“走吧！”", "他说"]),
        ("one\n\ntwo", ["one\n\n", "two"]),
        ("Really?! Yes...", ["Really?! ", "Yes..."]),
    ],
)
def test_sentences_end_at_their_marks(text, sentences):
    assert split_sentences(text) == sentences
