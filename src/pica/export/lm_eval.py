"""Test rows as tasks of lm-evaluation-harness: a YAML file and the rows of each view, to be run without network.

    pica_meld-classification.yaml    output_type: multiple_choice, acc
    meld-classification.jsonl        {"id": "meld/test/4#…", "prompt": "<|im_start|>user\\nWhich emotion …",
                                      "choices": ["joy<|im_end|>", "anger<|im_end|>"], "gold": 1}

A prompt has the bytes that training and evaluation give it, the base's chat template included, and is cut as they cut
it; a choice ends with the token that ends an answer. So the tasks belong to one base, and the harness is run without
`--apply_chat_template`. The rows are those that `evaluate` draws.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined
from tqdm import tqdm

from pica.errors import ModelError
from pica.export import new_folder
from pica.params import Evaluate
from pica.sampling import sample_asked
from pica.schema import INSTRUCTION
from pica.store import read_rows

# One of transformers, which takes seconds to import.
Tokenizer = Any

TAG = "pica"
# What finds the rows beside the YAML file, wherever the folder is.
_ROWS = '''"""The rows of a view, beside this file."""

from pathlib import Path

import datasets


def load(view, **_):
    """For the harness: split -> rows."""
    return datasets.load_dataset("json", data_files={"test": str(Path(__file__).parent / f"{view}.jsonl")})
'''


class _Function(str):
    """A name of Python code, as the harness reads it."""


class _Dumper(yaml.SafeDumper):
    pass


_Dumper.add_representer(_Function, lambda dumper, name: dumper.represent_scalar("!function", str(name)))


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: view → rows, and why rows were left out → how many."""

    rows: Mapping[str, int]
    left_out: Mapping[str, int]


def export_tasks(test: Path, base: Path, out: Path, evaluate: Evaluate, seed: int) -> Exported:
    """Write the tasks into the new folder `out`; it is there whole or not at all.

    Args:
        test: data/instructions/test.parquet.
        base: the model's folder; its tokenizer alone is loaded.
        evaluate: of which views how many rows, and how long prompts and answers may be.
        seed: of the draw.

    Raises:
        DataError: `out` has something in it, or there are no test instructions.
        ModelError: the base has no tokenizer that can be used.
    """
    tokenizer = _tokenizer(base)
    rows: dict[str, list[dict[str, Any]]] = {}
    left_out: Counter[str] = Counter()
    with new_folder(out) as made:
        for row in _drawn(test, evaluate, seed):
            shown, why = _shown(row, tokenizer, evaluate)
            if shown is None:
                left_out[why] += 1
            else:
                rows.setdefault(row["name"], []).append((row, shown))
        for view, pairs in sorted(rows.items()):
            lines = [json.dumps(shown, ensure_ascii=False) for _, shown in pairs]
            (made / f"{view}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
            text = yaml.dump(
                _task(pairs[0][0], tokenizer, evaluate), Dumper=_Dumper, sort_keys=False, allow_unicode=True
            )
            (made / f"{TAG}_{view}.yaml").write_text(text, encoding="utf-8")
        (made / "pica_rows.py").write_text(_ROWS, encoding="utf-8")
        exported = Exported({view: len(pairs) for view, pairs in sorted(rows.items())}, dict(sorted(left_out.items())))
        (made / "README.md").write_text(_readme(exported, base, evaluate), encoding="utf-8")
    return exported


def _tokenizer(base: Path) -> Tokenizer:
    from transformers import AutoTokenizer

    if not base.is_dir():  # transformers would take the path for a name on the hub
        raise ModelError(f"{base} is not there. `dvc repro base_model` makes or fetches the base.")
    try:
        return AutoTokenizer.from_pretrained(base, local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{base} has no tokenizer that can be loaded ({str(error).splitlines()[0]}). `dvc repro base_model` makes "
            "or fetches the base."
        ) from None


def _drawn(test: Path, evaluate: Evaluate, seed: int) -> Iterator[Mapping[str, Any]]:
    """The rows that `evaluate` draws."""
    rows = read_rows(test, INSTRUCTION, columns=("id", "name", "is_classification"))
    chosen = sample_asked(rows, evaluate.views == "closed", evaluate.rows_per_view or None, seed)
    for row in tqdm(read_rows(test, INSTRUCTION), desc="lm-eval", unit="row"):
        if (row["name"], row["id"]) in chosen:
            yield row


def _shown(row: Mapping[str, Any], tokenizer: Tokenizer, evaluate: Evaluate) -> tuple[dict[str, Any] | None, str]:
    """A row for the harness; without one, why."""
    from pica.training.encode import end_token
    from pica.training.template import marked, prompt

    messages = _fitting(row, tokenizer, evaluate)
    if messages is None:
        return None, "its cause does not fit into evaluate.max_length"
    # The harness would read what looks like a control token as one.
    if any(marked(text, tokenizer) != text for text in (m["content"] for m in (*messages, row["messages"][-1]))):
        return None, "its text has a control token of the base"
    end, answer = tokenizer.convert_ids_to_tokens(end_token(tokenizer)), row["instances"][0]["output"]
    shown = {"id": row["id"], "prompt": prompt(messages, tokenizer)}
    if not row["is_classification"]:
        return {**shown, "target": answer}, ""
    candidates = list(row["candidates"])
    return {**shown, "choices": [label + end for label in candidates], "gold": candidates.index(answer)}, ""


def _fitting(row: Mapping[str, Any], tokenizer: Tokenizer, evaluate: Evaluate) -> Sequence[Mapping[str, str]] | None:
    """The question, cut as `evaluate` cuts it; None where it leaves the row out."""
    from pica.training.cutting import cut_of, without_oldest_but_causes
    from pica.training.encode import prompt_ids

    (*messages, answer), cut = row["messages"], cut_of(row["id"], row["instruction"])
    while len(prompt_ids(messages, tokenizer)) + evaluate.max_new_tokens > evaluate.max_length:
        shorter = cut(row["instruction"], [*messages, answer])
        if shorter is None:
            return None if cut is without_oldest_but_causes else messages
        messages = shorter[:-1]
    return messages


def _task(row: Mapping[str, Any], tokenizer: Tokenizer, evaluate: Evaluate) -> dict[str, Any]:
    from pica.training.encode import end_token

    task = {
        "task": f"{TAG}_{row['name']}",
        "tag": [TAG, f"{TAG}_{row['task_type']}"],
        "custom_dataset": _Function("pica_rows.load"),
        "dataset_kwargs": {"view": row["name"]},
        "test_split": "test",
        "num_fewshot": 0,
        "doc_to_text": "prompt",
        "target_delimiter": "",
    }
    if row["is_classification"]:
        task |= {"output_type": "multiple_choice", "doc_to_choice": "choices", "doc_to_target": "gold"}
        return task | {"metric_list": _metrics("acc")}
    end = tokenizer.convert_ids_to_tokens(end_token(tokenizer))
    said = {"until": [end], "do_sample": False, "max_gen_toks": evaluate.max_new_tokens}
    task |= {"output_type": "generate_until", "doc_to_target": "target", "generation_kwargs": said}
    return task | {"metric_list": _metrics("exact_match" if row["task_type"] == "emotion_cause" else "chrf")}


def _metrics(name: str) -> list[dict[str, Any]]:
    return [{"metric": name, "aggregation": "chrf" if name == "chrf" else "mean", "higher_is_better": True}]


def _readme(exported: Exported, base: Path, evaluate: Evaluate) -> str:
    environment = Environment(
        loader=PackageLoader("pica.export", ""), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("lm_eval.md.jinja").render(
        exported=exported, base=base.as_posix(), evaluate=evaluate, tag=TAG
    )
