"""`transformers serve` as an ASGI app of this process, on one folder, and a way to ask it.

    upstream = load(Path("models/served"))
    async with asked(upstream.app, {"model": "models/served", "messages": […], "stream": True}) as (status, chunks):
        async for chunk in chunks: …       b'data: {"choices": [{"delta": {"content": "Oh"}}]}\\n\\n'

Its own command would listen on a port of its own, on which everybody on this machine can load any other model.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pica.errors import ModelError

# An ASGI app: scope, receive, send.
App = Callable[[Mapping[str, Any], Callable, Callable], Awaitable[None]]
Message = Mapping[str, str]

CHAT = "/v1/chat/completions"
# Words of people that look like control tokens stay text, as in training.
PLAIN = {"sanitize_control_tokens": True}


@dataclass(frozen=True, slots=True)
class Upstream:
    """What the front stands before.

    Args:
        app: takes chat completions, streamed, for the one model.
        model: what the app calls the model.
        tokenizer: the model's, with its chat template.
        context: the most tokens that prompt and answer may have together.
    """

    app: App
    model: str
    tokenizer: Any
    context: int

    def prompt_tokens(self, messages: Sequence[Message]) -> int:
        """The tokens of the prompt that a chat becomes.

        Raises:
            ValueError: the template refuses the chat.
        """
        from jinja2 import TemplateError

        try:
            ids = self.tokenizer.apply_chat_template(
                list(messages), add_generation_prompt=True, return_dict=False, **PLAIN
            )
        except TemplateError as error:
            raise ValueError(str(error)) from None
        return len(ids)

    def tokens(self, text: str) -> int:
        """The tokens of a text."""
        return len(self.tokenizer.encode(text, add_special_tokens=False))


def load(folder: Path, four_bit: bool = False) -> Upstream:
    """`transformers serve` on a folder of `serving.folder.join`, its model loaded, on the best device there is.

    Raises:
        ModelError: it cannot be loaded.
    """
    import torch
    from transformers import AutoConfig, AutoTokenizer, logging
    from transformers.cli.serving.model_manager import ModelManager

    from pica.training import base as bases
    from pica.training import precision

    logging.set_verbosity_error()  # it warns at each request
    if four_bit:
        bases.check_four_bit()
    dtype, device = precision.dtype(bases.size(folder)), "cuda" if torch.cuda.is_available() else "cpu"
    try:
        manager = ModelManager(
            device=device,
            dtype=str(dtype).removeprefix("torch."),
            attn_implementation=bases.attention(device, dtype),
            quantization="bnb-4bit" if four_bit else None,
            trust_remote_code=False,
            force_model=str(folder),
        )
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError, KeyError, RuntimeError, ImportError) as error:
        raise ModelError(f"{folder} cannot be loaded by transformers serve: {error}") from None
    # Models without attention have no such bound; tokenizers without one say 1e30.
    longest = getattr(config.get_text_config(), "max_position_embeddings", None) or tokenizer.model_max_length
    return Upstream(_app(manager), str(folder), tokenizer, min(longest, 1 << 20))


def _app(manager: Any) -> App:
    """The app that the command runs, without what the front does not let through."""
    from transformers.cli.serving.chat_completion import ChatCompletionHandler
    from transformers.cli.serving.server import build_server
    from transformers.cli.serving.utils import GenerationState

    state = GenerationState()
    chat = ChatCompletionHandler(manager, state, chat_template_kwargs=PLAIN)
    left_out = dict.fromkeys(
        ("completion_handler", "response_handler", "transcription_handler", "systemone_handler"), None
    )
    return build_server(manager, chat, generation_state=state, **left_out)


@asynccontextmanager
async def asked(app: App, body: Mapping[str, Any]) -> AsyncIterator[tuple[int, AsyncIterator[bytes]]]:
    """Post a chat to an ASGI app: its status, and its answer while it is written. Leaving the block stops it."""
    sent: asyncio.Queue[Mapping[str, Any] | None] = asyncio.Queue()
    given = [{"type": "http.request", "body": json.dumps(body).encode(), "more_body": False}]

    async def receive() -> Mapping[str, Any]:
        if given:
            return given.pop()
        return await asyncio.Future()  # the client is there until the task is cancelled

    task = asyncio.create_task(app(_scope(), receive, sent.put))
    task.add_done_callback(lambda _: sent.put_nowait(None))

    async def next_message() -> Mapping[str, Any] | None:
        message = await sent.get()
        if message is None and not task.cancelled() and (error := task.exception()):
            raise error
        return message

    async def chunks() -> AsyncIterator[bytes]:
        while message := await next_message():
            yield message.get("body", b"")
            if not message.get("more_body"):
                return

    try:
        start = await next_message()
        yield (start["status"] if start else 500), chunks()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _scope() -> dict[str, Any]:
    here = ("127.0.0.1", 0)
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": CHAT,
        "raw_path": CHAT.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(b"host", b"127.0.0.1"), (b"content-type", b"application/json")],
        "client": here,
        "server": here,
        "state": {},
    }
