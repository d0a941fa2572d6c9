"""Many answers to each prompt, read in one forward pass.

    a row        p0 p1 p2 p3 | joy | no emotion | anger
    joy          sees p0…p3 and itself
    no emotion   sees p0…p3 and itself, at the places that joy has, too

Answers do not see each other, so each has the log-probability that it has alone, and the prompt is read once for all.
What the prompts of a batch begin with, most often the request, is read once for the whole batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from scipy.special import softmax
from transformers import Cache, PreTrainedModel
from transformers.cache_utils import get_layer_types_and_kwargs

from pica.inference.reading import SHARED, Past, Reading, alike, beginning, padded
from pica.training import adapter as adapters

# Logits that are held at a time, so that a large vocabulary does not fill the memory.
_LOGITS = 2**25
# Prompts with so many first tokens in common ask the same, most often.
_HEAD = 64
# So many prompts that ask the same make batches of their own.
_GROUP = 3
# What a pass costs beside its tokens, in tokens: all weights are fetched for it.
_PASS = 64


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
    """Answers to read after one prompt.

    Args:
        first: the place of the first of them among the prompt's answers.
        written: tokens that the model is then let write by itself, at most.
    """

    row: int
    first: int
    prompt: Sequence[int]
    answers: Sequence[Sequence[int]]
    written: int = 0

    @property
    def width(self) -> int:
        """Positions of which logits are needed: the end of the prompt, and each token of an answer."""
        return 1 + sum(map(len, self.answers))

    @property
    def passes(self) -> int:
        """Passes that it may take, if what is written is about as long as what is read, where something is."""
        longest = max(map(len, self.answers))
        return 1 + (min(self.written, 1 + longest) if longest else self.written)


def jobs(
    prompts: Sequence[Sequence[int]],
    answers: Sequence[Sequence[Sequence[int]]],
    batch_size: int,
    vocabulary: int,
    written: Mapping[int, int] | None = None,
) -> list[list[Job]]:
    """All prompts with their answers in batches: of what asks the same, or of like lengths, whichever is less work.

    Where little is written, what a batch begins with in common counts most; where much is, that batches are large.

    Args:
        written: prompt → tokens that the model is then let write by itself, at most.
    """
    room, most = max(64, _LOGITS // vocabulary), written or {}
    pieces = [
        job
        for row, prompt in enumerate(prompts)
        for job in _pieces(Job(row, 0, prompt, answers[row], most.get(row, 0)), room)
    ]
    groups = _groups(pieces)
    ways = [groups, [pieces]] if len(groups) > 1 else [groups]
    cut = [[_cut(group, batch_size, room) for group in way] for way in ways]
    least = min(cut, key=lambda way: sum(work for work, _ in way))
    return [batch for _, batches in least for batch in batches]


def _cut(group: Sequence[Job], batch_size: int, room: int) -> tuple[int, list[list[Job]]]:
    """Batches of neighbours by length that come to the least work together: few places of padding, and few passes; and
    how many tokens a model then reads."""
    ordered = sorted(group, key=lambda job: (len(job.prompt) + job.width, job.row, job.first))
    shared = [alike(one.prompt, next_one.prompt) for one, next_one in pairwise(ordered)]
    least, starts = [0], [0]
    for end in range(1, len(ordered) + 1):
        ways = _works(ordered, shared, end, batch_size, room)
        work, start = min((least[start] + work, start) for start, work in ways)
        least.append(work)
        starts.append(start)
    ends = [len(ordered)]
    while ends[-1]:
        ends.append(starts[ends[-1]])
    return least[-1], [list(ordered[start:end]) for start, end in pairwise(reversed(ends))]


def _works(
    ordered: Sequence[Job], shared: Sequence[int], end: int, batch_size: int, room: int
) -> Iterator[tuple[int, int]]:
    """Each place from which a batch may reach to `end`, and the tokens that a model then reads.

    Args:
        shared: how many tokens each prompt begins with as the next one does.
    """
    longest = wider = passes = 0
    once = len(ordered[end - 1].prompt)
    for start in range(end - 1, max(0, end - batch_size) - 1, -1):
        job, count = ordered[start], end - start
        longest, wider, passes = max(longest, len(job.prompt)), max(wider, job.width), max(passes, job.passes)
        if count > 1:
            if wider * count > room:
                return
            once = min(once, shared[start])
        spared = once if count > 1 and once >= SHARED else 0
        yield start, _PASS * passes + spared + count * (longest - spared + wider - 1)


def _pieces(job: Job, room: int) -> Iterator[Job]:
    """The job itself, or several where there is no room for all answers at once; the first of them writes."""
    start, width = 0, 1
    for place, answer in enumerate(job.answers):
        if place > start and width + len(answer) > room:
            yield Job(job.row, start, job.prompt, job.answers[start:place], 0 if start else job.written)
            start, width = place, 1
        width += len(answer)
    if start < len(job.answers):
        yield Job(job.row, start, job.prompt, job.answers[start:], 0 if start else job.written)


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
    return _read(model, pad, batch, marks, goes_on=False, begun=begun)[0]


@torch.no_grad()
def read_and_stay(
    model: PreTrainedModel, pad: int, batch: Sequence[Job], marks: Sequence[int]
) -> tuple[list[list[Read]], Reading]:
    """As `read`, and the prompts as they were read, to go on from. Attention must keep all that it has seen."""
    return _read(model, pad, batch, marks, goes_on=True)


def _read(
    model: PreTrainedModel,
    pad: int,
    batch: Sequence[Job],
    marks: Sequence[int],
    goes_on: bool,
    begun: Cache | None = None,
) -> tuple[list[list[Read]], Reading | None]:
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
    last = positions[:, -1:]
    positions = torch.cat([positions, last + 1 + places], 1)
    # Logits of the last token of each prompt and of its answers alone.
    behind = torch.zeros_like(ids[:, past.length :], dtype=torch.bool)
    behind[:, -1] = True
    wanted = torch.cat([behind, owner >= 0], 1)
    logits = body(
        input_ids=torch.cat([ids[:, past.length :], added], 1),
        attention_mask=_masks(body, mask, owner, positions, past.length),
        position_ids=positions[:, past.length :],
        logits_to_keep=wanted,
        **({"past_key_values": cache} if past.length or goes_on or begun is not None else {"use_cache": False}),
    ).logits
    if logits.ndim == 3:  # a class that makes all of them whatever it is told
        logits = logits[wanted]
    of_rows = logits.split([1 + len(row.ids) for row in layout])
    found = [_collect(of_row.float(), row, marks) for of_row, row in zip(of_rows, layout, strict=True)]
    if not goes_on:
        return found, None
    for layer in cache.layers:
        layer.crop(-width)
    return found, Reading(body, cache, mask, last, torch.stack([of_row[0] for of_row in of_rows]))


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


def _collect(logits: torch.Tensor, row: _Layout, marks: Sequence[int]) -> list[Read]:
    """The log-probabilities that each answer needs. Logits i, `[1 + n, vocabulary]`, are those after the i-th token
    behind the prompt."""
    total = logits.logsumexp(-1, keepdim=True)
    of_marks = (logits[:, list(marks)] - total).cpu().numpy()
    # The first token of an answer comes after the prompt, the others after the one before.
    source = [0 if place == 0 else index for index, place in enumerate(row.places)]
    tokens = (logits[source, row.ids] - total[source, 0]).cpu().numpy()
    return [
        Read(tokens[end - length : end], np.concatenate([of_marks[:1], of_marks[end - length + 1 : end + 1]]))
        for end, length in zip(np.cumsum(row.lengths), row.lengths, strict=True)
    ]
