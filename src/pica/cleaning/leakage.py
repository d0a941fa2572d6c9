"""No whole conversation of a test or validation set stands in the training set of any dataset.

Texts are compared by `comparable`, so case, punctuation and blanks do not hide a copy.
"""

from __future__ import annotations

import hashlib

from pica.cleaning.text import comparable
from pica.schema import Conversation


def fingerprint(conversation: Conversation) -> bytes:
    """16 bytes that two conversations share when they say the same."""
    said = "\n".join(comparable(turn.text) for turn in conversation.turns)
    return hashlib.blake2b(said.encode(), digest_size=16).digest()
