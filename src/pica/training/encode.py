"""messages → (ids, labels): the one place where a chat becomes tokens, for training, evaluation and chat alike.

    user: Which emotion …? joy, anger. / We won!     assistant: joy
    <|im_start|>user\\nWhich emotion …<|im_end|>\\n<|im_start|>assistant\\n joy <|im_end|>
    └───────────────────────── label -100 ──────────────────────────┘ └── trained ──┘

The prompt and the answer are tokenised apart, since generation starts from the tokens of the prompt alone: joint
tokenisation could merge across the boundary and train on tokens that generation never sees.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from pica.errors import ModelError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Messages = Sequence[Mapping[str, str]]

# The label that cross-entropy skips, in PyTorch and transformers.
IGNORED = -100

_PROBE, _REPLY = "pica asks", "pica replies"


@dataclass(frozen=True, slots=True)
class Encoded:
    """Token ids and, of the same length, labels: the id where the token is trained, IGNORED elsewhere."""

    ids: tuple[int, ...]
    labels: tuple[int, ...]

    @property
    def answer_tokens(self) -> int:
        """How many tokens carry loss."""
        return sum(label != IGNORED for label in self.labels)


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
    replies = [i for i, message in enumerate(messages) if message["role"] == "assistant"]
    trained = replies if loss_on == "all_replies" else replies[-1:]
    end = end_token(tokenizer)
    end_text = tokenizer.convert_ids_to_tokens(end)
    ids: list[int] = []
    labels: list[int] = []
    done = ""
    for index in trained:
        prompt = _prompt(messages[:index], tokenizer)
        if not prompt.startswith(done):
            raise ModelError(
                f"the chat template of {tokenizer.name_or_path} rewrites earlier turns, so loss on all replies is not "
                "possible with it. Use train.loss_on=last_reply."
            )
        before = tokenizer.encode(prompt[len(done) :], add_special_tokens=False)
        answer = [*tokenizer.encode(messages[index]["content"], add_special_tokens=False), end]
        ids += before + answer
        labels += [IGNORED] * len(before) + answer
        done = prompt + messages[index]["content"] + end_text
    return Encoded(tuple(ids), tuple(labels))


def fit(
    instruction: str, messages: Messages, tokenizer: PreTrainedTokenizerBase, max_length: int, loss_on: str
) -> Encoded | None:
    """The encoded chat within `max_length` tokens: the oldest of what stands before the answer goes first.

    The request itself and the answer are never cut. None when they alone are too long.
    """
    while len((encoded := encode(messages, tokenizer, loss_on)).ids) > max_length:
        shorter = without_oldest(instruction, messages)
        if shorter is None:
            return None
        messages = shorter
    return encoded


def without_oldest(instruction: str, messages: Messages) -> Messages | None:
    """The chat without the oldest line of its history; None when only the request and one line are left."""
    first, *rest = messages
    told = first["content"].removeprefix(instruction).removeprefix("\n\n")
    line, newline, later = told.partition("\n")
    if newline:
        return [_user(f"{instruction}\n\n{later}"), *rest]
    if len(rest) == 1:
        return None
    if line:
        return [_user(instruction), *rest]
    # The request stands alone and the assistant's oldest turn follows: that turn goes, and the user's next one joins.
    return [_user(f"{instruction}\n\n{rest[1]['content']}"), *rest[2:]]


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
            f"{tokenizer.name_or_path}: padding is not a token of its own, so the end token would be masked with it."
        )
    ids = prompt_ids([_user(_PROBE)], tokenizer)
    # Only at the start: some models (SmolLM2) open each message with that token.
    if tokenizer.bos_token_id is not None and ids[:2] == [tokenizer.bos_token_id] * 2:
        raise ModelError(f"{tokenizer.name_or_path}: the chat template puts {tokenizer.bos_token} twice.")


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
    # Templates of reasoning models open a thought unless told not to; others ignore the argument.
    return tokenizer.apply_chat_template(list(messages), tokenize=False, enable_thinking=False, **options)


def _user(content: str) -> Mapping[str, str]:
    return {"role": "user", "content": content}


def _assistant(content: str) -> Mapping[str, str]:
    return {"role": "assistant", "content": content}
