"""Greedy answers that are written in few passes."""

from __future__ import annotations

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from transformers import DynamicCache

from pica.inference.copying import _draft, say


class Parrot(torch.nn.Module):
    """Says what the script has at each place, whatever it is told, and counts its passes."""

    def __init__(self, script: list[int]) -> None:
        super().__init__()
        self.script, self.reads, self.device = script, [], torch.device("cpu")

    def forward(self, input_ids, past_key_values, logits_to_keep):
        told = past_key_values.get_seq_length()
        past_key_values.update(*(torch.zeros(1, 1, input_ids.shape[1], 1) for _ in range(2)), 0)
        self.reads.append(input_ids.shape[1])
        places = range(told + input_ids.shape[1] - logits_to_keep, told + input_ids.shape[1])
        logits = torch.nn.functional.one_hot(torch.tensor([self.script[place] for place in places]), 100)[None].float()
        return type("Output", (), {"logits": logits})


def plainly(model, prompt: list[int], end: int, most: int) -> list[int]:
    """One token a pass, all of it read anew."""
    ids = list(prompt)
    while len(ids) < len(prompt) + most and ids[len(prompt) :][-1:] != [end]:
        ids.append(int(model(torch.tensor([ids])).logits[0, -1].argmax()))
    return ids[len(prompt) :]


@pytest.mark.parametrize("begun", [0, 5, 29])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    prompt=st.lists(st.integers(10, 40), min_size=30, max_size=60), most=st.integers(1, 24), end=st.integers(10, 300)
)
@torch.no_grad()
def test_the_answer_is_that_of_a_token_a_pass(model, begun, prompt, most, end):
    cache = DynamicCache(config=model.config)
    if begun:
        model(input_ids=torch.tensor([prompt[:begun]]), past_key_values=cache)
    assert say(model, cache, prompt, end, most) == plainly(model, prompt, end, most)
    assert cache.get_seq_length() >= len(prompt)


def test_a_copy_takes_few_passes():
    prompt = [1, 21, 22, 23, 24, 25, 26, 27, 9]
    model = Parrot([*prompt[1:], 21, 22, 23, 24, 25, 26, 27, 2] + [0] * 20)
    assert say(model, DynamicCache(), prompt, end=2, most=20) == [21, 22, 23, 24, 25, 26, 27, 2]
    assert len(model.reads) == 2


def test_no_more_is_said_than_there_is_room_for():
    prompt = [1, 21, 22, 23, 24, 25, 9]
    model = Parrot([*prompt[1:], 21, 22, 23, 24, 25, 2] + [0] * 20)
    assert say(model, DynamicCache(), prompt, end=2, most=3) == [21, 22, 23]
    assert max(model.reads[1:]) <= 2


@pytest.mark.parametrize(
    ("ids", "draft"),
    [
        ([1, 2, 3, 4, 1, 2], [3, 4, 1]),
        ([1, 2, 3, 9, 2, 5, 2], [5, 2]),  # the latest
        ([1, 2, 7, 2, 8, 1, 2], [7, 2, 8]),  # of the longest
        ([1, 2, 3], []),
        ([1], []),
    ],
)
def test_a_draft_is_what_stood_behind_the_same_tokens(ids, draft):
    assert _draft(ids, 3) == draft
