"""Greedy answers that copy much of their prompt, written in few passes.

    prompt   … I failed my driving test again. | What has A been through?
    said     I failed
    draft    my driving test again.         what stood behind "I failed" in the prompt, read in one pass with it

The model says after each token of a draft what it would have said itself; as far as that is the draft, it stays, and so
does the first token that is not. So the answer is the one that a token a pass gives, but where two tokens are as likely
to the last bits. A pass waits for all weights, whether it reads one token or ten.

transformers has the same (`prompt_lookup_num_tokens`), but its 5.23 gives other tokens where the cache holds the
beginning of the prompt already.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from transformers import Cache, PreTrainedModel

# Tokens of a draft at most, and of what has to be alike before it.
_DRAFT, _ALIKE = 10, 3


@torch.no_grad()
def say(model: PreTrainedModel, cache: Cache, prompt: Sequence[int], end: int, most: int) -> list[int]:
    """The likeliest tokens after a prompt, up to the end token or `most`.

    Args:
        model: one whose cache can be cut at any token.
        cache: holds the prompt's first tokens, not all of them; is to hold the whole prompt and more.
    """
    ids = list(prompt)
    while len(ids) < len(prompt) + most:
        # A pass writes one token more than its draft has; what ends a prompt is the template's, and begins no copy.
        draft = _draft(ids, min(_DRAFT, len(prompt) + most - len(ids) - 1)) if len(ids) > len(prompt) else []
        read = torch.tensor([ids[cache.get_seq_length() :] + draft], device=model.device)
        logits = model(input_ids=read, past_key_values=cache, logits_to_keep=len(draft) + 1).logits
        own = logits[0, -len(draft) - 1 :].argmax(-1).tolist()
        right = next((place for place, token in enumerate(draft) if token != own[place]), len(draft))
        said = own[: right + 1]
        if end in said:
            return ids[len(prompt) :] + said[: said.index(end) + 1]
        ids += said
        cache.crop(right - len(draft))
    return ids[len(prompt) :]


def _draft(ids: Sequence[int], most: int) -> list[int]:
    """What stood behind the latest of the tokens that the last ones are like; nothing where there were none."""
    for size in range(min(_ALIKE, len(ids) - 1), 0, -1):
        last = ids[-size:]
        for start in range(len(ids) - size - 1, -1, -1):
            if ids[start : start + size] == last:
                return ids[start + size : start + size + most]
    return []
