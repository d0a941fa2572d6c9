"""BERTScore: how alike two texts are by the vectors of their tokens.

    BertScore("hub:FacebookAI/roberta-large", layer=17)(["I am so sorry."], ["That is sad, I am sorry."])    →  [0.931]

Source: Zhang et al., BERTScore, ICLR 2020: the F1, without idf and without rescaling.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.nn.functional import normalize

from pica.errors import ParamsError
from pica.inference.encoder import find, load, missing

_BATCH = 64
# Tokens of a text that are read; what stands after them does not count.
_LONGEST = 512


class BertScore:
    """Each token counts with the most alike one of the other text.

    Tokens that the tokenizer adds, as [CLS], may be that one and do not count themselves, as in the authors' code.

    Args:
        name: an encoder, as `inference.encoder.find` takes one.
        layer: whose vectors, counted from 1; None: the last.

    Raises:
        ParamsError: the encoder is not installed, or has no such layer.
        ModelError: it cannot be loaded.
        SourceError: the hub does not give it.
    """

    def __init__(self, name: str, layer: int | None) -> None:
        folder = find(name)
        if folder is None:
            raise ParamsError(f"evaluate.bertscore: {missing(name)}, or set it to null.")
        self._tokenizer, self._model = load(folder)
        layers = self._model.config.num_hidden_layers
        if layer is not None and layer > layers:
            raise ParamsError(f"evaluate.bertscore_layer is {layer}, and {folder} has {layers} layers.")
        self._layer = layer or layers

    def __call__(self, answers: Sequence[str], golds: Sequence[str]) -> list[float]:
        """F1 of each pair, -1 to 1; 0 where one of them is empty."""
        texts = sorted({*answers, *golds}, key=len)
        vectors = {}
        for start in range(0, len(texts), _BATCH):
            batch = texts[start : start + _BATCH]
            vectors.update(zip(batch, self._vectors(batch), strict=True))
        return [_f1(*vectors[answer], *vectors[gold]) for answer, gold in zip(answers, golds, strict=True)]

    def _vectors(self, texts: list[str]) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """Of each text the vectors of its tokens at length one, `[tokens, size]`, and which of them count."""
        longest = min(_LONGEST, self._tokenizer.model_max_length)
        given = self._tokenizer(
            texts,
            padding=True,
            truncation=True,
            max_length=longest,
            return_special_tokens_mask=True,
            return_tensors="pt",
        )
        added, kept = given.pop("special_tokens_mask").bool(), given["attention_mask"].bool()
        with torch.inference_mode():
            states = self._model(**given.to(self._model.device), output_hidden_states=True).hidden_states[self._layer]
        states = normalize(states, dim=-1).cpu()
        return [(of[k], ~a[k]) for of, k, a in zip(states, kept, added, strict=True)]


def _f1(answer: torch.Tensor, of_answer: torch.Tensor, gold: torch.Tensor, of_gold: torch.Tensor) -> float:
    if not (of_answer.any() and of_gold.any()):
        return 0.0
    alike = answer @ gold.T
    precision = float(alike.amax(1)[of_answer].mean())
    recall = float(alike.amax(0)[of_gold].mean())
    return 2 * precision * recall / (precision + recall)
