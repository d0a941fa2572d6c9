from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pica.errors import ModelError
from pica.training import scratch
from pica.training.encode import (
    IGNORED,
    answer_ids,
    check_tokenizer,
    encode,
    end_token,
    fit,
    prompt_ids,
    without_oldest,
)

# Made once: hypothesis and function-scoped fixtures do not mix.
TOKENIZER = scratch.make_tokenizer(["what is it? joy, anger.", "我们赢了"], vocab_size=320, context=256)

text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)


def chat(*contents: str) -> list[dict[str, str]]:
    return [{"role": ("user", "assistant")[i % 2], "content": content} for i, content in enumerate(contents)]


def trained_text(encoded) -> str:
    return TOKENIZER.decode([label for label in encoded.labels if label != IGNORED])


def test_only_the_answer_and_its_end_are_trained():
    encoded = encode(chat("Which emotion? joy, anger.", "joy"), TOKENIZER)
    assert trained_text(encoded) == "joy<|im_end|>"
    assert TOKENIZER.decode(encoded.ids) == (
        "<|im_start|>user\nWhich emotion? joy, anger.<|im_end|>\n<|im_start|>assistant\njoy<|im_end|>"
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(text, min_size=1, max_size=3))
def test_the_prompt_of_inference_is_the_start_of_what_was_trained(contents):
    messages = chat(*[c for pair in zip(contents, contents, strict=True) for c in pair])
    encoded = encode(messages, TOKENIZER)
    prompt = prompt_ids(messages[:-1], TOKENIZER)
    assert list(encoded.ids) == prompt + answer_ids(messages[-1]["content"], TOKENIZER)
    assert trained_text(encoded) == messages[-1]["content"] + "<|im_end|>"


def test_all_replies_are_trained_when_asked_for():
    encoded = encode(chat("Hello?", "Hi.", "How are you?", "Well."), TOKENIZER, "all_replies")
    assert trained_text(encoded) == "Hi.<|im_end|>Well.<|im_end|>"
    assert TOKENIZER.decode(encoded.ids).count("<|im_end|>") == 4


def test_a_template_that_rewrites_history_cannot_train_all_replies():
    tokenizer = scratch.make_tokenizer(["a b c"], 320, 256)
    # Shows only the last two messages, as templates of reasoning models drop earlier thoughts.
    tokenizer.chat_template = "{% for m in messages[-2:] %}<|im_start|>{{ m.content }}<|im_end|>{% endfor %}"
    with pytest.raises(ModelError, match="last_reply"):
        encode(chat("a", "b", "c", "a"), tokenizer, "all_replies")


@pytest.mark.parametrize("template", ["", "{% for m in messages %}{{ m.content }}\n{% endfor %}"])
def test_a_template_without_an_end_is_refused(template):
    tokenizer = scratch.make_tokenizer(["a b c"], 320, 256)
    tokenizer.chat_template = template
    with pytest.raises(ModelError, match=r"chat.template"):
        end_token(tokenizer)


def test_padding_that_is_the_end_token_is_refused():
    tokenizer = scratch.make_tokenizer(["a b c"], 320, 256)
    tokenizer.pad_token = tokenizer.eos_token
    with pytest.raises(ModelError, match="padding"):
        check_tokenizer(tokenizer)


def test_two_beginnings_of_text_are_refused():
    tokenizer = scratch.make_tokenizer(["a b c"], 320, 256)
    tokenizer.bos_token = "<|im_start|>"
    tokenizer.chat_template = "<|im_start|><|im_start|>" + tokenizer.chat_template
    with pytest.raises(ModelError, match="twice"):
        check_tokenizer(tokenizer)


def test_the_tokenizer_made_here_is_sound():
    check_tokenizer(TOKENIZER)


class TestFit:
    REQUEST = "Continue."

    def test_what_fits_is_left_alone(self):
        messages = chat(f"{self.REQUEST}\n\nHello.", "Hi.")
        assert fit(self.REQUEST, messages, TOKENIZER, 100, "last_reply") == encode(messages, TOKENIZER)

    def test_the_oldest_turns_go_first_and_the_answer_stays(self):
        messages = chat(f"{self.REQUEST}\n\nfirst", "second", "third", "fourth", "fifth", "answer")
        whole = encode(messages, TOKENIZER)
        encoded = fit(self.REQUEST, messages, TOKENIZER, len(whole.ids) - 1, "last_reply")
        read = TOKENIZER.decode(encoded.ids)
        assert "first" not in read
        assert self.REQUEST in read
        assert "fifth" in read
        assert trained_text(encoded) == "answer<|im_end|>"

    def test_a_text_that_cannot_fit_is_given_up(self):
        assert fit(self.REQUEST, chat(f"{self.REQUEST}\n\n" + "word " * 99, "joy"), TOKENIZER, 50, "last_reply") is None

    def test_history_is_dropped_line_by_line_and_roles_keep_alternating(self):
        messages = chat(f"{self.REQUEST}\n\none\ntwo", "three", "four", "answer")
        firsts = []
        while messages is not None:
            assert [m["role"] for m in messages] == ["user", "assistant"] * (len(messages) // 2)
            firsts.append("|".join(m["content"] for m in messages))
            messages = without_oldest(self.REQUEST, messages)
        assert firsts == [
            "Continue.\n\none\ntwo|three|four|answer",
            "Continue.\n\ntwo|three|four|answer",
            "Continue.|three|four|answer",
            "Continue.\n\nfour|answer",
        ]
