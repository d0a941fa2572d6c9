r"""EmoLLM: Chinese support dialogues of a client and a counselor, written by a language model.

`data.json` is one JSON array, UTF-8; an element is a dialogue, and each of its turns an exchange:

    {"conversation": [{"system": "现在你是一个心理专家，我有一些心理问题，请你用专业的知识帮我解决。",
                       "input": "医生，搬家以后我总睡不好。", "output": "换了环境，睡不好很常见。"},
                      {"input": "那我该怎么办？", "output": "先固定起床的时间。\n\n医生：午后别再喝咖啡。"}]}

`system` is the same in every dialogue, so it tells nothing about any: it is checked and left out. In 221 outputs
the counselor goes on in a paragraph that opens with the tag `医生：`. The tag goes; the words, which are still the
counselor's, stay. Paragraphs in parentheses are remarks on the dialogue (`（对话结束）`) and go. There are neither ids,
so a dialogue's is its 0-based place, nor splits: they are cut by the client's first words, which two dialogues share.

EmoLLM's own evaluation set is nearly this file, so its published figures are no baseline for what is trained on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pica.corpora import native
from pica.corpora.corpus import Corpus, File, View, split_by_group
from pica.schema import Conversation, Turn

_URL = "https://raw.githubusercontent.com/SmartFlowAI/EmoLLM/955155bb536eb1c28ff4500c6dc6a093a24e8209/datasets"

_SYSTEM = "现在你是一个心理专家，我有一些心理问题，请你用专业的知识帮我解决。"
_TAG = "医生："
_PARAGRAPH = "\n\n"


def read(folder: Path) -> Iterator[Conversation]:
    """One conversation an element of the array."""
    for number, (at, row) in enumerate(native.json_items(folder / "data.json")):
        exchanges = at.field(row, "conversation", list)
        if not exchanges or at.field(exchanges[0], "system", str) != _SYSTEM:
            at.fail(f"a dialogue opens with an exchange whose 'system' is {_SYSTEM!r}")
        turns = tuple(turn for exchange in exchanges for turn in _turns(at, exchange))
        split = split_by_group(f"emollm/{turns[0].text}")
        yield Conversation(f"emollm/{split}/{number}", "emollm", split, "zh", turns)


def _turns(at: native.At, exchange: Any) -> Iterator[Turn]:
    yield Turn("client", at.text(at.field(exchange, "input", str), "input"))
    yield Turn("counselor", at.text(_said(at.field(exchange, "output", str)), "output"))


def _said(output: str) -> str:
    """The counselor's words without the tag inside them and without remarks on the dialogue."""
    paragraphs = (paragraph.removeprefix(_TAG) for paragraph in output.split(_PARAGRAPH))
    return _PARAGRAPH.join(words for words in paragraphs if not (words.startswith("（") and words.endswith("）")))


CORPUS = Corpus(
    name="emollm",
    title="EmoLLM: multi-turn dialogues for mental health support",
    homepage="https://github.com/SmartFlowAI/EmoLLM",
    citation="EmoLLM Team. EmoLLM: Reinventing Mental Health Support with Large Language Models. 2024",
    licence="MIT",
    # MIT is the team's own licence; the terms of the model that wrote the text, which is not named, may say otherwise.
    commercial=False,
    redistributable=False,
    personal=False,
    languages=("zh",),
    read=read,
    views=(View("emollm-generation", "dialogue_generation", 2000, asks="reply", speaker="counselor"),),
    files=(
        File(
            "data.json",
            f"{_URL}/data.json",
            "a3adbbe3d191a9a4b1bbeac144af6847f2faa52bc826caabe4e04dcdb0d5d277",
            3801977,
        ),
    ),
)
