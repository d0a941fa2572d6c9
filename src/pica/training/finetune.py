"""Fine-tuning: instruction rows and a base folder → the adapter of the validation with the lowest loss.

`out` holds, once the run has ended well:

    adapter/        in peft's layout, with what a server has to know beside it
    log.jsonl       {"step": 2, "loss": 5.21, "loss_per_token": 5.4, "lr": 1e-05, "grad_norm": 0.8} and, now and then,
                    {"step": 467, "validation_loss": 3.9, "validation_loss_per_token": 4.1}; it grows with the run
    metrics.json    what two runs on one CPU have alike: losses, steps, rows
    rejected.json   why rows were left out that cannot be trained, a message a row
    speed.json      what they do not: tokens a second, peak memory
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path

import torch
from accelerate import Accelerator
from accelerate.utils import DistributedType
from peft import PeftModel
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from pica.errors import ModelError
from pica.settings import Train
from pica.store import atomic_folder, file_sha256, write_json
from pica.training import adapter as adapters
from pica.training import base as bases
from pica.training import kept, precision, serving
from pica.training.batches import collate
from pica.training.checkpoint import Checkpoints, say
from pica.training.config import Config
from pica.training.encode import check_tokenizer
from pica.training.kept import RunKey, digest
from pica.training.loop import Run, Schedule, accelerator, train
from pica.training.tokens import Tokens, tokenise_file

ADAPTER, LOG, METRICS, SPEED, REJECTED = "adapter", "log.jsonl", "metrics.json", "speed.json", "rejected.json"

# Of rows that are left out, so many are named on the screen.
_NAMED = 3

# Libraries whose other version may train to other weights.
_LIBRARIES = ("torch", "transformers", "peft", "accelerate")


def finetune(config: Config) -> None:
    """Train an adapter into `config.out`, from the last checkpoint of this very training where there is one.

    Raises:
        ModelError: nothing to train on, a tokenizer that would train wrongly, a loss that is not finite, a GPU without
            enough memory, other processes than the config says.
        DataError: a file of rows is missing or is not one.
    """
    with _lack_of_memory_said():
        _finetune(config, accelerator(bases.size(Path(config.base))))


def _finetune(config: Config, on: Accelerator) -> None:
    _check_processes(config, on)
    # What is cut may fit no GPU as a whole.
    device = "cpu" if _sharded(on) else ""
    model, tokenizer = bases.load(Path(config.base), four_bit=config.adapter.kind == "qlora", device=device)
    vocabulary = bases.vocabulary(model)
    check_tokenizer(tokenizer, vocabulary, config.train.loss_on)
    # The main process makes the tokens, and the others find them made.
    with on.main_process_first():
        examples, held_out = (_tokens(path, config, tokenizer, vocabulary) for path in (config.rows, config.validation))
    _check_rows(examples, held_out, config.train.max_length)
    if on.is_main_process:
        _say_rejected([*examples.faults, *held_out.faults], Path(config.out) / REJECTED)
    _prepare(model, config.train)
    torch.manual_seed(config.seed)
    model = adapters.attach(model, config.adapter)
    with on.autocast():
        adapters.check_trains(model, collate([examples[0]], tokenizer.pad_token_id))
    if on.is_main_process and (unreached := adapters.left_out(model)):
        say(unreached)
    with _checkpoints(config, on) as checkpoints, _log(Path(config.out) / LOG, on) as log:
        run = train(
            model,
            examples,
            examples.row_ids,
            tokenizer.pad_token_id,
            _schedule(config),
            held_out,
            on,
            checkpoints,
            log,
            what="finetune",
        )
        trained = _whole(run, config)
        if run.main:
            _write(Path(config.out), config, trained, tokenizer)
            write_json(Path(config.out) / METRICS, _metrics(run, examples, held_out, trained))
            write_json(Path(config.out) / SPEED, _speed(run))
        if checkpoints:
            checkpoints.finish()


def _check_processes(config: Config, on: Accelerator) -> None:
    """ModelError where there are other processes than the config says, or they cannot share such a model."""
    asked = config.train.processes
    if on.num_processes != asked:
        raise ModelError(
            f"train.processes={asked}, and there are {on.num_processes}. Start it as `accelerate launch --config_file "
            f"conf/accelerate/{config.train.launcher}.yaml --num_processes {asked} -m pica.training CONFIG.yaml`, or "
            f"set train.processes={on.num_processes}."
        )
    if _sharded(on) and config.adapter.kind == "qlora":
        raise ModelError("adapter=qlora cannot be cut by train.launcher=fsdp. Use train.launcher=ddp, or adapter=lora.")


def _check_rows(examples: Tokens, held_out: Tokens, max_length: int) -> None:
    """ModelError where no row is left to train, or to validate with."""
    for kind, tokens in (("training", examples), ("validation", held_out)):
        if tokens or not (tokens.too_long or tokens.faults or tokens is examples):
            continue
        if tokens.faults:
            raise ModelError(
                f"no {kind} row can be trained ({len(tokens.faults)} are rejected, {tokens.too_long.total()} too long "
                f"for train.max_length={max_length}). {tokens.faults[0]} Mend the rows, or use another base model."
            )
        raise ModelError(f"no {kind} row fits into train.max_length={max_length} tokens.")


def _say_rejected(faults: Sequence[str], path: Path) -> None:
    """Which rows are left out and why: all of them in a file, some on the screen."""
    write_json(path, faults)
    if faults:
        more = f", and {len(faults) - _NAMED} more" if len(faults) > _NAMED else ""
        say("\n  ".join([f"rows that cannot be trained are left out ({path}):", *faults[:_NAMED]]) + more)


def _sharded(on: Accelerator) -> bool:
    """Whether the model is cut into pieces, one a process."""
    return on.distributed_type == DistributedType.FSDP


@contextmanager
def _lack_of_memory_said() -> Iterator[None]:
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise ModelError(
            f"the GPU has too little memory ({str(error).splitlines()[0]}). Lower train.batch_tokens or "
            "train.max_length, set train.gradient_checkpointing=true, or take adapter=qlora or a smaller model."
        ) from None


def _write(out: Path, config: Config, model: PeftModel, tokenizer: PreTrainedTokenizerBase) -> None:
    with atomic_folder(out / ADAPTER) as adapter:
        adapters.save(model, config.adapter, Path(config.base), adapter)
        serving.write(Path(config.base), tokenizer, adapter)


def identity(config: Config) -> RunKey:
    """What this training is made of; a checkpoint of another one is of no use to it."""
    files = [Path(config.rows), Path(config.validation)]
    base = sorted(path for path in Path(config.base).iterdir() if path.is_file() and path.suffix != ".safetensors")
    code = sorted(Path(__file__).parent.glob("*.py"))
    settings = {"adapter": asdict(config.adapter), "train": asdict(config.train), "seed": config.seed}
    settings["precision"] = precision.name(bases.size(Path(config.base)))
    return RunKey(
        parameters=digest([json.dumps(settings, sort_keys=True)]),
        data=digest([*map(file_sha256, files), bases.weights_sha256(Path(config.base)), *kept.files(base)]),
        code=digest([*kept.libraries(_LIBRARIES), *kept.files(code)]),
    )


def _tokens(rows: str, config: Config, tokenizer: PreTrainedTokenizerBase, vocabulary: int) -> Tokens:
    train = config.train
    return tokenise_file(Path(rows), Path(config.base), tokenizer, train.max_length, train.loss_on, vocabulary)


@contextmanager
def _checkpoints(config: Config, on: Accelerator) -> Iterator[Checkpoints | None]:
    """The main process's place for checkpoints."""
    if not on.is_main_process:
        yield None
    elif on.distributed_type == DistributedType.DEEPSPEED:
        say("DeepSpeed keeps its states as pickles, which are not loaded: killed, this run would begin again")
        yield None
    else:
        # Experiments of a queue may share a training. Of several processes the others would run into the time limit of
        # their next exchange.
        wait = on.num_processes == 1
        with closing(Checkpoints(Path(config.checkpoints), identity(config), wait)) as checkpoints:
            yield checkpoints


def _prepare(model: PreTrainedModel, params: Train) -> None:
    """What of the base's own workings the parameters ask for."""
    if params.gradient_checkpointing:
        # Not reentrant, or no gradient would pass the frozen embeddings.
        model.activation_checkpointing_enable({"use_reentrant": False})
    if params.liger:
        _apply_liger(model)


def _apply_liger(model: PreTrainedModel) -> None:
    if not torch.cuda.is_available():
        raise ModelError("train.liger=true needs a GPU, and there is none. Set train.liger=false.")
    try:
        from liger_kernel.transformers.monkey_patch import (
            MODEL_TYPE_TO_APPLY_LIGER_FN,
            _apply_liger_kernel_to_instance,
        )
    except ImportError:
        raise ModelError(
            "train.liger=true needs liger-kernel, which is not installed. pip install liger-kernel, or set "
            "train.liger=false."
        ) from None
    if model.config.model_type not in MODEL_TYPE_TO_APPLY_LIGER_FN:
        raise ModelError(f"Liger has no kernels for {model.config.model_type}. Set train.liger=false.")
    # The loss stays ours: it is summed example by example.
    _apply_liger_kernel_to_instance(model, cross_entropy=False, fused_linear_cross_entropy=False)


def _schedule(config: Config) -> Schedule:
    params = config.train
    return Schedule(
        epochs=params.epochs,
        lr=params.lr,
        batch_tokens=params.batch_tokens,
        batch_rows=params.batch_rows,
        warmup=params.warmup,
        weight_decay=params.weight_decay,
        seed=config.seed,
        validate_every=params.validate_every,
        patience=params.patience,
        checkpoint_every=params.checkpoint_every,
    )


@contextmanager
def _log(path: Path, on: Accelerator) -> Iterator[Callable[[Mapping[str, float]], None]]:
    """A function that adds a line to a new log, which can be read while the run goes on."""
    if not on.is_main_process:
        yield lambda entry: None
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", buffering=1) as file:
        yield lambda entry: print(json.dumps(entry), file=file)


def _whole(run: Run, config: Config) -> PeftModel:
    """The trained model in one piece; FSDP has cut it, so there the weights go onto the base anew."""
    model = run.on.unwrap_model(run.model, keep_fp32_wrapper=False)
    if not _sharded(run.on):
        return model
    weights = run.weights()
    if run.main:
        model = adapters.attach(bases.load(Path(config.base), device="cpu")[0], config.adapter)
        model.load_state_dict(weights, strict=False)
    return model


def _metrics(run: Run, examples: Tokens, held_out: Tokens, model: PeftModel) -> dict[str, object]:
    done = run.progress
    validated = done.best_step > 0
    return {
        "loss": round(done.loss, 6),
        "loss_per_token": round(done.loss_per_token, 6),
        "validation_loss": round(done.best_loss, 6) if validated else None,
        "validation_loss_per_token": round(done.best_loss_per_token, 6) if validated else None,
        "steps": done.step,
        "best_step": done.best_step if validated else done.step,
        "rows": len(examples),
        "shortened": {"rows": examples.shortened.total(), **examples.shortened},
        "too_long": {"rows": examples.too_long.total(), **examples.too_long},
        "rejected": {"rows": examples.rejected.total(), **examples.rejected},
        "validation_too_long": held_out.too_long.total(),
        "validation_rejected": held_out.rejected.total(),
        "precision": "bf16" if run.on.mixed_precision == "bf16" else "fp32",
        "trainable_parameters": sum(p.numel() for p in model.parameters() if p.requires_grad),
    }


def _speed(run: Run) -> dict[str, float]:
    done = run.progress
    return {
        "seconds": round(done.seconds, 3),
        "tokens_per_second": round(done.tokens / done.seconds, 1),
        "answer_tokens_per_second": round(done.trained_tokens / done.seconds, 1),
        "padding_share": round(done.padding, 6),
        "shared_share": round(done.shared, 6),
        "peak_memory_mib": round(_peak_memory() / 2**20, 1),
        "processes": run.on.num_processes,
    }


def _peak_memory() -> int:
    """Bytes: of the GPU where there is one, else of this process."""
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated()
    # In KiB, but on macOS in bytes.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
