"""What a model computes in: bf16 on a GPU, and if it is not small on CPUs with instructions for it; else fp32.

    PICA_PRECISION=fp32    whatever the machine could do

An environment variable and no parameter: what is best follows from the machine, and a change of machine should not make
stages run again. The weights of an adapter are trained in fp32 either way, as are loss and optimizer. Without the
instructions bf16 is emulated, which is right, and slower than fp32.
"""

from __future__ import annotations

import os

import torch

from pica.errors import ParamsError

ASKED = "PICA_PRECISION"
_TYPES = {"bf16": torch.bfloat16, "fp32": torch.float32}
# The instructions that multiply matrices in bf16 about twice as fast as in fp32, as PyTorch calls them.
_INSTRUCTIONS = ("avx512_bf16", "amx_bf16")
# Bytes of weights below which a model spends its time on other things than products, which are no quicker in bf16: one
# of 3 MB takes 1.9 times as long in it as in fp32, one of 540 MB 0.6 times (docs/speed.md); nothing between was tried.
_SMALL = 40 * 2**20


def dtype(size: int | None = None) -> torch.dtype:
    """What to compute in here.

    Args:
        size: bytes of the model's weights; by default those of one that is not small.

    Raises:
        ParamsError: PICA_PRECISION asks for something else.
    """
    asked = os.environ.get(ASKED, "")
    if asked:
        if asked not in _TYPES:
            raise ParamsError(f"{ASKED}={asked}: give {' or '.join(_TYPES)}, or leave it unset.")
        return _TYPES[asked]
    pays = instructions() and (size is None or size >= _SMALL)
    return torch.bfloat16 if torch.cuda.is_available() or pays else torch.float32


def name(size: int | None = None) -> str:
    """`bf16` or `fp32`: what `dtype` says, for people."""
    return next(name for name, kind in _TYPES.items() if kind == dtype(size))


def instructions() -> list[str]:
    """Those of the CPU that make bf16 worth while; empty where it has none."""
    there = torch.cpu.get_capabilities()
    return [name for name in _INSTRUCTIONS if there.get(name)]
