"""What the real files hold. Sums over splits are the published counts; so is each split where it is official.

To add a dataset: print what `measure` of test_corpora_real.py counts, compare it with the paper, and put it here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pica.schema import Conversation


@dataclass(frozen=True)
class Expected:
    """The counts of one corpus, or of the part of it whose native ids match `ids` (as in View): all of them, no more.

    Statistic → (train, validation, test). Statistics are "conversations", "turns", "causes", "situations", "personas",
    "emotion <label>" of conversations, "turn emotion <label>", "act <label>" and "rejected: <reason>".
    """

    corpus: str
    counts: Mapping[str, tuple[int, int, int]]
    ids: str = ""


EXPECTED = (
    # Train lacks 130 dialogues: test_dailydialog_loses_only_what_reccon_holds_out.
    Expected(
        "dailydialog",
        {
            "conversations": (10988, 1000, 1000),
            "turns": (85687, 8069, 7740),
            "turn emotion no emotion": (71245, 7108, 6321),
            "turn emotion anger": (745, 77, 118),
            "turn emotion disgust": (295, 3, 47),
            "turn emotion fear": (129, 11, 17),
            "turn emotion happiness": (10841, 684, 1019),
            "turn emotion sadness": (898, 79, 102),
            "turn emotion surprise": (1534, 107, 116),
            "act inform": (39195, 3125, 3534),
            "act question": (24628, 2244, 2210),
            "act directive": (13966, 1775, 1278),
            "act commissive": (7898, 925, 718),
            "rejected: its RECCON copy is in validation": (9, 0, 0),
            "rejected: its RECCON copy is in test": (121, 0, 0),
        },
        ids=r"[0-9]+",
    ),
    Expected(
        "dailydialog",
        {
            "conversations": (834, 47, 225),
            "turns": (8206, 493, 2405),
            "turn emotion no emotion": (3644, 293, 1306),
            "turn emotion anger": (276, 26, 149),
            "turn emotion disgust": (106, 2, 32),
            "turn emotion fear": (45, 4, 25),
            "turn emotion happiness": (3557, 127, 677),
            "turn emotion sadness": (212, 23, 116),
            "turn emotion surprise": (366, 18, 100),
            "causes": (7271, 347, 1894),
        },
        ids=r"reccon-.*",
    ),
    Expected(
        "emotion_stimulus",
        {
            "conversations": (1932, 244, 238),
            "turns": (1932, 244, 238),
            "emotion happy": (385, 40, 54),
            "emotion sad": (472, 55, 48),
            "emotion anger": (388, 43, 52),
            "emotion fear": (333, 49, 41),
            "emotion surprise": (169, 26, 18),
            "emotion disgust": (81, 7, 7),
            "emotion shame": (104, 24, 18),
            "causes": (647, 79, 94),
        },
    ),
    Expected(
        "esconv",
        {
            "conversations": (910, 195, 195),
            "turns": (26648, 5678, 6039),
            "emotion anxiety": (251, 51, 52),
            "emotion depression": (234, 51, 49),
            "emotion sadness": (220, 45, 43),
            "emotion anger": (74, 19, 18),
            "emotion fear": (70, 12, 13),
            "emotion disgust": (29, 6, 5),
            "emotion shame": (23, 6, 13),
            "emotion nervousness": (6, 5, 2),
            "emotion guilt": (1, 0, 0),
            "emotion jealousy": (1, 0, 0),
            "emotion pain": (1, 0, 0),
            "act Question": (2622, 549, 630),
            "act Restatement or Paraphrasing": (798, 138, 153),
            "act Reflection of feelings": (990, 211, 235),
            "act Self-disclosure": (1185, 264, 264),
            "act Affirmation and Reassurance": (1988, 402, 437),
            "act Providing Suggestions": (1987, 459, 508),
            "act Information": (835, 194, 186),
            "act Others": (2354, 505, 482),
            "situations": (910, 195, 195),
        },
    ),
    Expected(
        "goemotions",
        {
            "conversations": (43410, 5426, 5427),
            "turns": (43410, 5426, 5427),
            "emotion admiration": (4130, 488, 504),
            "emotion amusement": (2328, 303, 264),
            "emotion anger": (1567, 195, 198),
            "emotion annoyance": (2470, 303, 320),
            "emotion approval": (2939, 397, 351),
            "emotion caring": (1087, 153, 135),
            "emotion confusion": (1368, 152, 153),
            "emotion curiosity": (2191, 248, 284),
            "emotion desire": (641, 77, 83),
            "emotion disappointment": (1269, 163, 151),
            "emotion disapproval": (2022, 292, 267),
            "emotion disgust": (793, 97, 123),
            "emotion embarrassment": (303, 35, 37),
            "emotion excitement": (853, 96, 103),
            "emotion fear": (596, 90, 78),
            "emotion gratitude": (2662, 358, 352),
            "emotion grief": (77, 13, 6),
            "emotion joy": (1452, 172, 161),
            "emotion love": (2086, 252, 238),
            "emotion nervousness": (164, 21, 23),
            "emotion optimism": (1581, 209, 186),
            "emotion pride": (111, 15, 16),
            "emotion realization": (1110, 127, 145),
            "emotion relief": (153, 18, 11),
            "emotion remorse": (545, 68, 56),
            "emotion sadness": (1326, 143, 156),
            "emotion surprise": (1060, 129, 141),
            "emotion neutral": (14219, 1766, 1787),
        },
    ),
    Expected(
        "meld",
        {
            "conversations": (1038, 114, 280),
            "turns": (9989, 1109, 2610),
            "turn emotion neutral": (4710, 470, 1256),
            "turn emotion joy": (1743, 163, 402),
            "turn emotion sadness": (683, 111, 208),
            "turn emotion anger": (1109, 153, 345),
            "turn emotion surprise": (1205, 150, 281),
            "turn emotion fear": (268, 40, 50),
            "turn emotion disgust": (271, 22, 68),
        },
    ),
    Expected(
        "smilechat",
        {
            "conversations": (790, 73, 135),
            "turns": (8972, 848, 1548),
            "rejected: no exchange of client and counselor": (2, 0, 0),
        },
    ),
)

# For datasets without official splits: what must not be torn apart.
GROUPS: Mapping[str, Callable[[Conversation], str]] = {
    "emotion_stimulus": lambda conversation: conversation.turns[0].text,
    "smilechat": lambda conversation: conversation.turns[0].text[:12],
}
