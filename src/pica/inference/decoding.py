"""How a reply is drawn from a model's probabilities, as a value that chats keep and save.

Decoding(temperature=0.7, top_p=0.9, max_new_tokens=80, seed=1)
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Decoding:
    """Temperature 0 takes the likeliest token each time; above it, tokens are drawn from the likeliest ones that have
    `top_p` of the probability together. The same seed draws the same reply."""

    temperature: float = 0.7
    top_p: float = 0.9
    max_new_tokens: int = 80
    seed: int = 1
