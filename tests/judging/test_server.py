"""A judge behind a server that misbehaves: nothing is lost, nothing is scored wrong, everything is counted."""

from __future__ import annotations

import json
import time
from collections import Counter
from itertools import count

import pytest

from pica.errors import DataError, JudgeError
from pica.judging.forms import pairwise, rating
from pica.judging.server import ServerJudge
from tests.judging.server import body, complaining, cut, failing, hanging, serving, text_of


def question(number: int, language: str = "en"):
    return pairwise(language, f"USER: Day {number}.", f"First {number}.", f"Second {number}.")


@pytest.fixture
def judge(tmp_path, monkeypatch):
    """Makes a judge of a server; the same file of answers each time."""

    def make(server, model="made-up", **changes):
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", "none")
        how = {"samples": 4, "parallel": 1, "timeout": 0.4, "retries": 1, "max_tokens": 16} | changes
        return ServerJudge(model, log=tmp_path / "answers.jsonl", **how)

    return make


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    """Between two attempts the client waits half a second and more."""
    monkeypatch.setattr("openai._base_client.INITIAL_RETRY_DELAY", 0.001)


def test_log_probabilities_are_asked_for_and_used(judge):
    with serving(lambda request: "B") as server:
        asked = judge(server)
        (answer,) = asked.ask([question(1)]).values()
    assert answer.estimator == "logprob"
    assert answer.probabilities == pytest.approx({"A": 0.25, "B": 0.75})
    assert len(server.asked) == 1
    assert (server.asked[0]["logprobs"], server.asked[0]["top_logprobs"], server.asked[0]["temperature"]) == (
        True,
        20,
        0,
    )
    assert (asked.record.ignored, asked.models) == (set(), ["made-up-judge-1"])


def test_without_log_probabilities_samples_are_drawn_and_that_is_said(judge):
    with serving(lambda request: "A", logprobs=False) as server:
        asked = judge(server)
        answers = asked.ask([question(number) for number in range(6)])
    assert Counter(answer.estimator for answer in answers.values()) == {"samples": 6}
    assert all(answer.raw == 4 for answer in answers.values())
    assert asked.record.ignored == {"logprobs"}
    assert Counter("logprobs" in request for request in server.asked) == {True: 3, False: 6}


def test_one_choice_in_place_of_n_is_asked_for_again_until_there_are_n(judge):
    said = count()
    with serving(lambda request: "AB"[next(said) % 2], logprobs=False, many=False) as server:
        asked = judge(server)
        (answer,) = asked.ask([question(1)]).values()
    assert (answer.raw, answer.probabilities) == (4, {"A": 0.5, "B": 0.5})
    assert asked.record.ignored == {"logprobs", "n"}
    assert [request.get("n") for request in server.asked] == [None, 4, 3, 2, 1]


def test_what_a_server_refuses_to_be_told_is_left_out_from_then_on(judge):
    def say(request):
        return failing(400) if {"logprobs", "max_tokens"} & request.keys() else "A"

    with serving(say, logprobs=False) as server:
        asked = judge(server)
        assert len(asked.ask([question(1), question(2)])) == 2
    assert asked.record.refused >= {"logprobs", "top_logprobs", "max_tokens"}
    assert "HTTP 400" in asked.record.failures


@pytest.mark.parametrize("named", ["max_tokens", None])
def test_what_a_server_takes_is_told_to_it_whatever_else_it_refuses(judge, named):
    def say(request):
        return complaining(named) if "max_tokens" in request else "A"

    with serving(say) as server:
        asked = judge(server)
        answers = asked.ask([question(1), question(2)]).values()
    assert [answer.estimator for answer in answers] == ["logprob", "logprob"]
    assert asked.record.refused == {"max_tokens"}
    assert len(server.asked) == (3 if named else 4)


def test_a_question_that_is_refused_says_nothing_about_the_parameters(judge):
    with serving(lambda request: failing(400) if "Day 0." in text_of(request) else "A") as server:
        asked = judge(server)
        answers = asked.ask([question(0), question(1)])
    assert list(answers) == [question(1)]
    assert answers[question(1)].estimator == "logprob"
    assert (asked.record.refused, asked.record.unanswered) == (set(), {"HTTP 400": 1})


BAD = {
    "HTTP 500": failing(500),
    "HTTP 429": failing(429),
    "time-out": hanging(0.6),
    "broken connection": cut,
    "nonsense": body(b"<html>Bad gateway", "text/html"),
}
NONSENSE = [b'{"choi', b"[1, 2]", b"null", b"{}", b'{"choices": []}', b'{"choices": [{"message": "x"}]}', b"\xff\xfe",
            b'{"choices": [{"message": {"content": 5}}]}', b'{"error": "overloaded"}']  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_failure_costs_its_own_question_alone_and_is_asked_again_by_the_next_run(judge, name):
    def say(request):
        return BAD[name] if "Day 1." in text_of(request) else "B"

    with serving(say) as server:
        asked = judge(server)
        answers = asked.ask([question(number) for number in range(3)])
        assert list(answers) == [question(0), question(2)]
        assert asked.record.unanswered == {name: 1}
        assert sum(asked.record.failures.values()) == (1 if name == "nonsense" else 2), "each attempt is counted"
        server.say = lambda request: "A"
        before = len(server.asked)
        answers = judge(server).ask([question(number) for number in range(3)])
        assert [answers[question(number)].best("C") for number in range(3)] == ["B", "A", "B"]
        assert len(server.asked) == before + 1


@pytest.mark.parametrize("content", NONSENSE)
def test_nonsense_is_no_answer(judge, content):
    with serving(lambda request: body(content)) as server:
        asked = judge(server)
        assert asked.ask([question(1)]) == {}
    assert asked.record.unanswered == {"nonsense": 1}
    assert asked.record.failures["nonsense"] == 1


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1" + "0" * 400, "55.5"])
def test_a_log_probability_that_is_none_is_nonsense_and_scores_nothing(judge, value, tmp_path):
    top = b'{"token": "A", "logprob": %s}, {"token": "B", "logprob": -Infinity}' % value.encode()
    place = b'{"token": "A", "logprob": 0, "top_logprobs": [%s]}' % top
    said = b'{"choices": [{"message": {"content": "A"}, "logprobs": {"content": [%s]}}]}' % place
    with serving(lambda request: body(said) if "Day 1." in text_of(request) else "A") as server:
        asked = judge(server)
        assert list(asked.ask([question(1), question(2)])) == [question(2)]
    assert (asked.record.unanswered, asked.record.failures) == ({"nonsense": 1}, {"nonsense": 1})
    assert "NaN" not in (tmp_path / "answers.jsonl").read_text(encoding="utf-8")


def test_a_failure_that_passes_is_counted_and_costs_nothing(judge):
    left = iter([failing(500), failing(429, Retry_After="0"), cut])
    with serving(lambda request: next(left, "A")) as server:
        asked = judge(server, retries=3)
        assert len(asked.ask([question(1)])) == 1
    assert asked.record.failures == {"HTTP 500": 1, "HTTP 429": 1, "cut answer": 1}
    assert not asked.record.unanswered


def test_a_wait_of_an_hour_ends_the_run_with_what_came_and_the_next_run_goes_on(judge):
    def say(request):
        return failing(429, Retry_After="3600") if "Day 2." in text_of(request) else "A"

    started = time.monotonic()
    with serving(say) as server:
        with pytest.raises(JudgeError) as caught:
            judge(server).ask([question(number) for number in range(5)])
        assert time.monotonic() - started < 30
        assert "asks to wait 3,600 s" in str(caught.value)
        assert "2 of 5 new answers came" in str(caught.value)
        assert "HTTP 429 1 x" in str(caught.value)
        assert len(server.asked) == 3, "nothing is asked after that"
        server.say = lambda request: "B"
        answers = judge(server).ask([question(number) for number in range(5)])
        assert [answers[question(number)].best("C") for number in range(5)] == ["A", "A", "B", "B", "B"]
        assert len(server.asked) == 6


def test_what_is_called_off_when_a_run_ends_has_not_failed(judge):
    def say(request):
        if "Day 0." in text_of(request):
            time.sleep(0.3)
            return failing(429, Retry_After="3600")
        time.sleep(1)
        return "A"

    with serving(say) as server, pytest.raises(JudgeError) as caught:
        judge(server, parallel=4, timeout=20).ask([question(number) for number in range(4)])
    assert str(caught.value).endswith("What went wrong: HTTP 429 1 x.")


def test_a_wait_until_a_date_ends_the_run_too(judge):
    date = "Wed, 21 Oct 2099 07:28:00 GMT"
    with serving(lambda request: failing(503, Retry_After=date)) as server, pytest.raises(JudgeError, match="asks to"):
        judge(server).ask([question(1)])


@pytest.mark.parametrize(
    ("wait", "said"),
    [
        ("90000", r"wait 90,000 s \(Retry-After\)\. Run the same again after \d{4}-\d\d-\d\d \d\d:\d\d\. 0 of 1 new"),
        ("99999999999999", r"wait for more than a year \(Retry-After\)\. Ask those who run it\. 0 of 1 new"),
        ("inf", "wait for more than a year"),
    ],
)
def test_a_wait_of_days_or_for_ever_is_one_message(judge, wait, said):
    with serving(lambda request: failing(429, Retry_After=wait)) as server, pytest.raises(JudgeError, match=said):
        judge(server, retries=0).ask([question(1)])


def test_a_server_that_is_down_is_given_up(judge):
    with serving(lambda request: failing(502)) as server, pytest.raises(JudgeError) as caught:
        judge(server, retries=0).ask([question(number) for number in range(30)])
    assert f"({server.url.removesuffix('/v1')}) left 10 questions in a row" in str(caught.value)
    assert len(server.asked) == 10


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_wrong_key_or_model_ends_the_run_at_once(judge, status):
    with serving(lambda request: failing(status)) as server, pytest.raises(JudgeError, match="OPENAI_API_KEY"):
        judge(server).ask([question(number) for number in range(5)])
    assert len(server.asked) == 1


def test_without_a_key_it_says_where_to_put_one(judge, monkeypatch):
    with serving(lambda request: "A") as server:
        made = judge(server)
        monkeypatch.delenv("OPENAI_API_KEY")
        with pytest.raises(JudgeError, match="OPENAI_BASE_URL"):
            ServerJudge("m", 1, made.log.path, 1, 1, 0, 16)


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:99999/v1", "http://127.0.0.1:x/v1", "http://[bad/v1", "localhost:8000/v1", "http:///v1",
     "http://a..b/v1", "http://127.0.0.1 /v1", "http://127.0.0.1/v1\n", "ftp://127.0.0.1/v1"],
)  # fmt: skip
def test_an_address_that_is_none_is_said_before_anything_is_asked(monkeypatch, tmp_path, url):
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    monkeypatch.setenv("OPENAI_BASE_URL", url)
    with pytest.raises(JudgeError, match=r"OPENAI_BASE_URL is .* Write it like http"):
        ServerJudge("m", 1, tmp_path / "a.jsonl", 1, 1, 0, 16)


@pytest.mark.parametrize(("key", "said"), [("ключ", "character 1"), ("sk-a\n", "character 5"), ("sk a", "character 3")])
def test_a_key_that_cannot_be_sent_is_said_without_it(monkeypatch, tmp_path, key, said):
    monkeypatch.setenv("OPENAI_API_KEY", key)
    with pytest.raises(JudgeError, match=f"OPENAI_API_KEY cannot be sent: its {said}") as caught:
        ServerJudge("m", 1, tmp_path / "a.jsonl", 1, 1, 0, 16)
    assert key not in str(caught.value)


def test_answers_belong_to_their_questions_whatever_the_order_in_which_they_come(judge):
    def say(request):
        number = int(text_of(request).partition("Day ")[2].partition(".")[0])
        time.sleep(0.02 * (number % 3 == 0))
        return "AB"[number % 2]

    with serving(say) as server:
        questions = [question(number) for number in range(24)]
        answers = judge(server, parallel=8).ask(questions)
    assert [answers[each].best("C") for each in questions] == ["A", "B"] * 12


def test_invalid_answers_are_kept_counted_and_not_asked_again(judge):
    with serving(lambda request: "I cannot choose") as server:
        (answer,) = judge(server).ask([question(1)]).values()
        assert (answer.probabilities, answer.invalid) == ({}, 1)
        judge(server).ask([question(1)])
        assert len(server.asked) == 1


def test_another_judge_or_form_is_asked_anew(judge):
    with serving(lambda request: "A") as server:
        judge(server).ask([question(1)])
        judge(server, model="other").ask([question(1)])
        judge(server).ask([question(1, "zh"), rating("fluency", "en", "", "First 1.")])
        assert len(server.asked) >= 4


def test_half_a_line_of_a_killed_run_is_asked_again(judge, tmp_path):
    path = tmp_path / "answers.jsonl"
    with serving(lambda request: "A") as server:
        judge(server).ask([question(1), question(2)])
        whole = path.read_bytes()
        path.write_bytes(whole[:-30])
        again = judge(server)
        assert again.log.torn == 1
        assert len(again.ask([question(1), question(2)])) == 2
        assert len(server.asked) == 3
        assert judge(server).log.torn == 1
    path.write_text('{"key": 3}\n')
    with pytest.raises(DataError, match="line 1"):
        judge(server)


def test_raw_answers_are_kept_with_what_was_asked(judge, tmp_path):
    with serving(lambda request: "B") as server:
        judge(server).ask([question(1)])
    row = json.loads((tmp_path / "answers.jsonl").read_text(encoding="utf-8"))
    assert (row["form"], row["choice"]["text"], row["model"]) == ("v1/en/pairwise", "B", "made-up-judge-1")
    assert row["question"] == question(1).text


def test_half_an_emoji_is_kept_and_reads_back_alike(judge, tmp_path):
    said = body(json.dumps({"model": "x \ud83d", "choices": [{"message": {"content": "B \ud83d 难"}}]}).encode())
    with serving(lambda request: said) as server:
        asked = judge(server, samples=1)
        (answer,) = asked.ask([question(1)]).values()
        assert (answer.raw, answer.invalid, asked.models) == (1, 1, ["x ?"])
        kept = (tmp_path / "answers.jsonl").read_text(encoding="utf-8")
        assert "难" in kept
        again = judge(server, samples=1)
        assert [choice.text for choice in again.log.get(question(1), "samples")] == ["B \ud83d 难"]
        assert again.log.torn == 0
