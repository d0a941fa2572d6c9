"""What a request may have in it, and what is said of one that has something else."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pica.serving.request import Refusal, read

CHAT = [{"role": "user", "content": "The bread burnt again."}]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
FIELDS = ["messages", "model", "stream", "temperature", "top_p", "max_tokens", "stop", "seed", "n", "tools", "user"]


def refusal(request: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        read(request if isinstance(request, bytes) else json.dumps(request).encode(), "pica")
    return caught.value


@pytest.mark.parametrize(
    ("request_", "said", "param"),
    [
        (b"", "not JSON", None),
        (b"{", "not JSON", None),
        (b"\xff", "not JSON", None),
        (b"[" * 100_000, "not JSON", None),
        (b'{"messages": [{"role": "user", "content": "\\ud800"}]}', "not JSON", None),
        (b'{"temperature": NaN}', "not JSON", None),
        ([], "should be a JSON object", None),
        ({}, "messages: Field required", "messages"),
        ({"messages": "hello"}, "messages: Input should be a valid list", "messages"),
        ({"messages": []}, "messages: List should have at least 1 item", "messages"),
        ({"messages": ["hello"]}, "messages.0: ", "messages.0"),
        ({"messages": [{"content": "x"}]}, "messages.0.role: Field required", "messages.0.role"),
        ({"messages": [{"role": "user"}]}, "messages.0.content: Field required", "messages.0.content"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "'system', 'user' or 'assistant'", "messages.0.role"),
        ({"messages": [{"role": "user", "content": 5}]}, "valid string", "messages.0.content"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]},
            "Input should be 'text'",
            "messages.0.content.0.type",
        ),
        ({"messages": [{"role": "user", "content": " \n"}]}, "say something", "messages"),
        ({"messages": [*CHAT, {"role": "assistant", "content": "Oh"}]}, "should be the user's", "messages"),
        ({"messages": CHAT, "temperature": 3}, "temperature: Input should be less than or equal to 2", "temperature"),
        ({"messages": CHAT, "temperature": "hot"}, "valid number", "temperature"),
        ({"messages": CHAT, "top_p": 0}, "greater than 0", "top_p"),
        ({"messages": CHAT, "max_tokens": 0}, "greater than or equal to 1", "max_tokens"),
        ({"messages": CHAT, "stop": ["a"] * 5}, "at most 4 items", "stop"),
        ({"messages": CHAT, "stop": ["a", 2]}, "valid string", "stop.1"),
        ({"messages": CHAT, "n": 2}, "`n` is not offered here", "n"),
        ({"messages": CHAT, "tools": [{"type": "function"}]}, "`tools` is not offered", "tools"),
        ({"messages": CHAT, "frequency_penalty": 0.5}, "`frequency_penalty` is not", "frequency_penalty"),
        ({"messages": CHAT, "generation_config": "{}"}, "`generation_config` is not", "generation_config"),
        ({"messages": CHAT, "chat_template_kwargs": {}}, "`chat_template_kwargs` is", "chat_template_kwargs"),
    ],
)
def test_a_mistake_is_told_with_its_place(request_, said, param):
    found = refusal(request_)
    assert found.status == 400
    assert said in found.message
    assert found.param == param
    assert found.body()["error"]["type"] == "invalid_request_error"


def test_another_model_is_openais_404():
    found = refusal({"messages": CHAT, "model": "gpt-5"})
    assert (found.status, found.code, found.param) == (404, "model_not_found", "model")
    assert "'pica' is" in found.message


def test_what_asks_for_nothing_is_taken_as_clients_send_it():
    request = read(
        json.dumps(
            {
                **{"messages": CHAT, "model": "pica", "n": 1, "tools": None, "tool_choice": "none", "logprobs": False},
                **{"presence_penalty": 0, "frequency_penalty": 0.0, "response_format": {"type": "text"}},
                **{"stream": True, "stream_options": {"include_usage": True}, "user": "ann", "store": False},
            }
        ).encode(),
        "pica",
    )
    assert request.stream
    assert request.chat == CHAT


def test_a_message_of_ours_can_be_given_back_and_parts_are_one_text():
    ours = {"role": "assistant", "content": "Oh.", "refusal": None, "tool_calls": None}
    parts = [{"type": "text", "text": "And"}, {"type": "text", "text": "again."}]
    chat = [{"role": "system", "content": ""}, *CHAT, ours, {"role": "user", "content": parts, "name": "ann"}]
    assert read(json.dumps({"messages": chat}).encode(), "pica").chat == [
        {"role": "system", "content": ""},
        *CHAT,
        {"role": "assistant", "content": "Oh."},
        {"role": "user", "content": "And\nagain."},
    ]


@settings(max_examples=40)
@given(st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=4), JSON, max_size=4))
def test_whatever_comes_is_read_or_refused_with_one_message(values):
    with suppress(Refusal):  # and nothing else
        read(json.dumps({"messages": CHAT, **values}).encode(), "pica")


@settings(max_examples=40)
@given(st.binary(max_size=60))
def test_bytes_of_any_kind_are_refused(body):
    assert refusal(body).status == 400
