"""messages → (ids, labels): the one place where a chat becomes tokens, for training, evaluation and chat alike.

    user: Which emotion …? joy, anger. / We won!     assistant: joy
    <|im_start|>user\\nWhich emotion …<|im_end|>\\n<|im_start|>assistant\\n joy <|im_end|>
    └───────────────────────── label -100 ──────────────────────────┘ └── trained ──┘

The prompt and the answer are tokenised apart, since generation starts from the tokens of the prompt alone: joint
tokenisation could merge across the boundary and train on tokens that generation never sees.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from pica.errors import ModelError
from pica.training.cutting import Cut, Messages, cut_of, without_oldest

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

# The label that cross-entropy skips, in PyTorch and transformers.
IGNORED = -100

_PROBE, _REPLY = "pica asks", "pica replies"

# Rows that are tokenised in one call: the tokenizer spreads them over the cores.
_CHUNK = 1_000

# Some templates (Llama 3.2, SmolLM3) print today's date, and what was tokenised today would not be what is asked
# tomorrow. Put before a template, this stands in for the clock.
_NO_CLOCK = "{%- macro strftime_now(format) -%}26 Jul 2024{%- endmacro -%}"


@dataclass(frozen=True, slots=True)
class Encoded:
    """Token ids and, of the same length, labels: the id where the token is trained, IGNORED elsewhere."""

    ids: Sequence[int]
    labels: Sequence[int]

    @property
    def answer_tokens(self) -> int:
        """How many tokens carry loss."""
        return int(np.count_nonzero(np.asarray(self.labels) != IGNORED))


def prompt_ids(messages: Messages, tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """The tokens after which the assistant speaks.

    Args:
        messages: the chat so far, the last one the user's.
    """
    return tokenizer.encode(_prompt(messages, tokenizer), add_special_tokens=False)


def answer_ids(answer: str, tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """The tokens of an answer, its end token included."""
    return [*tokenizer.encode(answer, add_special_tokens=False), end_token(tokenizer)]


def encode(
    messages: Messages, tokenizer: PreTrainedTokenizerBase, loss_on: Literal["last_reply", "all_replies"] = "last_reply"
) -> Encoded:
    """A chat whose last message is the assistant's, as ids and labels.

    Raises:
        ModelError: the chat template rewrites earlier turns, so that not all replies can be trained at once.
    """
    return next(_encoded([_pieces(messages, tokenizer, loss_on)], tokenizer))


def fit(
    instruction: str,
    messages: Messages,
    tokenizer: PreTrainedTokenizerBase,
    max_length: int,
    loss_on: str,
    cut: Cut = without_oldest,
) -> Encoded | None:
    """The encoded chat within `max_length` tokens, cut as `cut` says.

    The request itself and the answer are never cut. None when they, and what `cut` leaves, are too long.
    """
    while len((encoded := encode(messages, tokenizer, loss_on)).ids) > max_length:
        shorter = cut(instruction, messages)
        if shorter is None:
            return None
        messages = shorter
    return encoded


def encode_rows(
    rows: Iterable[Mapping[str, Any]], tokenizer: PreTrainedTokenizerBase, max_length: int, loss_on: str
) -> Iterator[tuple[Mapping[str, Any], Encoded | None, bool]]:
    """Each row of an instruction set, what `fit` makes of it, and whether it lost text to that; checked.

    Args:
        rows: with `id`, `instruction` and `messages`.

    Raises:
        ModelError: a row that would train nothing or something else than its answer, by its id.
    """
    rows = iter(rows)
    while chunk := list(islice(rows, _CHUNK)):
        pieces = [_pieces(row["messages"], tokenizer, loss_on) for row in chunk]
        for row, encoded in zip(chunk, _encoded(pieces, tokenizer), strict=True):
            cut = len(encoded.ids) > max_length
            if cut:
                how = cut_of(row["id"], row["instruction"])
                encoded = fit(row["instruction"], row["messages"], tokenizer, max_length, loss_on, how)
            if encoded is not None:
                check_row(row["id"], row["messages"], encoded, tokenizer)
            yield row, encoded, cut and encoded is not None


def _pieces(messages: Messages, tokenizer: PreTrainedTokenizerBase, loss_on: str) -> list[str]:
    """A chat's text, cut where training starts and stops: prompt, reply, prompt, reply, …; end tokens left out."""
    replies = [i for i, message in enumerate(messages) if message["role"] == "assistant"]
    end = tokenizer.convert_ids_to_tokens(end_token(tokenizer))
    pieces: list[str] = []
    prompt = ""
    for index in replies if loss_on == "all_replies" else replies[-1:]:
        told, prompt = prompt, _prompt(messages[:index], tokenizer)
        pieces += [_since(told, [*pieces[-1:], end], prompt, tokenizer) if told else prompt, messages[index]["content"]]
    return pieces


def _since(told: str, said: Sequence[str], prompt: str, tokenizer: PreTrainedTokenizerBase) -> str:
    """What `prompt` has after an earlier prompt `told` and what was `said` to it, spaces around that left out."""
    rest = prompt.removeprefix(told)
    fits = prompt.startswith(told)
    for text in said:
        rest = rest.lstrip()
        fits = fits and rest.startswith(text)
        rest = rest.removeprefix(text)
    if not fits:
        raise ModelError(
            f"the chat template of {tokenizer.name_or_path} rewrites earlier turns, so loss on all replies is not "
            "possible with it. Use train.loss_on=last_reply."
        )
    return rest


def _encoded(chats: Sequence[Sequence[str]], tokenizer: PreTrainedTokenizerBase) -> Iterator[Encoded]:
    """Chats cut into pieces, as ids and labels; all of their pieces are tokenised in one call."""
    end = end_token(tokenizer)
    texts = [piece for pieces in chats for piece in pieces]
    # A tokenizer takes no empty list.
    tokens = iter(tokenizer(texts or [""], add_special_tokens=False, return_attention_mask=False)["input_ids"])
    for pieces in chats:
        ids: list[int] = []
        labels: list[int] = []
        for before, answer in zip(*[islice(tokens, len(pieces))] * 2, strict=True):
            ids += [*before, *answer, end]
            labels += [*[IGNORED] * len(before), *answer, end]
        yield Encoded(tuple(ids), tuple(labels))


@lru_cache(maxsize=4)
def end_token(tokenizer: PreTrainedTokenizerBase) -> int:
    """The special token that the chat template puts after an assistant's message: one that ends it, or, where there is
    none (GLM), the one that opens the user's next message.

    Raises:
        ModelError: there is no chat template, or nothing in it ends a message.
    """
    chat = [_user(_PROBE), _assistant(_REPLY), _user(_PROBE)]
    after = _template(chat, tokenizer).partition(_REPLY)[2].partition(_PROBE)[0]
    special = set(tokenizer.all_special_ids) | set(tokenizer.added_tokens_decoder)
    for token in tokenizer.encode(after, add_special_tokens=False):
        if token in special:
            return token
    raise ModelError(
        f"the chat template of {tokenizer.name_or_path} puts no special token after an assistant's message, so a model "
        "could not learn to stop. Use a base model with a chat template."
    )


def check_tokenizer(tokenizer: PreTrainedTokenizerBase) -> None:
    """Fail before the first step on a tokenizer that would train a model wrongly.

    Raises:
        ModelError: no end token, padding that equals it, or a beginning-of-text token that stands twice.
    """
    end = end_token(tokenizer)
    if tokenizer.pad_token_id is None or tokenizer.pad_token_id == end:
        raise ModelError(
            f"{tokenizer.name_or_path}: padding is not a token of its own, so the end token would be masked with it. "
            "Set `pad_token` in its tokenizer_config.json."
        )
    if _starts_twice(prompt_ids([_user(_PROBE)], tokenizer), tokenizer):
        raise ModelError(f"{tokenizer.name_or_path}: the chat template puts {tokenizer.bos_token} twice.")


def check_row(id: str, messages: Messages, encoded: Encoded, tokenizer: PreTrainedTokenizerBase) -> None:
    """Fail on a row that would train nothing, or something else than its replies and their ends.

    Args:
        messages: the whole chat; `encoded` may have lost some of it.

    Raises:
        ModelError: it names the row.
    """
    ends, end = tuple(_spans(encoded)), end_token(tokenizer)
    replies = [message["content"] for message in messages if message["role"] == "assistant"][-len(ends) :]
    if not ends or messages[-1]["role"] != "assistant" or not all(reply.strip() for reply in replies):
        raise ModelError(f"{id}: no token to train, since it does not end with an answer. Leave the row out.")
    if _starts_twice(encoded.ids, tokenizer):
        raise ModelError(
            f"{id}: {tokenizer.bos_token} stands twice at one place, since the text has it too. Leave the row out."
        )
    for (first, last), reply in zip(ends, replies, strict=True):
        said = tokenizer.decode(list(encoded.ids[first : last - 1]), clean_up_tokenization_spaces=False)
        # Some tokenizers (Qwen) compose accents; that is the same text.
        same = unicodedata.normalize("NFC", said) == unicodedata.normalize("NFC", reply)
        if not same or list(encoded.ids[first:last]).index(end) != last - first - 1:
            raise ModelError(
                f"{id}: the tokens trained for its answer read {said!r}, not {reply!r}. The tokenizer of "
                f"{tokenizer.name_or_path} cannot write it: leave the row out, or use another base model."
            )


def _spans(encoded: Encoded) -> Iterator[tuple[int, int]]:
    """Where trained tokens start and end, reply by reply."""
    trained = np.asarray(encoded.labels) != IGNORED
    edges = np.flatnonzero(np.diff(trained, prepend=False, append=False)).tolist()
    return zip(edges[::2], edges[1::2], strict=True)


def _starts_twice(ids: Sequence[int], tokenizer: PreTrainedTokenizerBase) -> bool:
    """Whether two beginnings of text follow one another; templates with one a turn (Llama 2) are right."""
    ids = np.asarray(ids)
    return bool(((ids[:-1] == tokenizer.bos_token_id) & (ids[1:] == tokenizer.bos_token_id)).any())


def _prompt(messages: Messages, tokenizer: PreTrainedTokenizerBase) -> str:
    return _template(messages, tokenizer, add_generation_prompt=True) + _space(tokenizer)


@lru_cache(maxsize=4)
def _space(tokenizer: PreTrainedTokenizerBase) -> str:
    """The blanks between the assistant's header and its words that a template leaves out where a reply is to come.

    GLM was trained with a line break there, which its generation prompt does not have.
    """
    asked = _template([_user(_PROBE)], tokenizer, add_generation_prompt=True)
    answered = _template([_user(_PROBE), _assistant(_REPLY)], tokenizer).partition(_REPLY)[0]
    between = answered.removeprefix(asked)
    return between if answered.startswith(asked) and between.isspace() else ""


def _template(messages: Messages, tokenizer: PreTrainedTokenizerBase, **options) -> str:
    if not tokenizer.chat_template:
        raise ModelError(f"{tokenizer.name_or_path} has no chat template. Use an instruction-tuned base model.")
    template = tokenizer.get_chat_template()
    if "strftime_now" in template:
        template = _NO_CLOCK + template
    # Templates of reasoning models open a thought unless told not to; others ignore the argument.
    return tokenizer.apply_chat_template(
        list(messages), chat_template=template, tokenize=False, enable_thinking=False, **options
    )


def _user(content: str) -> Mapping[str, str]:
    return {"role": "user", "content": content}


def _assistant(content: str) -> Mapping[str, str]:
    return {"role": "assistant", "content": content}
