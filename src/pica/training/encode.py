"""messages → (ids, labels): the one place where a chat becomes tokens, for training, evaluation and chat alike.

    user: Which emotion …? joy, anger. / We won!     assistant: joy
    <|im_start|>user\\nWhich emotion …<|im_end|>\\n<|im_start|>assistant\\n joy <|im_end|>
    └───────────────────────── label -100 ──────────────────────────┘ └── trained ──┘

The prompt and the answer are tokenised apart, since generation starts from the tokens of the prompt alone: joint
tokenisation could merge across the boundary and train on tokens that generation never sees. What people wrote has no
control tokens: what looks like one is tokenised as text.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from pica.errors import ModelError
from pica.training.cutting import Cut, cut_of, without_oldest
from pica.training.template import PROBE, REPLY, Messages, assistant, end_token, marked, opener, prompt, tokenise, user

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

# The label that cross-entropy skips, in PyTorch and transformers.
IGNORED = -100

# Rows that are tokenised in one call: the tokenizer spreads them over the cores.
_CHUNK = 1_000


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
    return tokenise([prompt(messages, tokenizer)], tokenizer)[0]


def answer_ids(answer: str, tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """The tokens of an answer, its end token included."""
    return [*tokenise([marked(answer, tokenizer)], tokenizer)[0], end_token(tokenizer)]


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
    rows: Iterable[Mapping[str, Any]],
    tokenizer: PreTrainedTokenizerBase,
    max_length: int,
    loss_on: str,
    vocabulary: int | None = None,
) -> Iterator[tuple[Mapping[str, Any], Encoded | None, bool, str]]:
    """Each row of an instruction set, what `fit` makes of it, whether it lost text to that, and its fault.

    A row with a fault is not encoded: it would train nothing or something else than its answer, or the template refuses
    it. The fault names the row and says why; it is empty for a sound one.

    Args:
        rows: with `id`, `instruction` and `messages`.
        vocabulary: how many ids the model has embeddings for; by default as many as the tokenizer has.
    """
    rows = iter(rows)
    while chunk := list(islice(rows, _CHUNK)):
        for row, encoded in zip(
            chunk, _encode_each([row["messages"] for row in chunk], tokenizer, loss_on), strict=True
        ):
            cut = False
            try:
                if isinstance(encoded, ModelError):
                    raise ModelError(f"{row['id']}: {encoded}")
                cut = len(encoded.ids) > max_length
                if cut:
                    how = cut_of(row["id"], row["instruction"])
                    encoded = fit(row["instruction"], row["messages"], tokenizer, max_length, loss_on, how)
                if encoded is not None:
                    check_row(row["id"], row["messages"], encoded, tokenizer, vocabulary)
            except ModelError as error:
                yield row, None, False, str(error)
            else:
                yield row, encoded, cut and encoded is not None, ""


def _encode_each(
    chats: Sequence[Messages], tokenizer: PreTrainedTokenizerBase, loss_on: str
) -> Iterator[Encoded | ModelError]:
    """Each chat as `encode` makes it, or why it cannot; all that can are tokenised in one call."""
    pieces: list[list[str] | ModelError] = []
    for messages in chats:
        try:
            pieces.append(_pieces(messages, tokenizer, loss_on))
        except ModelError as error:
            pieces.append(error)
    sound = [each for each in pieces if not isinstance(each, ModelError)]
    try:
        encoded = iter(list(_encoded(sound, tokenizer)))
    except ModelError:  # one of them cannot be written; which one, the tokenizer says to each alone
        encoded = (_encoded_or_not(each, tokenizer) for each in sound)
    return (each if isinstance(each, ModelError) else next(encoded) for each in pieces)


def _encoded_or_not(pieces: Sequence[str], tokenizer: PreTrainedTokenizerBase) -> Encoded | ModelError:
    try:
        return next(_encoded([pieces], tokenizer))
    except ModelError as error:
        return error


def _pieces(messages: Messages, tokenizer: PreTrainedTokenizerBase, loss_on: str) -> list[str]:
    """A chat's text, cut where training starts and stops: prompt, reply, prompt, reply, …; end tokens left out."""
    replies = [i for i, message in enumerate(messages) if message["role"] == "assistant"]
    end = tokenizer.convert_ids_to_tokens(end_token(tokenizer))
    pieces: list[str] = []
    asked = ""
    for index in replies if loss_on == "all_replies" else replies[-1:]:
        told, asked = asked, prompt(messages[:index], tokenizer)
        if told:
            *pieces, said = pieces
            pieces += _since(told, said, end, asked, tokenizer)
        else:
            pieces.append(asked)
        pieces.append(marked(messages[index]["content"], tokenizer))
    return pieces


def _since(told: str, said: str, end: str, asked: str, tokenizer: PreTrainedTokenizerBase) -> tuple[str, str]:
    """What was `said` to an earlier prompt `told`, as the prompt `asked` shows it, and what stands there after its end;
    blanks around both left out."""
    rest = asked.removeprefix(told)
    if not rest.startswith(said):
        # Some templates (Llama 3) strip what is said.
        rest, said = rest.lstrip(), said if rest.lstrip().startswith(said) else said.strip()
    after = rest.removeprefix(said).lstrip()
    if not (asked.startswith(told) and rest.startswith(said) and after.startswith(end)):
        raise ModelError(
            f"the chat template of {tokenizer.name_or_path} rewrites earlier turns, so loss on all replies is not "
            "possible with it. Use train.loss_on=last_reply."
        )
    return said, after.removeprefix(end)


def _encoded(chats: Sequence[Sequence[str]], tokenizer: PreTrainedTokenizerBase) -> Iterator[Encoded]:
    """Chats cut into pieces, as ids and labels; all of their pieces are tokenised in one call."""
    end = end_token(tokenizer)
    tokens = iter(tokenise([piece for pieces in chats for piece in pieces], tokenizer))
    for pieces in chats:
        ids: list[int] = []
        labels: list[int] = []
        for before, answer in zip(*[islice(tokens, len(pieces))] * 2, strict=True):
            ids += [*before, *answer, end]
            labels += [*[IGNORED] * len(before), *answer, end]
        yield Encoded(tuple(ids), tuple(labels))


def check_tokenizer(
    tokenizer: PreTrainedTokenizerBase, vocabulary: int | None = None, loss_on: str = "last_reply"
) -> None:
    """Fail before the first step on a tokenizer that would train a model wrongly.

    Args:
        vocabulary: how many ids the model has embeddings for; by default as many as the tokenizer has.

    Raises:
        ModelError: no end token, padding that equals it, a beginning-of-text token that stands twice, a token of the
            template that the model does not have, or a template that does not show an answer where it is asked for or
            refuses a plain chat.
    """
    end = end_token(tokenizer)
    if tokenizer.pad_token_id is None or tokenizer.pad_token_id == end:
        raise ModelError(
            f"{tokenizer.name_or_path}: padding is not a token of its own, so the end token would be masked with it. "
            "Set `pad_token` in its tokenizer_config.json."
        )
    if _starts_twice(prompt_ids([user(PROBE)], tokenizer), tokenizer):
        raise ModelError(f"{tokenizer.name_or_path}: the chat template puts {tokenizer.bos_token} twice.")
    encoded = encode([user(PROBE), assistant(REPLY)] * 2, tokenizer, loss_on)
    if beyond := _beyond([*encoded.ids, tokenizer.pad_token_id], tokenizer, vocabulary):
        raise ModelError(
            f"{tokenizer.name_or_path}: {beyond}. Use a tokenizer that belongs to the model, or a base whose "
            "embeddings were resized for it (resize_token_embeddings) and trained."
        )


def check_row(
    id: str,
    messages: Messages,
    encoded: Encoded,
    tokenizer: PreTrainedTokenizerBase,
    vocabulary: int | None = None,
) -> None:
    """Fail on a row that would train nothing, or something else than its replies and their ends.

    Args:
        messages: the whole chat; `encoded` may have lost some of it.
        vocabulary: how many ids the model has embeddings for; by default as many as the tokenizer has.

    Raises:
        ModelError: it names the row.
    """
    ends, end = tuple(_spans(encoded)), end_token(tokenizer)
    replies = [message["content"] for message in messages if message["role"] == "assistant"][-len(ends) :]
    if not ends or messages[-1]["role"] != "assistant" or not all(reply.strip() for reply in replies):
        raise ModelError(f"{id}: no token to train, since it does not end with an answer.")
    if _starts_twice(encoded.ids, tokenizer):
        raise ModelError(f"{id}: {tokenizer.bos_token} stands twice at one place, since the text has it too.")
    opens = opener(tokenizer)
    if opens and any(opens in message["content"] for message in messages):
        raise ModelError(f"{id}: its text has {opens!r}, with which the chat template opens the assistant's turn.")
    if beyond := _beyond(encoded.ids, tokenizer, vocabulary):
        raise ModelError(f"{id}: {beyond}.")
    for (first, last), reply in zip(ends, replies, strict=True):
        said = tokenizer.decode(list(encoded.ids[first : last - 1]), clean_up_tokenization_spaces=False)
        # Some tokenizers (Qwen) compose accents; that is the same text.
        same = unicodedata.normalize("NFC", said) in {
            unicodedata.normalize("NFC", text) for text in (reply, reply.strip())
        }
        if not same or list(encoded.ids[first:last]).index(end) != last - first - 1:
            raise ModelError(
                f"{id}: the tokens trained for its answer read {said!r}, not {reply!r}: the tokenizer of "
                f"{tokenizer.name_or_path} cannot write it."
            )


def _beyond(ids: Sequence[int], tokenizer: PreTrainedTokenizerBase, vocabulary: int | None) -> str:
    """Which token the model has no embedding for; empty where it has all of them."""
    highest = max(ids)
    if vocabulary is None or highest < vocabulary:
        return ""
    token = tokenizer.convert_ids_to_tokens(int(highest))
    return f"{token} has the id {highest}, and the model's embeddings end at {vocabulary - 1}"


def _spans(encoded: Encoded) -> Iterator[tuple[int, int]]:
    """Where trained tokens start and end, reply by reply."""
    trained = np.asarray(encoded.labels) != IGNORED
    edges = np.flatnonzero(np.diff(trained, prepend=False, append=False)).tolist()
    return zip(edges[::2], edges[1::2], strict=True)


def _starts_twice(ids: Sequence[int], tokenizer: PreTrainedTokenizerBase) -> bool:
    """Whether two beginnings of text follow one another; templates with one a turn (Llama 2) are right."""
    ids = np.asarray(ids)
    return bool(((ids[:-1] == tokenizer.bos_token_id) & (ids[1:] == tokenizer.bos_token_id)).any())
