"""A base's chat template: what it writes around the words of people, and where their words end and its own begin.

    <|im_start|>user\\nWe won!<|im_end|>\\n<|im_start|>assistant\\n <think>\\n\\n</think>\\n\\n joy <|im_end|>
    └──────────────── what apply_chat_template asks with ──────────────┘└──── lead ────┘      └ end ─┘

Whatever looks like one of its control tokens in the words of people is marked before it is rendered, so that it is
tokenised as the text that it is, and nobody can end or open a turn.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from pica.errors import ModelError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Messages = Sequence[Mapping[str, str]]

PROBE, REPLY = "pica asks", "pica replies"

# Some templates (Llama 3.2, SmolLM3) print today's date, and what was tokenised today would not be what is asked
# tomorrow. Put before a template, this stands in for the clock.
_NO_CLOCK = "{%- macro strftime_now(format) -%}26 Jul 2024{%- endmacro -%}"


def user(content: str) -> Mapping[str, str]:
    """A message of the user's."""
    return {"role": "user", "content": content}


def assistant(content: str) -> Mapping[str, str]:
    """A message of the assistant's."""
    return {"role": "assistant", "content": content}


def prompt(messages: Messages, tokenizer: PreTrainedTokenizerBase) -> str:
    """The text after which the assistant speaks, control tokens in the words of people marked.

    Args:
        messages: the chat so far, the last one the user's.

    Raises:
        ModelError: the template refuses the chat, or leaves no place for an answer.
    """
    before_answer = lead(tokenizer)
    return rendered(messages, tokenizer, add_generation_prompt=True) + before_answer


def rendered(messages: Messages, tokenizer: PreTrainedTokenizerBase, add_generation_prompt: bool = False) -> str:
    """A chat as the template shows it, control tokens in the words of people marked.

    Raises:
        ModelError: the template refuses the chat.
    """
    shown = [{**message, "content": marked(message["content"], tokenizer)} for message in messages]
    return _render(shown, tokenizer, add_generation_prompt=add_generation_prompt)


def marked(text: str, tokenizer: PreTrainedTokenizerBase) -> str:
    """What somebody wrote, with a mark around each control token in it; most texts have none and stay as they are."""
    control = _control(tokenizer)
    return _mark(text, control) if control.search(text) else text


def tokenise(texts: Sequence[str], tokenizer: PreTrainedTokenizerBase) -> list[list[int]]:
    """The ids of each text: control tokens that are marked as text, all others as themselves.

    Raises:
        ModelError: the tokenizer cannot write a control token as text.
    """
    # A tokenizer takes no empty list.
    ids = tokenizer(list(texts) or [""], add_special_tokens=False, return_attention_mask=False)["input_ids"]
    marks = _marks(tokenizer)
    for place, text in enumerate(texts):
        if marks.search(text):
            try:
                ids[place] = tokenizer.encode(text, add_special_tokens=False, sanitize_control_tokens=True)
            except ValueError as error:
                raise ModelError(f"{tokenizer.name_or_path} cannot write a control token as text: {error}") from None
    return ids[: len(texts)]


@lru_cache(maxsize=4)
def end_token(tokenizer: PreTrainedTokenizerBase) -> int:
    """The special token that the chat template puts after an assistant's message: one that ends it, or, where there is
    none (GLM), the one that opens the user's next message; the latter does not count where a last message has an end.

    Raises:
        ModelError: there is no chat template, it shows other words than were said, nothing in it ends a message, or
            text of its own stands before that.
    """
    _check_shown(tokenizer)
    asked = [user(PROBE), assistant(REPLY)]
    last = _render(asked, tokenizer).partition(REPLY)[2]
    # A template may show no answer but the last one.
    after = _render([*asked, user(PROBE)], tokenizer).partition(REPLY)[2].partition(PROBE)[0] or last
    control = _control(tokenizer)
    opening = control.findall(_render(asked[:1], tokenizer).partition(PROBE)[0])[-1:]
    end = control.search(after)
    if end and [end[0]] == opening:
        end = control.search(last) or end
    if end is None:
        raise ModelError(
            f"the chat template of {tokenizer.name_or_path} puts no special token after an assistant's message, so a "
            "model could not learn to stop. Use a base model with a chat template."
        )
    for shown in (after, last):
        if written := control.split(shown, maxsplit=1)[0].strip():
            raise ModelError(
                f"the chat template of {tokenizer.name_or_path} writes {written!r} between an assistant's answer and "
                f"{end[0]!r}, which ends it: a model would be trained to end without it. {_MEND}"
            )
    return tokenizer.convert_tokens_to_ids(end[0])


@lru_cache(maxsize=4)
def _check_shown(tokenizer: PreTrainedTokenizerBase) -> None:
    """Fail on a template that shows nothing of what somebody said, or other words; blanks around them do not count."""
    for role in ("user", "assistant"):
        shown, refused = _shown(role, _WORDS, tokenizer)
        if shown.count(_WORDS) > 1 and role == "assistant":
            raise ModelError(
                f"the chat template of {tokenizer.name_or_path} shows what the assistant says {shown.count(_WORDS)} "
                f"times: an answer would stand in its own prompt, or after its end. {_MEND}"
            )
        if _WORDS in shown:
            continue
        if _WORDS in _shown(role, _WORDS, tokenizer, parts=True)[0]:
            raise ModelError(
                f"the chat template of {tokenizer.name_or_path} takes what the {role} says only as a list of parts "
                '([{"type": "text", "text": …}], as for pictures): given as a text, nothing of it would be read. Write '
                "it so that it takes a text too (`message.content is string`; chat_template.jinja or "
                "tokenizer_config.json in the folder of the model), or use another base model."
            )
        if refused:
            raise refused
        read = _middle(shown, _shown(role, "0", tokenizer)[0])
        found = (
            f"shows {_WORDS!r}, said by the {role}, as {read!r}" if read else f"shows nothing of what the {role} says"
        )
        raise ModelError(
            f"the chat template of {tokenizer.name_or_path} {found}: a model would be asked in other words than it was "
            f"trained on. {_MEND}"
        )


# Whatever a template may do to a text changes this one.
_WORDS = "Pica says: 1 < 2!"

_MEND = (
    "Take that out of the template (chat_template.jinja or tokenizer_config.json in the folder of the model), or use "
    "another base model."
)


def _shown(
    role: str, words: str, tokenizer: PreTrainedTokenizerBase, parts: bool = False
) -> tuple[str, ModelError | None]:
    """A question and an answer as the template shows them, one of them in these words, or why it refuses."""
    chat = {"user": PROBE, "assistant": REPLY} | {role: words}
    contents = {who: [{"type": "text", "text": said}] if parts else said for who, said in chat.items()}
    try:
        return _render([{"role": who, "content": content} for who, content in contents.items()], tokenizer), None
    except ModelError as error:
        return "", error


def _middle(one: str, other: str) -> str:
    """What `one` has where the two differ."""
    start = _alike(one, other)
    return one[start : len(one) - _alike(one[start:][::-1], other[start:][::-1])]


def _alike(one: str, other: str) -> int:
    """How many characters two texts begin with together."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))


@lru_cache(maxsize=4)
def lead(tokenizer: PreTrainedTokenizerBase) -> str:
    """What the template writes between its request for an answer and the answer: it belongs to the prompt.

    Blanks (GLM, Mistral), the end of an empty thought (models that always think), a channel's header (gpt-oss), or the
    assistant's header itself where a template does not know of requests.

    Raises:
        ModelError: the request goes on with something that stands before no answer, such as a thought that is opened.
    """
    first, later = (_lead([user(PROBE), *before], tokenizer) for before in ([], [assistant(REPLY), user(PROBE)]))
    # A template may well show the two differently; what it writes after the first question is then no rule.
    return first if first == later else _unclear(tokenizer, first, later)


def _lead(asked: Messages, tokenizer: PreTrainedTokenizerBase) -> str:
    request = _render(asked, tokenizer, add_generation_prompt=True).rpartition(PROBE)[2]
    answered, found, _ = _render([*asked, assistant(_ANSWER)], tokenizer).rpartition(_ANSWER)
    if not found:
        raise ModelError(f"the chat template of {tokenizer.name_or_path} does not show what an assistant said.")
    answered = answered.rpartition(PROBE)[2]
    if answered.startswith(request):
        return answered.removeprefix(request)
    # Old templates differ in a blank; and the thought that was switched off is left out of what is shown (Qwen3).
    thinking = _render(asked, tokenizer, add_generation_prompt=True, enable_thinking=True).rpartition(PROBE)[2]
    if request != thinking or answered.startswith(request.rstrip()):
        return ""
    return _unclear(tokenizer, request, answered)


# An answer unlike the reply that stands before it.
_ANSWER = "pica answers"


def _unclear(tokenizer: PreTrainedTokenizerBase, one: str, other: str) -> str:
    raise ModelError(
        f"the chat template of {tokenizer.name_or_path} asks for an answer with {one[-40:]!r} and shows one after "
        f"{other[-40:]!r}: an answer would be trained where the model keeps its thoughts, or without its header. Use a "
        "base model that answers at once, or a chat template whose request ends where an answer begins."
    )


@lru_cache(maxsize=4)
def opener(tokenizer: PreTrainedTokenizerBase) -> str:
    """What opens the assistant's turn where that is plain text, which anybody may write; empty where it is a token."""
    shown = _render([user(PROBE), assistant(REPLY)], tokenizer).partition(PROBE)[2].partition(REPLY)[0].strip()
    return "" if _control(tokenizer).search(shown) or not any(map(str.isalpha, shown)) else shown


def served(tokenizer: PreTrainedTokenizerBase) -> str:
    """The template that asks by default as training did; empty where the tokenizer's own does, blanks aside."""
    asked = [user(PROBE)]
    default = tokenizer.apply_chat_template(
        asked, chat_template=_source(tokenizer), tokenize=False, add_generation_prompt=True
    )
    thinks = default != _render(asked, tokenizer, add_generation_prompt=True, clock=True)
    text, source = lead(tokenizer), _source(tokenizer)
    dated = "strftime_now" in source and not source.startswith(_NO_CLOCK)
    if not thinks and not dated and not text.strip():
        return ""
    still = "{%- if enable_thinking is not defined %}{%- set enable_thinking = false %}{%- endif %}" if thinks else ""
    # As Jinja reads a string.
    escaped = text.encode("unicode_escape").decode("ascii").replace("'", "\\'")
    ask = f"{{%- if add_generation_prompt %}}{{{{- '{escaped}' }}}}{{%- endif %}}" if text else ""
    return (_NO_CLOCK if dated else "") + still + source + ask


@lru_cache(maxsize=4)
def _control(tokenizer: PreTrainedTokenizerBase) -> re.Pattern[str]:
    """The tokens that steer the model: special ones, and those that the template writes (`<think>`); longest first.

    Other added tokens (runs of blanks, HTML tags) are text.
    """
    shown = _source(tokenizer) + _render([user(PROBE), assistant(REPLY)], tokenizer)
    added = tokenizer.added_tokens_decoder.values()
    found = {token.content for token in added if token.special or token.content in shown}
    found = sorted({text for text in found | set(tokenizer.all_special_tokens) if text.strip()}, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, found)) or "(?!)")


def _mark(text: str, control: re.Pattern[str]) -> str:
    # Where no model is, `pica` works without transformers.
    from transformers.utils.chat_template_utils import mark_control_tokens

    return mark_control_tokens(text, control)


@lru_cache(maxsize=4)
def _marks(tokenizer: PreTrainedTokenizerBase) -> re.Pattern[str]:
    """Control tokens with the mark around them."""
    start, end = _mark("x", re.compile("x")).split("x")
    return re.compile(f"{start}(?:{_control(tokenizer).pattern}){end}")


def _render(messages: Messages, tokenizer: PreTrainedTokenizerBase, clock: bool = False, **options: bool) -> str:
    template = _source(tokenizer)
    if "strftime_now" in template and not clock:
        template = _NO_CLOCK + template
    # Templates of reasoning models open a thought unless told not to; others ignore the argument.
    options = {"enable_thinking": False} | options
    try:
        return tokenizer.apply_chat_template(list(messages), chat_template=template, tokenize=False, **options)
    except Exception as error:  # a template is code of others, and raises what it likes
        raise ModelError(f"the chat template of {tokenizer.name_or_path} refuses a chat: {error}") from None


def _source(tokenizer: PreTrainedTokenizerBase) -> str:
    """The template itself."""
    if not tokenizer.chat_template:
        raise ModelError(f"{tokenizer.name_or_path} has no chat template. Use an instruction-tuned base model.")
    if isinstance(tokenizer.chat_template, Mapping) and "default" not in tokenizer.chat_template:
        raise ModelError(
            f"{tokenizer.name_or_path} has the chat templates {', '.join(sorted(tokenizer.chat_template))} and none "
            "named `default`: give the one for plain chats that name in its folder."
        )
    return tokenizer.get_chat_template()
