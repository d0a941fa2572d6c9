"""One tiny model of each architecture, with random weights, as a folder that the hub could have; and what it can do.

`python -m tests.training.families` writes the table of docs/models.md anew.
"""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers as hf
from peft import PeftModel
from torch.nn.functional import log_softmax
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

from pica.errors import ModelError
from pica.inference.engine import Generation
from pica.inference.runner import ModelRunner
from pica.settings import Adapter
from pica.training import adapter as adapters
from pica.training import base as bases
from pica.training import scratch
from pica.training.attention import packing
from pica.training.batches import collate
from pica.training.checkpoint import Checkpoints
from pica.training.encode import answer_ids, encode, prompt_ids
from pica.training.kept import RunKey
from pica.training.loop import Run, Schedule, train
from pica.training.merge import merge
from pica.training.origin import Origin
from tests.conftest import TEXTS

PAGE = Path(__file__).parents[2] / "docs/models.md"

# Random weights of the usual 0.02 could not be taught by an adapter, nor tell two examples apart.
_SIZE = dict(
    hidden_size=32,
    intermediate_size=48,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    max_position_embeddings=256,
    initializer_range=0.1,
)
_OWN = dict(hidden_size=32, n_layer=2, n_head=4, initializer_range=0.1)
_LINEAR = dict(
    linear_num_key_heads=2,
    linear_num_value_heads=2,
    linear_key_head_dim=8,
    linear_value_head_dim=8,
    layer_types=["linear_attention", "full_attention"],
    head_dim=8,
)
_EXPERTS = dict(num_experts=4, num_experts_per_tok=2, moe_intermediate_size=16)
_MAMBA = dict(hidden_size=32, num_hidden_layers=2, state_size=8, initializer_range=0.1)
# Shorter than the prompts.
_WINDOW = dict(head_dim=8, sliding_window=16)

FAMILIES: dict[str, Callable[[], Any]] = {
    "Llama": lambda: hf.LlamaConfig(**_SIZE),
    "Llama 4 (chunks, experts)": lambda: hf.Llama4TextConfig(
        **_SIZE, head_dim=8, intermediate_size_mlp=48, num_local_experts=2, attention_chunk_size=16
    ),
    "Mistral (window)": lambda: hf.MistralConfig(**_SIZE, **_WINDOW),
    "Mixtral (experts)": lambda: hf.MixtralConfig(**_SIZE, num_local_experts=4),
    "Qwen2": lambda: hf.Qwen2Config(**_SIZE),
    "Qwen3": lambda: hf.Qwen3Config(**_SIZE, head_dim=8),
    "Qwen3 MoE": lambda: hf.Qwen3MoeConfig(**_SIZE, **_EXPERTS, head_dim=8),
    "Qwen3-Next (linear attention, experts)": lambda: hf.Qwen3NextConfig(
        **_SIZE, **_LINEAR, **_EXPERTS, shared_expert_intermediate_size=16
    ),
    "Qwen3.5 (linear attention)": lambda: hf.Qwen3_5TextConfig(**_SIZE, **_LINEAR),
    "Gemma": lambda: hf.GemmaConfig(**_SIZE, head_dim=8),
    "Gemma 2 (capped logits, window)": lambda: hf.Gemma2Config(**_SIZE, **_WINDOW),
    "Gemma 3 (window)": lambda: hf.Gemma3TextConfig(
        **_SIZE, **_WINDOW, layer_types=["sliding_attention", "full_attention"]
    ),
    "gpt-oss (sinks, window, experts)": lambda: hf.GptOssConfig(
        **_SIZE,
        **_WINDOW,
        num_local_experts=4,
        num_experts_per_tok=2,
        layer_types=["sliding_attention", "full_attention"],
    ),
    "GLM-4": lambda: hf.GlmConfig(**_SIZE, head_dim=8),
    "GPT-2": lambda: hf.GPT2Config(n_embd=32, n_layer=2, n_head=4, n_positions=256, initializer_range=0.1),
    "GPT-NeoX (Pythia)": lambda: hf.GPTNeoXConfig(**{k: v for k, v in _SIZE.items() if k != "num_key_value_heads"}),
    "Bloom (ALiBi)": lambda: hf.BloomConfig(**_OWN),
    "MPT (ALiBi)": lambda: hf.MptConfig(d_model=32, n_heads=4, n_layers=2, max_seq_len=256, initializer_range=0.1),
    "Falcon": lambda: hf.FalconConfig(
        hidden_size=32, num_hidden_layers=2, num_attention_heads=4, initializer_range=0.1
    ),
    "OPT": lambda: hf.OPTConfig(
        hidden_size=32, ffn_dim=48, num_hidden_layers=2, num_attention_heads=4, word_embed_proj_dim=32, init_std=0.1
    ),
    "Phi-3": lambda: hf.Phi3Config(**_SIZE),
    "OLMo 2": lambda: hf.Olmo2Config(**_SIZE),
    "Cohere (Command R)": lambda: hf.CohereConfig(**_SIZE, logit_scale=1.0),
    "SmolLM3": lambda: hf.SmolLM3Config(**_SIZE),
    "LFM2 (convolutions)": lambda: hf.Lfm2Config(**_SIZE, layer_types=["conv", "full_attention"]),
    "Granite": lambda: hf.GraniteConfig(**_SIZE),
    "Granite 4 hybrid (Mamba 2)": lambda: hf.GraniteMoeHybridConfig(
        **_SIZE,
        shared_intermediate_size=48,
        num_local_experts=0,
        layer_types=["mamba", "attention"],
        mamba_n_heads=8,
        mamba_d_head=8,
        mamba_d_state=8,
        mamba_expand=2,
    ),
    "Falcon-H1 (Mamba 2)": lambda: hf.FalconH1Config(
        **_SIZE, head_dim=8, mamba_d_ssm=32, mamba_n_heads=4, mamba_d_head=8, mamba_d_state=8, mamba_n_groups=1
    ),
    "Mamba": lambda: hf.MambaConfig(**_MAMBA),
    "Mamba 2": lambda: hf.Mamba2Config(**_MAMBA, num_heads=8, head_dim=8, n_groups=1, expand=2),
    "DeepSeek-V3 (latent attention, experts)": lambda: hf.DeepseekV3Config(
        **{**_SIZE, "num_key_value_heads": 4},
        kv_lora_rank=16,
        q_lora_rank=16,
        qk_rope_head_dim=8,
        qk_nope_head_dim=8,
        v_head_dim=8,
        n_routed_experts=4,
        num_experts_per_tok=2,
        n_group=1,
        topk_group=1,
        moe_intermediate_size=16,
        first_k_dense_replace=1,
    ),
}


def make(name: str, tokenizer: PreTrainedTokenizerFast, folder: Path) -> Path:
    """Write the model of a family and the tokenizer into a folder."""
    config = FAMILIES[name]()
    config.vocab_size = len(tokenizer)
    config.pad_token_id, config.bos_token_id, config.eos_token_id = None, None, tokenizer.eos_token_id
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(config)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    Origin("hub:made/up", "0" * 40).write(folder)
    return folder


COLUMNS = (
    "architecture",
    "attention",
    "rows",
    "LoRA",
    "DoRA",
    "rsLoRA",
    "prefix",
    "experts",
    "labels",
    "`all-linear`",
    "leaves out",
)
KINDS = {
    "LoRA": Adapter("lora", 4, 8, 0.0, "all-linear", None),
    "DoRA": Adapter("dora", 4, 8, 0.0, "all-linear", None),
    "rsLoRA": Adapter("rslora", 4, 8, 0.0, "all-linear", None),
    "prefix": Adapter("prefix", None, None, None, None, 3),
}
_LABELS = ("joy", "no emotion")
_SCHEDULE = Schedule(epochs=3, lr=1e-2, batch_tokens=512, warmup=0.0, weight_decay=0.0, seed=1, checkpoint_every=1)


class Stopped(Exception):
    """A training that is killed."""


class Trial:
    """One family at work: each of its methods asserts that what it tries comes out right."""

    def __init__(self, name: str, folder: Path) -> None:
        made = scratch.make_tokenizer(TEXTS, 300, 256)
        self.folder, self.base = folder, make(name, made, folder / "base")
        self.model, self.tokenizer = bases.load(self.base, torch.float32, device="cpu")
        texts = ("We won!", "They cut the hedge without a word to me, and the street.")
        self.questions = [[{"role": "user", "content": text}] for text in texts]
        self.prompts = [prompt_ids(asked, made) for asked in self.questions]
        self.examples = [
            encode([*asked, {"role": "assistant", "content": label}], made)
            for asked, label in zip(self.questions, _LABELS, strict=True)
        ]

    def measure(self, name: str) -> dict[str, str]:
        """The row of the table."""
        row = dict.fromkeys(COLUMNS, "") | {"architecture": name, "attention": self.model.config._attn_implementation}
        with packing(self.model) as layout:
            row["rows"] = layout.value
        experts = adapters.expert_names(self.model)
        kinds = KINDS | (
            {"experts": replace(KINDS["LoRA"], targets="+".join(["all-linear", *experts]))} if experts else {}
        )
        for kind, settings in kinds.items():
            try:
                tuned = self.attached(settings)
            except ModelError:
                row[kind] = "refused"
                continue
            row[kind] = "yes"
            self.trains(tuned, resumed=self.attached(settings) if kind == "LoRA" else None)
            runner = ModelRunner(tuned.eval(), self.tokenizer, 256, 4)
            self.answers(runner)
            if kind in ("LoRA", "experts"):
                self.merges(tuned, settings)
            if kind == "LoRA":
                row["labels"] = "packed" if runner.packs(self.prompts) else "one by one"
                row["`all-linear`"] = f"{adapters.reached(tuned):.0%}"
                row["leaves out"] = ", ".join(f"`{name}`" for name in [*adapters.refused_names(self.model), *experts])
        return row

    def attached(self, settings: Adapter) -> PeftModel:
        """A copy of the base with a fresh adapter, which was seen to be trainable."""
        torch.manual_seed(1)
        tuned = adapters.attach(copy.deepcopy(self.model), settings)
        adapters.check_trains(tuned, collate(self.examples, self.tokenizer.pad_token_id))
        return tuned

    def trains(self, tuned: PeftModel, resumed: PeftModel | None) -> None:
        """The loss falls; and a run that was killed ends with the weights of one that was not."""
        losses = [entry["loss"] for entry in self._train(tuned).progress.log]
        assert losses[-1] < losses[0], losses
        if resumed is None:
            return

        def stop(entry: Mapping[str, float]) -> None:
            if entry["step"] == 2:
                raise Stopped

        key, again = RunKey("a", "b", "c"), copy.deepcopy(resumed)
        for model, log in ((resumed, stop), (again, lambda entry: None)):
            with suppress(Stopped), closing(Checkpoints(self.folder / "checkpoints", key, wait=False)) as checkpoints:
                self._train(model, checkpoints=checkpoints, log=log)
        for (name, weight), (_, other) in zip(tuned.named_parameters(), again.named_parameters(), strict=True):
            assert torch.equal(weight, other), name

    def _train(self, model: PeftModel, **given: Any) -> Run:
        return train(model, self.examples, ["one", "two"], self.tokenizer.pad_token_id, _SCHEDULE, **given)

    @torch.no_grad()
    def answers(self, runner: ModelRunner) -> None:
        """Label scores and free answers are those of plain forward passes, without padding or cache."""
        answers = [answer_ids(label, self.tokenizer)[:-1] for label in _LABELS]
        found = runner.score(self.prompts, [answers] * len(self.prompts), [self.tokenizer.eos_token_id])
        scores = [[read.tokens.sum() + read.marks[-1, 0] for read in reads] for reads in found]
        expected = [[self._likelihood(runner.model, prompt, label) for label in _LABELS] for prompt in self.prompts]
        assert np.allclose(scores, expected, rtol=1e-3, atol=1e-3)
        for prompt, reply in zip(self.prompts, runner.generate(self.prompts, 3), strict=True):
            said = list(prompt)
            for _ in range(3):
                said.append(int(runner.model(torch.tensor([said])).logits[0, -1].argmax()))
            assert reply == Generation.of(said[len(prompt) :], self.tokenizer)

    def _likelihood(self, model: PeftModel, prompt: list[int], label: str) -> float:
        answer = answer_ids(label, self.tokenizer)
        scores = log_softmax(model(torch.tensor([prompt + answer])).logits[0, -len(answer) - 1 : -1], -1)
        return scores.gather(1, torch.tensor(answer)[:, None]).sum().item()

    def merges(self, tuned: PeftModel, settings: Adapter) -> None:
        """The adapter survives its folder, and its merge says what it says: `merge` raises where it does not."""
        adapter = self.folder / "adapter"
        adapter.mkdir(exist_ok=True)
        adapters.save(tuned, settings, self.base, adapter)
        merged = merge(self.base, adapter, self.folder / "merged", self.questions, "# A card")
        again = adapters.load(copy.deepcopy(self.model), self.base, adapter)
        prompt = torch.tensor(self.prompts[:1])
        with torch.no_grad():
            assert torch.allclose(again(prompt).logits, tuned(prompt).logits, atol=1e-5)
            whole = bases.load(self.folder / "merged", torch.float32, device="cpu")[0]
            moved = (whole(prompt).logits - self.model(prompt).logits).abs().max()
        assert moved > 10 * merged.rounded


def measured(name: str) -> dict[str, str]:
    """The row of a family; what it says that works was seen to work.

    Raises:
        AssertionError, ModelError: what was not refused before training does not come out right.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # more only wait for one another on models of this size
    try:
        with tempfile.TemporaryDirectory() as folder:
            return Trial(name, Path(folder)).measure(name)
    finally:
        torch.set_num_threads(threads)


def table(rows: Sequence[Mapping[str, str]]) -> str:
    """Rows as Markdown."""
    lines = [COLUMNS, ["---"] * len(COLUMNS), *([row[column] for column in COLUMNS] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def written() -> dict[str, dict[str, str]]:
    """The rows of the page, by family."""
    lines = [line.strip("|").split("|") for line in PAGE.read_text(encoding="utf-8").splitlines() if line[:1] == "|"]
    cells = [[cell.strip() for cell in line] for line in lines[2:]]
    return {cell[0]: dict(zip(COLUMNS, cell, strict=True)) for cell in cells}


def main() -> None:
    """Write the page's table anew."""
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition("\n| ")
    after = rest[rest.index("\n\n") :]
    made = table([measured(name) for name in FAMILIES])
    PAGE.write_text(f"{before}\n{made}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
