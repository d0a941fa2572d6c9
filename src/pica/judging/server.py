"""A judge behind an OpenAI-compatible server: asked in parallel, its failures counted, its answers kept at once.

    OPENAI_BASE_URL=http://127.0.0.1:8000/v1  OPENAI_API_KEY=…  pica judge tuned base --model my-judge

The `openai` client waits and asks again on 408, 409, 429, 5xx, time-outs and broken connections. A server that asks to
wait longer than two minutes ends the run with a message; what was answered is kept, and the next run asks the rest.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import chain, combinations
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import openai
from tqdm import tqdm

from pica.errors import JudgeError
from pica.judging.answer_log import AnswerLog
from pica.judging.answers import Answer, Choice, by_log_probabilities, by_samples
from pica.judging.forms import Question

# The most that the client waits because a server asks it to: its own limit.
_LONGEST_WAIT = 120
_YEAR = 365 * 24 * 3600
# So many questions in a row without an answer: the server is down, and waiting for the others would take hours.
_GIVE_UP = 10
# After so many answers without log-probabilities, and none with, no more are asked for.
_WITHOUT = 3
# What a server may refuse to be told; the first is the first to be left out.
_OPTIONAL = (("logprobs", "top_logprobs"), ("n",), ("max_tokens",), ("temperature",))
_ALTERNATIVES = 20

logging.getLogger("openai").setLevel(logging.WARNING)


@dataclass
class Record:
    """What happened while a server was asked.

    Args:
        failures: what went wrong → how often, retried attempts included.
        ignored: parameters that the server took and did nothing with.
        refused: parameters that it does not take.
        unanswered: why questions have no answer → how many.
    """

    failures: Counter[str] = field(default_factory=Counter)
    ignored: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    unanswered: Counter[str] = field(default_factory=Counter)


class ServerJudge:
    """Asks a server.

    Args:
        model: its name there.
        samples: how many answers are drawn at temperature 1 where the server gives no log-probabilities.
        log: the file in which answers are kept and looked up.
        parallel: requests at a time.
        timeout: seconds without a word from the server.
        retries: further attempts at a request.
        max_tokens: of an answer; a model that thinks first needs thousands.

    Raises:
        JudgeError: the environment has no OPENAI_API_KEY, or one or an address that cannot be sent.
    """

    def __init__(
        self, model: str, samples: int, log: Path, parallel: int, timeout: float, retries: int, max_tokens: int
    ) -> None:
        if not os.environ.get("OPENAI_API_KEY"):
            raise JudgeError(
                "OPENAI_API_KEY is not set. Put the judge's key there (anything, for a server that asks for none), and "
                "its address into OPENAI_BASE_URL: without one it is OpenAI's own."
            )
        url = os.environ.get("OPENAI_BASE_URL") or "https://api.openai.com/v1"
        _check_url(url)
        _check_headers()
        self.name, self.samples, self.parallel, self.max_tokens = model, samples, parallel, max_tokens
        self.timeout, self.retries = timeout, retries
        self.log = AnswerLog(log, f"{model} at {url}, {max_tokens} tokens")
        self.record = Record()
        self._with, self._without, self._failed = 0, 0, 0
        # Of each task that waits, what its attempt failed by if nothing more came of it.
        self._waiting: dict[asyncio.Task[None], str] = {}

    def known(self, question: Question) -> Answer | None:
        """Its answer, where it is on the disk already."""
        for choice in self.log.get(question, "logprob"):
            if answer := by_log_probabilities(choice, question.options):
                return answer
        drawn = self.log.get(question, "samples")[: self.samples]
        return by_samples(drawn, question.options) if len(drawn) == self.samples else None

    def ask(self, questions: Sequence[Question]) -> Mapping[Question, Answer]:
        """The answers, by question; one that got none is left out, and counted in `record.unanswered`.

        Raises:
            JudgeError: the server cannot be used, or not for a long while.
        """
        new = [question for question in dict.fromkeys(questions) if self.known(question) is None]
        if new:
            asyncio.run(self._ask_all(new, len(set(questions)) - len(new)))
        answers = {question: self.known(question) for question in dict.fromkeys(questions)}
        return {question: answer for question, answer in answers.items() if answer is not None}

    @property
    def models(self) -> Sequence[str]:
        """What the server says that the answering model is, in letters that a file can hold."""
        return sorted({name.encode(errors="replace").decode() for name in self.log.models - {""}})

    async def _ask_all(self, questions: Sequence[Question], known: int) -> None:
        places = asyncio.Semaphore(self.parallel)
        hooks = {"request": [self._sent], "response": [self._came]}
        with tqdm(total=known + len(questions), initial=known, desc="judge", unit="question") as self._bar:
            async with openai.AsyncOpenAI(
                timeout=self.timeout,
                max_retries=self.retries,
                http_client=openai.DefaultAsyncHttpxClient(event_hooks=hooks, timeout=self.timeout),
            ) as self._client:
                try:
                    async with asyncio.TaskGroup() as group:
                        for question in questions:
                            group.create_task(self._one(question, places))
                except ExceptionGroup as errors:
                    stopped, others = errors.split(JudgeError)
                    if others:
                        raise
                    raise self._stopped(stopped.exceptions[0], questions) from None

    async def _one(self, question: Question, places: asyncio.Semaphore) -> None:
        async with places:
            # What sends a byte now and then never times out by itself.
            longest = (self.timeout + _LONGEST_WAIT) * (self.retries + 1) * max(1, self.samples)
            try:
                async with asyncio.timeout(longest):
                    await self._answer(question)
                self._failed = 0
            except (openai.APIError, _NoAnswerError, TimeoutError) as error:
                self._count_attempt()
                self._note(error)
            finally:  # one that is called off has not failed
                self._waiting.pop(asyncio.current_task(), None)
            self._bar.update()

    async def _answer(self, question: Question) -> None:
        """Ask until the answer is known."""
        asked_before = bool(self.log.get(question, "logprob"))
        if not asked_before and (self._with or self._without < _WITHOUT):
            asked = {"temperature": 0, "logprobs": True, "top_logprobs": _ALTERNATIVES}
            (choice, *_) = await self._request(question, "logprob", asked)
            if self._gave_alternatives(choice) and by_log_probabilities(choice, question.options):
                self._with += 1
                return
            self._without += 1
        while missing := self.samples - len(self.log.get(question, "samples")):
            got = await self._request(question, "samples", {"temperature": 1, "n": missing}, most=missing)
            if len(got) < missing and "n" not in self.record.refused:
                self.record.ignored.add("n")

    def _gave_alternatives(self, choice: Choice) -> bool:
        if choice.tokens and all(len(top) < 2 for _, top in choice.tokens):
            self.record.ignored.add("top_logprobs")
            return False
        if not choice.tokens and "logprobs" not in self.record.refused:
            self.record.ignored.add("logprobs")
        return bool(choice.tokens)

    async def _request(self, question: Question, how: str, asked: Mapping[str, Any], most: int = 1) -> Sequence[Choice]:
        """Choices of one request, which are on the disk then. What the server refuses to be told is left out."""
        options = {"max_tokens": self.max_tokens, **asked}
        known = left_out = set(self.record.refused)
        fewer: Iterator[set[str]] | None = None
        while True:
            told = {name: value for name, value in options.items() if name not in left_out}
            try:
                response = await self._client.chat.completions.create(
                    model=self.name, messages=[{"role": "user", "content": question.text}], **told
                )
                self._waiting.pop(asyncio.current_task(), None)
                break
            except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                # It may as well be about the question itself, so nothing is concluded until a request went well.
                fewer = fewer or _fewest_first(options.keys() - known, error.param)
                if (less := next(fewer, None)) is None:
                    raise
                left_out = known | less
            except ValueError as error:  # what came is no JSON
                self._waiting.pop(asyncio.current_task(), None)
                raise self._nonsense() from error
        choices = _choices(response)[:most]
        if not choices:
            raise self._nonsense()
        self.record.refused |= left_out & options.keys()
        self.log.add(question, how, choices, {"model": str(getattr(response, "model", "") or "")})
        return choices

    def _count_attempt(self) -> None:
        """Count the last attempt of this task, if nothing whole came of it."""
        if what := self._waiting.pop(asyncio.current_task(), None):
            self.record.failures[what] += 1

    async def _sent(self, request: Any) -> None:
        self._count_attempt()
        self._waiting[asyncio.current_task()] = "no answer"

    async def _came(self, response: Any) -> None:
        if response.status_code == 200:
            self._waiting[asyncio.current_task()] = "cut answer"
            self._bar.postfix = None
            return
        self._waiting.pop(asyncio.current_task(), None)
        self.record.failures[f"HTTP {response.status_code}"] += 1
        wait = response.headers.get("retry-after")
        self._bar.set_postfix_str(f"HTTP {response.status_code}" + (f", asks to wait {wait} s" if wait else ""))

    def _nonsense(self) -> _NoAnswerError:
        self.record.failures["nonsense"] += 1
        return _NoAnswerError("an answer that is none of the API's")

    def _note(self, error: Exception) -> None:
        """Count a question without an answer; end the run where asking on would be of no use.

        Raises:
            JudgeError: so it is.
        """
        self.record.unanswered[_reason(error)] += 1
        self._failed += 1
        if isinstance(error, openai.AuthenticationError | openai.PermissionDeniedError | openai.NotFoundError):
            raise JudgeError(f"refuses: {str(error).rstrip('.')}. Look at OPENAI_BASE_URL, OPENAI_API_KEY and --model")
        if (wait := _wait(error)) > _LONGEST_WAIT:
            raise JudgeError(f"asks to wait {_until(wait, datetime.now())}")
        if self._failed == _GIVE_UP:
            raise JudgeError(f"left {_GIVE_UP} questions in a row without an answer, the last one by: {_reason(error)}")

    def _stopped(self, error: BaseException, questions: Sequence[Question]) -> JudgeError:
        came = sum(self.known(question) is not None for question in questions)
        url = self._client.base_url
        return JudgeError(
            f"the judge's server ({url.scheme}://{url.netloc.decode()}) {error}. {came:,} of {len(questions):,} new "
            f"answers came and are kept in {self.log.path}; the same command goes on from "
            f"there. What went wrong: {counted(self.record.failures)}."
        )


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        usable = usable and url.isprintable() and " " not in url and parts.hostname.encode("idna")
    except ValueError:  # brackets without an address, a port or a name that cannot be
        usable = False
    if not usable:
        raise JudgeError(
            f"OPENAI_BASE_URL is {url!r}, which is no address of a server. Write it like http://127.0.0.1:8000/v1, "
            "with a port, if any, from 1 to 65535."
        )


def _check_headers() -> None:
    """What the client sends in headers, which hold ASCII alone; a key is not shown."""
    for name in ("OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        for place, letter in enumerate(os.environ.get(name, ""), start=1):
            if not "!" <= letter <= "~":
                raise JudgeError(
                    f"{name} cannot be sent: its character {place} is {letter!a}, a blank or none of ASCII. Copy "
                    "it anew."
                )


def _fewest_first(told: Set[str], named: str | None) -> Iterator[set[str]]:
    """What may be left out of what a server is told, the fewest at a time first, so that it is told all that it takes.

    Args:
        named: the parameter that the server complains of, if it says so.
    """
    groups = [names for names in _OPTIONAL if told & set(names)]
    for size in range(1, len(groups) + 1):
        ways = [set(chain(*chosen)) for chosen in combinations(groups, size)]
        yield from sorted(ways, key=lambda way: named not in way)


class _NoAnswerError(Exception):
    """A response that is none of the API's."""


def counted(counts: Mapping[str, int]) -> str:
    """`HTTP 500 3 x, no answer 1 x`."""
    return ", ".join(f"{what} {number:,} x" for what, number in sorted(counts.items()) if number) or "nothing"


def _reason(error: Exception) -> str:
    if isinstance(error, openai.APIStatusError):
        return f"HTTP {error.status_code}"
    if isinstance(error, openai.APITimeoutError | TimeoutError):
        return "time-out"
    if isinstance(error, openai.APIConnectionError):
        return "broken connection"
    return "nonsense"


def _wait(error: Exception) -> float:
    """The seconds that a server asks to wait; 0 where it asks for none."""
    text = error.response.headers.get("retry-after", "") if isinstance(error, openai.APIStatusError) else ""
    try:
        return float(text)
    except ValueError:
        pass
    try:
        return (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()
    except (TypeError, ValueError):
        return 0.0


def _until(wait: float, now: datetime) -> str:
    """`3,600 s (Retry-After). Run the same again after 19:46`, with the date where that is another day."""
    if wait > _YEAR:  # no clock shows it
        return "for more than a year (Retry-After). Ask those who run it"
    until = now + timedelta(seconds=wait)
    clock = f"{until:%H:%M}" if until.date() == now.date() else f"{until:%Y-%m-%d %H:%M}"
    return f"{wait:,.0f} s (Retry-After). Run the same again after {clock}"


def _choices(response: Any) -> list[Choice]:
    """The choices of a response, none where it is none: the client does not check what came."""
    try:
        return [
            Choice(choice.message.content or "", _tokens(getattr(choice, "logprobs", None)))
            for choice in response.choices
            if isinstance(choice.message.content, str | None)
        ]
    except (AttributeError, TypeError, ValueError, OverflowError):
        return []


def _tokens(log_probabilities: Any) -> list[tuple[str, Mapping[str, float]]] | None:
    content = getattr(log_probabilities, "content", None)
    if not content:
        return None
    return [
        (str(place.token), {str(top.token): float(top.logprob) for top in place.top_logprobs or ()})
        for place in content
    ]
