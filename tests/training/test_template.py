"""What a chat template does to an answer and writes after it: a refusal before training says what it found where."""

from __future__ import annotations

import pytest

from pica.errors import ModelError
from pica.training import scratch
from pica.training.encode import check_row, check_tokenizer, encode, prompt_ids
from pica.training.template import end_token

TURN = "{{ '<|im_start|>' + m.role + '\n' + %s + '<|im_end|>\n' }}"
ASK = "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"


def chat(*contents: str) -> list[dict[str, str]]:
    return [{"role": ("user", "assistant")[i % 2], "content": content} for i, content in enumerate(contents)]


def made(answer: str, question: str = "m.content", whole: str = "", added: tuple[str, ...] = ()):
    """A tokenizer whose template shows answers and questions by these expressions."""
    tokenizer = scratch.make_tokenizer(["a b c"], 320, 256)
    tokenizer.add_tokens(list(added), special_tokens=True)
    tokenizer.name_or_path = "made/up"
    tokenizer.chat_template = whole or (
        f"{{% for m in messages %}}{{% if m.role == 'assistant' %}}{TURN % answer}{{% else %}}{TURN % question}"
        f"{{% endif %}}{{% endfor %}}{ASK}"
    )
    return tokenizer


def refused(tokenizer) -> str:
    with pytest.raises(ModelError, match=r"^the chat template of made/up ") as caught:
        check_tokenizer(tokenizer)
    return str(caught.value)


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ("m.content + '\n-- Pico'", "'-- Pico'"),
        ("m.content + '</answer>'", "'</answer>'"),
        ("'<answer>' + m.content + '</answer>'", "'</answer>'"),
        ("m.content | tojson", """'"'"""),
        ("m.content + '.'", "'.'"),
        ("m.content + (' (over)' if loop.last else '')", "'(over)'"),
        ("m.content + ('' if loop.last else ' (more)')", "'(more)'"),
        ("m.content + ' – 笑'", "'– 笑'"),
    ],
)
def test_text_between_an_answer_and_its_end_is_refused_with_the_text_and_the_end(answer, found):
    said = refused(made(answer))
    assert f"writes {found} between an assistant's answer and '<|im_end|>'" in said
    assert "chat_template.jinja" in said


def test_text_before_what_opens_the_next_turn_is_refused_where_that_is_the_end():
    tokenizer = made(
        "",
        whole="{% for m in messages %}{{ '<|' + m.role + '|>\n' + m.content }}"
        "{% if m.role == 'assistant' %}{{ '\n##' }}{% endif %}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% endif %}",
        added=("<|user|>", "<|assistant|>"),
    )
    assert "writes '##' between an assistant's answer and '<|user|>'" in refused(tokenizer)


@pytest.mark.parametrize("answer", ["m.content + ' \n'", "' ' + m.content | trim + ' '", "m.content"])
def test_blanks_there_are_nothing(answer):
    check_tokenizer(made(answer))


def test_a_token_of_its_own_after_the_answer_is_its_end():
    tokenizer = made("'<answer>' + m.content + '</answer>'", added=("<answer>", "</answer>"))
    check_tokenizer(tokenizer)
    assert end_token(tokenizer) == tokenizer.convert_tokens_to_ids("</answer>")
    messages = chat("Hello?", "Hi.")
    encoded = encode(messages, tokenizer)
    check_row("a row", messages, encoded, tokenizer)
    assert tokenizer.decode(encoded.ids).endswith("<|im_start|>assistant\n<answer>Hi.</answer>")


def test_the_end_of_a_last_answer_goes_before_what_opens_the_next_turn():
    turn = (
        "{{ '<|im_start|>' + m.role + '\n' + m.content }}"
        "{% if loop.last or m.role == 'user' %}<|im_end|>{% endif %}{{ '\n' }}"
    )
    tokenizer = made("", whole=f"{{% for m in messages %}}{turn}{{% endfor %}}{ASK}")
    check_tokenizer(tokenizer)
    assert end_token(tokenizer) == tokenizer.convert_tokens_to_ids("<|im_end|>")


@pytest.mark.parametrize("between", ["\n", "<|again|>"])
def test_a_template_that_shows_an_answer_twice_is_refused(between):
    tokenizer = made(f"m.content + '{between}' + m.content", added=("<|again|>",))
    assert "shows what the assistant says 2 times" in refused(tokenizer)


def test_blanks_that_are_an_added_token_end_nothing():
    tokenizer = made("m.content + '   '", added=("   ",))
    assert end_token(tokenizer) == tokenizer.convert_tokens_to_ids("<|im_end|>")


@pytest.mark.parametrize(
    ("change", "read"),
    [
        ("m.content | upper", "'PICA SAYS: 1 < 2!'"),
        ("m.content | lower", "'pica says: 1 < 2!'"),
        ("m.content | replace('!', '')", "'Pica says: 1 < 2'"),
        ("m.content | e", "'Pica says: 1 &lt; 2!'"),
        ("m.content | reverse", "'!2 < 1 :syas aciP'"),
    ],
)
@pytest.mark.parametrize("role", ["user", "assistant"])
def test_a_template_that_changes_what_is_said_is_refused_with_both(change, read, role):
    tokenizer = made(change) if role == "assistant" else made("m.content", change)
    said = refused(tokenizer)
    assert f"shows 'Pica says: 1 < 2!', said by the {role}, as {read}" in said
    assert "Take that out of the template" in said


@pytest.mark.parametrize("role", ["user", "assistant"])
def test_a_template_that_shows_nothing_of_what_is_said_is_refused(role):
    tokenizer = made("''") if role == "assistant" else made("m.content", "''")
    assert f"shows nothing of what the {role} says" in refused(tokenizer)


@pytest.mark.parametrize(
    "parts",
    [
        "m.content[0].text",
        "m.content[0]['text']",
        "m.content | selectattr('type', 'equalto', 'text') | map(attribute='text') | join",
        "(raise_exception('no parts') if m.content is string else m.content[0].text)",
    ],
)
@pytest.mark.parametrize("role", ["user", "assistant", "both"])
def test_a_template_that_takes_parts_alone_is_refused_as_such(parts, role):
    either = f"(m.content if m.content is string else {parts})"
    tokenizer = made(either if role == "user" else parts, either if role == "assistant" else parts)
    said = refused(tokenizer)
    assert "only as a list of parts" in said
    assert "message.content is string" in said


def test_a_template_that_takes_texts_too_is_used():
    check_tokenizer(made("(m.content if m.content is string else m.content[0].text)"))


@pytest.mark.parametrize("shown", ["m.content", "m.content | trim", "' ' + (m.content | trim) + ' '"])
@pytest.mark.parametrize("first", ["Hi.", " Hi.", "Hi.\n", "\n  Hi. \n"])
def test_blanks_around_an_earlier_reply_are_no_rewriting(shown, first):
    tokenizer = made(shown)
    messages = chat("Hello?", first, "And?", "Bye.")
    encoded = encode(messages, tokenizer, "all_replies")
    check_row("a row", messages, encoded, tokenizer)
    trained = tokenizer.decode([label for label in encoded.labels if label >= 0])
    assert [text.strip() for text in trained.split("<|im_end|>")] == ["Hi.", "Bye.", ""]
    if shown != "m.content":
        assert trained.startswith("Hi.<")
    if shown == "m.content":
        assert prompt_ids(messages[:3], tokenizer) == list(encoded.ids)[: len(prompt_ids(messages[:3], tokenizer))]
