"""A model and its tokenizer, asked many questions at once.

Prompts come from `pica.training.encode`, so a question has the very tokens that training gave it.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import torch
from torch.nn.functional import log_softmax
from tqdm import tqdm
from transformers import Cache, GenerationConfig, PreTrainedModel, PreTrainedTokenizerBase
from transformers.cache_utils import DynamicLayer

from pica.training import adapter as adapters
from pica.training.attention import close, tolerance
from pica.training.batches import collate
from pica.training.cutting import Cut, without_oldest, without_oldest_but_causes
from pica.training.encode import IGNORED, Encoded, answer_ids, end_token, prompt_ids
from pica.training.loss import batch_losses

# Two answers of several tokens, to see on whether a model reads on as it reads the whole.
_PROBE = ("joy, of course", "no emotion")


@dataclass(frozen=True, slots=True)
class Generation:
    """A free answer, and whether the model ended it by itself."""

    text: str
    finished: bool


@dataclass(frozen=True, slots=True)
class ModelRunner:
    """Answers questions in batches of like lengths.

    Args:
        max_length: tokens that a prompt and its answer may have; a longer prompt is cut as in training.
        batch_size: prompts a forward pass.
    """

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    max_length: int
    batch_size: int

    def encode_prompt(
        self,
        instruction: str,
        messages: Sequence[Mapping[str, str]],
        room: int,
        cut: Cut = without_oldest,
        answer: str = "",
    ) -> list[int] | None:
        """The prompt's tokens, cut as training cuts them, with `room` tokens left for the answer.

        None when the words that `answer` quotes would be cut: nobody could find them. What cannot be cut for another
        reason is asked at its length.

        Args:
            messages: the chat so far, the last one the user's.
        """
        expected = {"role": "assistant", "content": answer}
        while len(ids := prompt_ids(messages, self.tokenizer)) + room > self.max_length:
            shorter = cut(instruction, [*messages, expected])
            if shorter is None:
                return None if cut is without_oldest_but_causes else ids
            messages = shorter[:-1]
        return ids

    @torch.no_grad()
    def classify(self, prompts: Sequence[list[int]], candidates: Sequence[Sequence[str]]) -> list[str]:
        """For each prompt, the candidate that the model finds most likely as the whole answer.

        The score is the log-probability of the candidate's tokens and of the end token after them: those are
        probabilities of complete answers, so short labels have no advantage over long ones.
        """
        answers: list[str] = [""] * len(prompts)
        order = sorted(range(len(prompts)), key=lambda i: (tuple(candidates[i]), len(prompts[i]), i))
        score = self._scores if prompts and self._reads_on(prompts) else self._plain_scores
        with tqdm(total=len(prompts), desc="label", unit="row") as bar:
            for labels, group in groupby(order, key=lambda i: tuple(candidates[i])):
                for batch in _chunks(list(group), self.batch_size):
                    scores = score([prompts[i] for i in batch], labels)
                    for i, best in zip(batch, scores.argmax(1).tolist(), strict=True):
                        answers[i] = labels[best]
                    bar.update(len(batch))
        return answers

    @torch.no_grad()
    def _reads_on(self, prompts: Sequence[list[int]]) -> bool:
        """Whether the model reads on from a cache behind padding as it reads the whole: seen on two of the prompts.

        Some classes (recurrent ones, positions of their own) do not, or take no such cache at all, and say so by other
        scores or by any error.
        """
        two = [min(prompts, key=len), max(prompts, key=len)]
        try:
            cached = self._scores(two, _PROBE)
        except Exception:  # what a model of others raises on what it was not made for
            return False
        return close(cached, self._plain_scores(two, _PROBE), tolerance(self.model))

    def _plain_scores(self, prompts: Sequence[list[int]], labels: Sequence[str]) -> torch.Tensor:
        """Log-probabilities, shape (prompts, labels), as training has them: each answer with its whole prompt."""
        pad = self.tokenizer.pad_token_id
        scores = []
        for label in labels:
            answer = answer_ids(label, self.tokenizer)
            rows = [Encoded([*prompt, *answer], [IGNORED] * len(prompt) + answer) for prompt in prompts]
            scores.append(-batch_losses(self.model, collate(rows, pad))[0])
        return torch.stack(scores, 1)

    def _scores(self, prompts: Sequence[list[int]], labels: Sequence[str]) -> torch.Tensor:
        """Log-probabilities, shape (prompts, labels): the prompts are read once."""
        model, cache = adapters.with_prefix_cache(self.model, len(prompts))
        read = cache.get_seq_length()
        ids, mask, positions = self._padded(prompts, read)
        logits = model(
            input_ids=ids[:, read:],
            attention_mask=mask,
            position_ids=positions[:, read:],
            past_key_values=cache,
            logits_to_keep=1,
        ).logits
        first = log_softmax(logits[:, -1].float(), -1)
        scores = [self._score(model, answer_ids(x, self.tokenizer), first, mask, positions, cache) for x in labels]
        return torch.stack(scores, 1)

    def _score(
        self, model: PreTrainedModel, answer: list[int], first: torch.Tensor, mask, positions, cache: Cache
    ) -> torch.Tensor:
        """Log-probability of one answer after each prompt; the cache is left as it was."""
        rows = len(mask)
        score = first[:, answer[0]]
        given = torch.tensor(answer[:-1], device=mask.device).expand(rows, -1)
        if not given.shape[1]:
            return score
        steps = torch.arange(1, given.shape[1] + 1, device=mask.device)
        # A window that is full, or a recurrent state, cannot go back.
        goes_back = all(type(layer) is DynamicLayer for layer in cache.layers)
        logits = model(
            input_ids=given,
            attention_mask=torch.cat([mask, torch.ones_like(given)], 1),
            position_ids=positions[:, -1:] + steps,
            past_key_values=cache if goes_back else copy.deepcopy(cache),
        ).logits
        if goes_back:
            cache.crop(-given.shape[1])
        following = torch.tensor(answer[1:], device=mask.device).expand(rows, -1)
        return score + log_softmax(logits.float(), -1).gather(2, following[..., None]).sum((1, 2))

    @torch.no_grad()
    def generate(self, prompts: Sequence[list[int]], max_new_tokens: int) -> list[Generation]:
        """A free answer to each prompt, greedily decoded."""
        replies: list[Generation | None] = [None] * len(prompts)
        end, pad = end_token(self.tokenizer), self.tokenizer.pad_token_id
        config = GenerationConfig(max_new_tokens=max_new_tokens, do_sample=False, eos_token_id=end, pad_token_id=pad)
        order = sorted(range(len(prompts)), key=lambda i: (len(prompts[i]), i))
        # A model that does not read on behind padding is asked without any.
        mixed = bool(prompts) and self._reads_on(prompts)
        groups = [order] if mixed else [list(group) for _, group in groupby(order, key=lambda i: len(prompts[i]))]
        with tqdm(total=len(prompts), desc="generate", unit="row") as bar:
            for batch in (batch for group in groups for batch in _chunks(group, self.batch_size)):
                model, given = self.model, {}
                if adapters.has_prefix(self.model):
                    model, given["past_key_values"] = adapters.with_prefix_cache(self.model, len(batch))
                read = given["past_key_values"].get_seq_length() if given else 0
                ids, mask, _ = self._padded([prompts[i] for i in batch], read)
                output = model.generate(input_ids=ids, attention_mask=mask, generation_config=config, **given)
                for i, tokens in zip(batch, output[:, ids.shape[1] :].tolist(), strict=True):
                    replies[i] = self._reply(tokens, end)
                bar.update(len(batch))
        return replies

    def _reply(self, tokens: list[int], end: int) -> Generation:
        finished = end in tokens
        said = tokens[: tokens.index(end)] if finished else tokens
        return Generation(self.tokenizer.decode(said, skip_special_tokens=True).strip(), finished)

    def _padded(self, prompts: Sequence[list[int]], read: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """ids, attention mask and positions of shape (prompts, read + longest), padded on the left.

        The first `read` places stand for what the cache holds already, a prefix; which ids are there does not matter.
        """
        width = max(map(len, prompts))
        pad = self.tokenizer.pad_token_id
        ids = torch.tensor([[pad] * (read + width - len(p)) + p for p in prompts], device=self.model.device)
        rows = [[1] * read + [0] * (width - len(p)) + [1] * len(p) for p in prompts]
        mask = torch.tensor(rows, device=self.model.device)
        return ids, mask, (mask.cumsum(1) - 1).clamp(min=0)


def _chunks(items: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
