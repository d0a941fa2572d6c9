"""Label sets and maps that more than one dataset shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

# The six coarse emotions that PICA's "coarse" task versions ask for (Shaver et al. 1987; Parrott 2001).
COARSE = ("love", "joy", "surprise", "anger", "sadness", "fear")

EKMAN = ("neutral", "joy", "sadness", "anger", "surprise", "fear", "disgust")

POLARITY = ("negative", "positive")

STARS = ("1 star", "2 stars", "3 stars", "4 stars", "5 stars")

# What the writers of EmpatheticDialogues felt, and EDOS's dialogues too, in the order of EmpatheticDialogues' codes.
EMPATHETIC = (
    "sad",
    "trusting",
    "terrified",
    "caring",
    "disappointed",
    "faithful",
    "joyful",
    "jealous",
    "disgusted",
    "surprised",
    "ashamed",
    "afraid",
    "impressed",
    "sentimental",
    "devastated",
    "excited",
    "anticipating",
    "annoyed",
    "anxious",
    "furious",
    "content",
    "lonely",
    "angry",
    "confident",
    "apprehensive",
    "guilty",
    "embarrassed",
    "grateful",
    "hopeful",
    "proud",
    "prepared",
    "nostalgic",
)


def groups_of(members: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Group → members, turned into label → group."""
    return {label: group for group, labels in members.items() for label in labels}


def numbered(labels: Sequence[str], first: int = 0) -> dict[str, str]:
    """A label's number, as a raw file writes it, → the label."""
    return {str(number): label for number, label in enumerate(labels, first)}


# PICA's groups of 2023, of all labels that EDOS and the turns of EmpatheticDialogues have.
PICA_EMPATHETIC_GROUPS = groups_of(
    {
        "love": (
            "anticipating",
            "faithful",
            "hopeful",
            "caring",
            "trusting",
            "nostalgic",
            "sentimental",
            "wishing",
            "consoling",
            "encouraging",
        ),
        "joy": (
            "prepared",
            "proud",
            "excited",
            "joyful",
            "content",
            "confident",
            "neutral",
            "agreeing",
            "acknowledging",
            "questioning",
            "suggesting",
        ),
        "surprise": ("grateful", "surprised", "impressed", "devastated"),
        "anger": ("disappointed", "disgusted", "furious", "angry", "annoyed", "jealous"),
        "sadness": ("embarrassed", "ashamed", "sad", "lonely", "guilty", "sympathizing"),
        "fear": ("anxious", "terrified", "afraid", "apprehensive"),
    }
)

# Parrott's tree, where longing is love, amazement surprise, jealousy and disgust anger, and shame sadness.
EMPATHETIC_GROUPS = groups_of(
    {
        "love": ("caring", "faithful", "nostalgic", "sentimental", "trusting"),
        "joy": (
            "anticipating",
            "confident",
            "content",
            "excited",
            "grateful",
            "hopeful",
            "joyful",
            "prepared",
            "proud",
        ),
        "surprise": ("impressed", "surprised"),
        "anger": ("angry", "annoyed", "disgusted", "furious", "jealous"),
        "sadness": ("ashamed", "devastated", "disappointed", "embarrassed", "guilty", "lonely", "sad"),
        "fear": ("afraid", "anxious", "apprehensive", "terrified"),
    }
)
