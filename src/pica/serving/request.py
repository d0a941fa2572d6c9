"""A chat completion as clients ask for it, checked: what the model can do, or one clear refusal in OpenAI's shape.

    read(b'{"messages": [{"role": "user", "content": "The bread burnt again."}], "temperature": 0}', "pica")
    read(b'{"messages": "hello"}', "pica")      Refusal(400, "messages: Input should be a valid list", "messages")

What transformers serve would take and pass over (`n`, `tools`, `logprobs`, a penalty) is refused where it asks for
something, and taken where it asks for nothing, as many clients send it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationError, model_validator
from pydantic_core import from_json

# What clients send beside the words, and what of it asks for nothing.
_NOTHING: Mapping[str, tuple[Any, ...]] = {
    "n": (1,),
    "frequency_penalty": (0,),
    "presence_penalty": (0,),
    "logprobs": (False,),
    "logit_bias": ({},),
    "tools": ([],),
    "tool_choice": ("none", "auto"),
    "parallel_tool_calls": (True, False),
    "response_format": ({"type": "text"},),
    "store": (False,),
    "metadata": ({},),
}


class Refusal(Exception):
    """A request that is not answered.

    Args:
        status: of HTTP.
        message: what is wrong, and what to do.
        param: the field that it is about.
        code: OpenAI's name for it, where it has one.
    """

    def __init__(self, status: int, message: str, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.param, self.code = status, message, param, code

    def body(self) -> dict[str, Any]:
        """OpenAI's shape of an error."""
        kind = "invalid_request_error" if self.status < 500 else "server_error"
        return {"error": {"message": self.message, "type": kind, "param": self.param, "code": self.code}}


# Of a field that may be a text or a list, the shape that is meant decides which mistake is told.
_Shape = Discriminator(lambda given: "<list>" if isinstance(given, list) else "<text>")
_Text = Annotated[str, Tag("<text>")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, given: Any) -> Any:
        # Clients send null for what they leave out, and give back a whole message of ours.
        return {name: value for name, value in given.items() if value is not None} if isinstance(given, dict) else given


class Part(_Strict):
    """A piece of a message; a language model takes text alone."""

    type: Literal["text"]
    text: str


class Message(_Strict):
    """Who says what."""

    role: Literal["system", "user", "assistant"]
    content: Annotated[_Text | Annotated[list[Part], Tag("<list>")], _Shape]
    name: str | None = None

    def plain(self) -> dict[str, str]:
        """With the parts as one text."""
        said = self.content if isinstance(self.content, str) else "\n".join(part.text for part in self.content)
        return {"role": self.role, "content": said}


class _StreamOptions(_Strict):
    include_usage: bool | None = None
    include_obfuscation: bool | None = None


class Request(_Strict):
    """All that is taken of a request."""

    messages: Annotated[list[Message], Field(min_length=1)]
    model: str | None = None
    stream: bool = False
    stream_options: _StreamOptions | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    stop: Annotated[_Text | Annotated[list[str], Field(max_length=4), Tag("<list>")], _Shape] | None = None
    seed: Annotated[int, Field(ge=0, lt=1 << 63)] | None = None
    user: str | None = None

    @property
    def chat(self) -> list[dict[str, str]]:
        """The messages as the chat template takes them."""
        return [message.plain() for message in self.messages]

    @property
    def room(self) -> int | None:
        """The tokens that the answer may have, where the request says so."""
        return self.max_completion_tokens or self.max_tokens

    @property
    def stops(self) -> list[str]:
        """The texts that end the answer."""
        given = [self.stop] if isinstance(self.stop, str) else self.stop or []
        return [text for text in given if text]


def read(body: bytes, model: str) -> Request:
    """The request in a body.

    Args:
        model: the one that is served; a request may name it or none.

    Raises:
        Refusal: it is not JSON, not in the shape of a chat completion, or asks for what is not offered.
    """
    try:
        given = from_json(body, allow_inf_nan=False)  # halves of characters are none, as in the model's vocabulary
    except ValueError as error:
        raise Refusal(400, f"the body is not JSON: {error}") from None
    if not isinstance(given, dict):
        raise Refusal(400, "the body should be a JSON object.")
    try:
        request = Request.model_validate(_without_nothing(given))
    except ValidationError as error:
        raise _refused(error) from None
    if request.model not in (None, model):
        raise Refusal(
            404, f"the model {request.model[:200]!r} is not served here; {model!r} is.", "model", "model_not_found"
        )
    if request.messages[-1].role != "user" or not request.chat[-1]["content"].strip():
        raise Refusal(400, "the last message should be the user's, and say something.", "messages")
    return request


def _without_nothing(given: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value for name, value in given.items() if not any(value == nothing for nothing in _NOTHING.get(name, ()))
    }


def _refused(error: ValidationError) -> Refusal:
    first = error.errors(include_url=False, include_input=False)[0]
    place = [str(part) for part in first["loc"] if part not in ("<text>", "<list>")]
    if first["type"] == "extra_forbidden":
        return Refusal(400, f"`{place[-1][:80]}` is not offered here: leave it out.", ".".join(place)[:200])
    return Refusal(400, f"{'.'.join(place)}: {first['msg']}.", ".".join(place))
