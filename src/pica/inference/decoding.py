"""How a reply is drawn from a model's probabilities, as a value that chats keep and save.

Decoding(temperature=0.7, top_p=0.9, max_new_tokens=80, seed=1)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field


@dataclass(frozen=True)
class Decoding:
    """Temperature 0 takes the likeliest token each time; above it, tokens are drawn from the likeliest ones that have
    `top_p` of the probability together. The same seed draws the same reply."""

    temperature: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.7
    top_p: Annotated[float, Field(gt=0, le=1)] = 0.9
    max_new_tokens: Annotated[int, Field(ge=1)] = 80
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 1
