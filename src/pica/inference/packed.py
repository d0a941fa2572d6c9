"""Many answers to each prompt, read in one forward pass.

    a row        p0 p1 p2 p3 | joy | no emotion | anger
    joy          sees p0…p3 and itself
    no emotion   sees p0…p3 and itself, at the places that joy has, too

Answers do not see each other, so each has the log-probability that it has alone, and the prompt is read once for all.
What the prompts of a batch begin with, most often the request, is read once for the whole batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.special import softmax
from transformers import Cache, PreTrainedModel
from transformers.cache_utils import DynamicLayer, get_layer_types_and_kwargs

from pica.training import adapter as adapters

# Logits that are held at a time, so that a large vocabulary does not fill the memory.
_LOGITS = 2**25
# A beginning of fewer tokens is read again: a pass of its own would take longer.
SHARED = 16
# Prompts with so many first tokens in common ask the same, most often.
_HEAD = 48
# So many prompts that ask the same make batches of their own.
_GROUP = 6


@dataclass(frozen=True, slots=True)
class Read:
    """One answer after its prompt, in nats.

    Args:
        tokens: the log-probability of each of its tokens, `[n]`.
        marks: after its first 0, 1, … n tokens, the log-probability of each mark, `[n + 1, marks]`.
    """

    tokens: np.ndarray
    marks: np.ndarray

    @property
    def whole(self) -> float:
        """The log-probability of the answer and the first mark after it, which is its end."""
        return float(self.tokens.sum() + self.marks[-1, 0])

    def plain(self) -> list[list]:
        """As JSON has it; every digit is kept."""
        return [self.tokens.tolist(), self.marks.tolist()]

    @classmethod
    def of(cls, tokens: Sequence[float], marks: Sequence[Sequence[float]]) -> Read:
        """The inverse of `plain`."""
        return cls(np.array(tokens, dtype=np.float32), np.array(marks, dtype=np.float32))


def shares(answers: Sequence[str], reads: Sequence[Read]) -> dict[str, float]:
    """Answer → its probability among these answers, each with its end."""
    whole = softmax([read.whole for read in reads])
    return dict(zip(answers, whole.tolist(), strict=True))


@dataclass(frozen=True, slots=True)
class Job:
    """Answers to read after one prompt: `first` is the place of the first of them among the prompt's answers."""

    row: int
    first: int
    prompt: Sequence[int]
    answers: Sequence[Sequence[int]]

    @property
    def width(self) -> int:
        """Positions of which logits are needed: the end of the prompt, and each token of an answer."""
        return 1 + sum(map(len, self.answers))


def jobs(
    prompts: Sequence[Sequence[int]], answers: Sequence[Sequence[Sequence[int]]], batch_size: int, vocabulary: int
) -> Iterator[list[Job]]:
    """All prompts with their answers in batches: neighbours ask the same or are of like lengths."""
    room = max(64, _LOGITS // vocabulary)
    pieces = [job for row, prompt in enumerate(prompts) for job in _pieces(row, prompt, answers[row], room)]
    for group in _groups(pieces):
        batch: list[Job] = []
        for job in sorted(group, key=lambda job: (len(job.prompt) + job.width, job.row, job.first)):
            wider = max([job.width, *(other.width for other in batch)])
            if batch and (len(batch) == batch_size or wider * (len(batch) + 1) > room):
                yield batch
                batch = []
            batch.append(job)
        yield batch


def _pieces(row: int, prompt: Sequence[int], answers: Sequence[Sequence[int]], room: int) -> Iterator[Job]:
    """One job, or several where there is no room for all answers at once."""
    start, width = 0, 1
    for place, answer in enumerate(answers):
        if place > start and width + len(answer) > room:
            yield Job(row, start, prompt, answers[start:place])
            start, width = place, 1
        width += len(answer)
    if start < len(answers):
        yield Job(row, start, prompt, answers[start:])


def _groups(pieces: Sequence[Job]) -> list[list[Job]]:
    """Jobs that ask the same, where they are many, and all others together."""
    by_head: dict[tuple[int, ...], list[Job]] = {}
    for job in pieces:
        by_head.setdefault(tuple(job.prompt[:_HEAD]), []).append(job)
    groups = [group for group in by_head.values() if len(group) >= _GROUP]
    others = [job for group in by_head.values() if len(group) < _GROUP for job in group]
    return [*groups, others] if others else groups


@torch.no_grad()
def read(
    model: PreTrainedModel, pad: int, batch: Sequence[Job], marks: Sequence[int], begun: Cache | None = None
) -> list[list[Read]]:
    """What the model makes of each job's answers, in their order.

    Args:
        model: as peft or transformers wrap it; attention is all that looks across its tokens.
        marks: tokens whose log-probability is wanted at every place, such as the end token.
        begun: of a batch of one, a cache that holds the prompt's first tokens and is to hold all of it; not for a model
            with a prefix adapter.
    """
    prompts = [list(job.prompt) for job in batch]
    if begun is None:
        body, cache, past = beginning(model, prompts)
    else:
        body, cache, past = adapters.body(model), begun, Past(begun.get_seq_length(), begun.get_seq_length())
    ids, mask, positions = padded([prompt[past.shared :] for prompt in prompts], pad, past.length, model.device)
    layout = [_layout(job.answers) for job in batch]
    width = max(len(row.ids) for row in layout)
    added = torch.tensor([row.ids + [pad] * (width - len(row.ids)) for row in layout], device=ids.device).long()
    places = torch.tensor([row.places + [0] * (width - len(row.ids)) for row in layout], device=ids.device).long()
    owner = torch.tensor([row.owner + [-1] * (width - len(row.ids)) for row in layout], device=ids.device).long()
    positions = torch.cat([positions, positions[:, -1:] + 1 + places], 1)
    logits = body(
        input_ids=torch.cat([ids[:, past.length :], added], 1),
        attention_mask=_masks(body, mask, owner, positions, past.length),
        position_ids=positions[:, past.length :],
        logits_to_keep=width + 1,
        **({"past_key_values": cache} if past.length or begun is not None else {"use_cache": False}),
    ).logits[:, -(width + 1) :]
    return _collect(logits.float(), layout, marks)


@dataclass(frozen=True, slots=True)
class Past:
    """What the cache holds: a prefix adapter's states and the first `shared` tokens of each prompt."""

    shared: int
    length: int


def beginning(model: PreTrainedModel, prompts: Sequence[list[int]]) -> tuple[PreTrainedModel, Cache, Past]:
    """The model to call, and a cache that has read what all prompts begin with, if that is worth a pass."""
    shared = min(alike(min(prompts), max(prompts)), min(map(len, prompts)) - 1)
    body, cache = adapters.with_prefix_cache(model, 1)
    prefix = cache.get_seq_length()
    if len(prompts) == 1 or shared < SHARED or not all(type(layer) is DynamicLayer for layer in cache.layers):
        body, cache = adapters.with_prefix_cache(model, len(prompts))
        return body, cache, Past(0, prefix)
    ids = torch.tensor([prompts[0][:shared]], device=model.device)
    mask = torch.ones(1, prefix + shared, dtype=torch.long, device=model.device)
    positions = torch.arange(prefix, prefix + shared, device=model.device)[None]
    body(input_ids=ids, attention_mask=mask, position_ids=positions, past_key_values=cache, logits_to_keep=1)
    cache.batch_repeat_interleave(len(prompts))
    return body, cache, Past(shared, prefix + shared)


def alike(first: Sequence[int], last: Sequence[int]) -> int:
    """How many tokens two prompts begin with; of the first and the last of sorted prompts, how many all do."""
    pairs = enumerate(zip(first, last, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(first), len(last)))


def padded(
    prompts: Sequence[Sequence[int]], pad: int, past: int, device: torch.device
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """ids, attention mask and positions of shape (prompts, past + longest), padded on the left.

    The first `past` places stand for what the cache holds already; which ids are there does not matter.
    """
    width = max(map(len, prompts))
    ids = torch.tensor([[pad] * (past + width - len(p)) + list(p) for p in prompts], device=device)
    rows = [[1] * past + [0] * (width - len(p)) + [1] * len(p) for p in prompts]
    mask = torch.tensor(rows, device=device)
    return ids, mask, (mask.cumsum(1) - 1).clamp(min=0)


@dataclass(frozen=True, slots=True)
class _Layout:
    """A job's answers behind one another: ids, the place of each in its answer, and whose it is."""

    ids: list[int]
    places: list[int]
    owner: list[int]
    lengths: list[int]


def _layout(answers: Sequence[Sequence[int]]) -> _Layout:
    ids = [token for answer in answers for token in answer]
    places = [place for answer in answers for place in range(len(answer))]
    owner = [number for number, answer in enumerate(answers) for _ in answer]
    return _Layout(ids, places, owner, [len(answer) for answer in answers])


def _masks(
    model: PreTrainedModel, mask: torch.Tensor, owner: torch.Tensor, positions: torch.Tensor, past: int
) -> torch.Tensor | dict[str, torch.Tensor]:
    """What each new place may see, as attention takes it: 0 or the least number, `[rows, 1, new, all]`."""
    rows, width = owner.shape
    told = mask.shape[1]
    seen = mask.bool()[:, None, :].expand(-1, told - past + width, -1)
    order = torch.arange(told + width, device=mask.device)
    earlier = order[None, :] <= order[past:, None]
    own = owner[:, :, None] == owner[:, None, :]
    among = torch.cat([own.new_zeros(rows, told - past, width), own], 1)
    allowed = torch.cat([seen, among], 2) & earlier
    allowed |= torch.eye(told + width, dtype=torch.bool, device=mask.device)[past:]  # padding sees itself, not nothing
    kinds, _ = get_layer_types_and_kwargs(model.config.get_text_config(decoder=True))
    made = {kind: _as_numbers(allowed, model.dtype) for kind in {*kinds} - {"sliding_attention"}}
    if "sliding_attention" in kinds:
        window = model.config.get_text_config(decoder=True).sliding_window
        near = positions[:, past:, None] - positions[:, None, :] < window
        made["sliding_attention"] = _as_numbers(allowed & near, model.dtype)
    return made if len(made) > 1 else next(iter(made.values()))


def _as_numbers(allowed: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    least = torch.finfo(dtype).min
    return torch.zeros(allowed.shape, dtype=dtype, device=allowed.device).masked_fill(~allowed, least)[:, None]


def _collect(logits: torch.Tensor, layout: Sequence[_Layout], marks: Sequence[int]) -> list[list[Read]]:
    """The log-probabilities that each answer needs. Logits i are those after the i-th token behind the prompt."""
    total = logits.logsumexp(-1, keepdim=True)
    of_marks = (logits[:, :, list(marks)] - total).cpu().numpy()
    found = []
    for number, row in enumerate(layout):
        # The first token of an answer comes after the prompt, the others after the one before.
        source = [0 if place == 0 else index for index, place in enumerate(row.places)]
        tokens = (logits[number, source, row.ids] - total[number, source, 0]).cpu().numpy()
        ends = np.cumsum(row.lengths)
        found.append(
            [
                Read(
                    tokens[end - length : end],
                    np.concatenate([of_marks[number, :1], of_marks[number, end - length + 1 : end + 1]]),
                )
                for end, length in zip(ends, row.lengths, strict=True)
            ]
        )
    return found
