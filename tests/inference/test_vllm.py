"""What is asked of vLLM and how it is read, with a stand-in of its shapes; and vLLM itself, where it is installed."""

from __future__ import annotations

import sys
from dataclasses import replace
from importlib.machinery import ModuleSpec
from pathlib import Path
from shutil import copytree
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import torch

from pica.errors import ModelError
from pica.evaluation import general
from pica.evaluation.predict import predict
from pica.inference import vllm as running
from pica.inference.runner import ModelRunner
from pica.inference.vllm import VllmRunner
from pica.store import write_json
from pica.training import adapter as adapters
from pica.training import scratch
from pica.training.encode import answer_ids, end_token, prompt_ids
from tests.conftest import ARCHITECTURE, TEXTS
from tests.defaults import defaults
from tests.evaluation.test_predict import LABELS, row
from tests.training.conftest import LORA

# What the stand-in was started with.
STARTED: dict = {}
QUESTIONS = (*TEXTS[1:4], "Oh")


class StandIn:
    """`vllm.LLM`: the model of a folder, a prompt after the other, each token by a plain forward pass."""

    def __init__(self, folder: str, **options) -> None:
        STARTED.clear()
        STARTED.update(options)
        self.model = ModelRunner.open(Path(folder), None, 256, 1).model
        self.model_config = SimpleNamespace(max_model_len=256)
        self.asked: list[tuple[dict, SimpleNamespace]] = []
        self.adapters: set[object] = set()

    def generate(self, prompts, params, use_tqdm, lora_request):
        self.asked += zip(prompts, params, strict=True)
        self.adapters.add(lora_request)
        return [self._output(p["prompt_token_ids"], how) for p, how in zip(prompts, params, strict=True)]

    @torch.no_grad()
    def _output(self, ids: list[int], how: SimpleNamespace) -> SimpleNamespace:
        said, found = [], []
        for _ in range(how.max_tokens):
            scores = self.model(torch.tensor([ids + said])).logits[0, -1].log_softmax(-1)
            said.append(int(scores.argmax()))
            wanted = {*(how.logprob_token_ids or ()), said[-1]}
            found.append({token: SimpleNamespace(logprob=float(scores[token])) for token in wanted})
            if said[-1] in (how.stop_token_ids or ()):
                break
        return SimpleNamespace(outputs=[SimpleNamespace(token_ids=said, logprobs=found)])


def _params(**given) -> SimpleNamespace:
    assert given["temperature"] == 0
    assert given["max_tokens"] > 0
    assert not given["detokenize"]
    assert len(given.get("logprob_token_ids", ())) <= 128
    return SimpleNamespace(**({"logprob_token_ids": None, "stop_token_ids": None} | given))


@pytest.fixture
def stand_in(monkeypatch):
    module, request = ModuleType("vllm"), ModuleType("vllm.lora.request")
    module.__spec__ = ModuleSpec("vllm", None)
    module.LLM, module.SamplingParams, request.LoRARequest = StandIn, _params, lambda *given: given
    for name, made in (("vllm", module), ("vllm.lora", ModuleType("vllm.lora")), ("vllm.lora.request", request)):
        monkeypatch.setitem(sys.modules, name, made)


@pytest.fixture(scope="module")
def folders(tmp_path_factory, tokenizer):
    """A base and an adapter on it. vLLM knows no attention of fewer than 32 numbers a head."""
    made = tmp_path_factory.mktemp("vllm")
    model = scratch.make_model(replace(ARCHITECTURE, hidden_size=64), tokenizer, seed=1)
    model.save_pretrained(made / "base")
    tokenizer.save_pretrained(made / "base")
    tuned = adapters.attach(model, LORA)
    torch.manual_seed(3)
    with torch.no_grad():
        for name, weight in tuned.named_parameters():
            if "lora_B" in name:
                weight.normal_(0, 0.05)
    adapters.save(tuned, LORA, made / "base", made / "adapter")
    return made / "base", made / "adapter"


@pytest.fixture
def questions(tokenizer):
    prompts = [prompt_ids([{"role": "user", "content": text}], tokenizer) for text in QUESTIONS]
    answers = [[answer_ids(label, tokenizer)[:-1] for label in LABELS[: 1 + place]] for place in range(4)]
    return prompts, answers


def test_scores_and_answers_are_those_of_transformers(stand_in, folders, questions, tokenizer):
    base, _ = folders
    ours, theirs = (kind.open(base, None, 200, 1) for kind in (ModelRunner, VllmRunner))
    prompts, answers = questions
    marks = [end_token(tokenizer), 7]
    expected, said = ours.score_and_generate(prompts, answers, marks, {0, 2}, 6)
    found, also = theirs.score_and_generate(prompts, answers, marks, {0, 2}, 6)
    assert said == also
    for some, other in zip(found, expected, strict=True):
        for read, told in zip(some, other, strict=True):
            assert read.marks.shape == told.marks.shape
            assert np.allclose(read.tokens, told.tokens, atol=1e-4)
            assert np.allclose(read.marks, told.marks, atol=1e-4)


def test_texts_are_scored_without_any_mark(stand_in, folders, questions):
    ours, theirs = (kind.open(folders[0], None, 200, 1) for kind in (ModelRunner, VllmRunner))
    prompts, answers = questions
    answers = [*answers[:3], [[]]]
    for some, other in zip(theirs.score(prompts, answers, []), ours.score(prompts, answers, []), strict=True):
        for read, told in zip(some, other, strict=True):
            assert read.marks.shape == told.marks.shape == (len(read.tokens) + 1, 0)
            assert np.allclose(read.tokens, told.tokens, atol=1e-4)


def test_what_answers_begin_with_is_asked_once(stand_in, folders, questions):
    engine = VllmRunner.open(folders[0], None, 200, 1)
    engine.score([[5, 6]], [[[1], [1, 2], [1, 3], []]], [9])
    asked = [(given["prompt_token_ids"], how.logprob_token_ids) for given, how in engine.model.asked]
    assert asked == [([5, 6], [9, 1]), ([5, 6, 1], [9, 2, 3]), ([5, 6, 1, 2], [9]), ([5, 6, 1, 3], [9])]


def test_more_first_tokens_than_one_request_may_want_are_asked_for_in_several(stand_in, folders):
    engine = VllmRunner.open(folders[0], None, 200, 1)
    many = [[token] for token in range(3, 133)]
    (reads,) = engine.score([[5, 6]], [many], [9])
    (expected,) = ModelRunner.open(folders[0], None, 200, 1).score([[5, 6]], [many], [9])
    assert [r.tokens[0] for r in reads] == pytest.approx([r.tokens[0] for r in expected], abs=1e-4)


def test_a_free_answer_ends_with_the_token_that_was_trained(stand_in, folders, tokenizer):
    engine = VllmRunner.open(folders[0], None, 200, 1)
    engine.score_and_generate([[5, 6]], [[]], [9], {0}, 3)
    ((_, how),) = engine.model.asked
    assert (how.stop_token_ids, how.ignore_eos, how.max_tokens) == ([end_token(tokenizer)], True, 3)


def test_the_adapter_is_asked_beside_its_base_and_belongs_to_it(stand_in, folders, tmp_path):
    base, adapter = folders
    engine = VllmRunner.open(base, adapter, 200, 1)
    assert STARTED["max_lora_rank"] == 8
    assert not STARTED["trust_remote_code"]
    engine.score([[5, 6]], [[[1]]], [])
    engine.with_adapter(base, adapter).score([[5, 6]], [[[1]]], [])
    assert engine.model.adapters == {None, ("adapter", 1, str(adapter))}
    assert VllmRunner.open(base, None, 200, 1).lora is None
    assert "enable_lora" not in STARTED
    other = copytree(adapter, tmp_path / "other")
    write_json(other / "base.json", {"kind": "lora", "sha256": "0" * 64, "source": "hub:made/up"})
    with pytest.raises(ModelError, match="was trained on hub:made/up"):
        engine.with_adapter(base, other)


def test_what_is_longer_than_the_room_of_vllm_is_said(stand_in, folders):
    engine = VllmRunner.open(folders[0], None, 400, 1)
    with pytest.raises(ModelError, match="has 256 tokens, and vLLM has room for 255"):
        engine.score([[5] * 250], [[[1] * 6]], [])


def test_what_keeps_vllm_from_loading_a_model_is_one_message(stand_in, folders, monkeypatch):
    def refuse(*given, **options):
        raise ValueError("Head size 24 is not supported.\nSupported head sizes are: …")

    monkeypatch.setattr(sys.modules["vllm"], "LLM", refuse)
    with pytest.raises(ModelError, match=r"vLLM cannot load .*: Head size 24 is not supported\. It may say more"):
        VllmRunner.open(folders[0], None, 200, 1)


def test_without_vllm_it_is_said_how_to_get_it(folders, monkeypatch):
    monkeypatch.setitem(sys.modules, "vllm", None)
    evaluate = replace(defaults().evaluate, engine="vllm")
    with pytest.raises(ModelError, match=r"vLLM is not installed here.*pip install vllm.*evaluate.engine=transformers"):
        predict([], "base", folders[0], None, evaluate, {})


@pytest.mark.parametrize(
    ("kind", "change", "said"),
    [
        ("prefix", {"num_virtual_tokens": 4}, "prefix tuning"),
        ("dora", {}, "`pica merge` makes a model"),
        ("qlora", {}, "4 bits"),
        ("lora", {"r": 1024}, "rank 512 at most"),
        ("lora", {"target_parameters": ["experts.down_proj"]}, "experts' weights"),
        ("rslora", {}, ""),
    ],
)
def test_adapters_that_vllm_does_not_run_are_refused(stand_in, tmp_path, kind, change, said):
    config = {"r": 8, "lora_alpha": 16, "lora_dropout": 0.0, "target_modules": ["q_proj"]}
    write_json(tmp_path / "adapter_config.json", config | change)
    write_json(tmp_path / "base.json", {"kind": kind})
    if not said:
        return running.check(tmp_path)
    with pytest.raises(ModelError, match=f"does not go with evaluate.engine=vllm: .*{said}"):
        running.check(tmp_path)


def test_vllm_comes_to_the_predictions_of_transformers(folders, monkeypatch):
    pytest.importorskip("vllm")
    monkeypatch.setattr(general, "texts", lambda: {"en": TEXTS[1:3], "zh": TEXTS[3:4]})
    closed = [row(i, "text_emotion", text, LABELS[i], candidates=LABELS) for i, text in enumerate(QUESTIONS)]
    causes = [row(i, "emotion_cause", f"A: Why?\nB: {text}", text) for i, text in enumerate(QUESTIONS[:2])]
    replies = [row(i, "dialogue_generation", f"A: {text}", "I see.") for i, text in enumerate(QUESTIONS)]
    evaluate = replace(defaults().evaluate, batch_size=8, max_new_tokens=12, max_length=256)
    ours, theirs = (
        predict([*closed, *causes, *replies], "tuned", *folders, replace(evaluate, engine=engine), {})
        for engine in ("transformers", "vllm")
    )
    assert theirs.general == pytest.approx(ours.general, rel=1e-3)
    for some, other in zip(theirs.predictions, ours.predictions, strict=True):
        assert (some.id, some.label, some.output, some.spans) == (other.id, other.label, other.output, other.spans)
        assert some.log_probs == pytest.approx(other.log_probs, abs=1e-3)
        assert some.content_free == pytest.approx(other.content_free, abs=1e-3)
        assert some.gold_log_prob == pytest.approx(other.gold_log_prob, abs=1e-3)
