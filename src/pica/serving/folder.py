"""Base and adapter in one folder that transformers, and servers made of it, load as one model from anywhere.

models/served/
    config.json, tokenizer.json, …                 the base's
    model.safetensors, adapter_model.safetensors   links to the weights, which are not copied
    adapter_config.json                            the adapter's, with the base's absolute path
    generation_config.json                         {"do_sample": true, "eos_token_id": [5, 0], "top_k": 0}
"""

from __future__ import annotations

import shutil
from pathlib import Path

from pica.errors import ModelError
from pica.store import atomic_folder, read_json, write_json
from pica.training import adapter as adapters
from pica.training import serving
from pica.training.origin import Origin, origin
from pica.training.pretrained import fault

SERVED = "served"
_CONFIG, _WEIGHTS = "adapter_config.json", "adapter_model.safetensors"


def join(base: Path, adapter: Path | None, out: Path) -> None:
    """Write base and adapter into `out`, weights as links; an older folder that this function wrote is replaced.

    Raises:
        ModelError: a folder is missing or is no model, the adapter belongs to another base or is a prefix, or `out`
            holds something else.
    """
    check(base, adapter)
    if out.exists() and origin(out).source != SERVED:
        raise ModelError(f"{out} is there already and was not written by `pica serve`: move it away.")
    with atomic_folder(out) as made:
        for file in sorted(base.iterdir()):
            if file.suffix == ".safetensors":
                (made / file.name).symlink_to(file.absolute())
            elif file.is_file():
                shutil.copyfile(file, made / file.name)
        if adapter:
            (made / _WEIGHTS).symlink_to((adapter / _WEIGHTS).absolute())
            # By its own file it is a path that holds in the repository alone, as in every copy of it.
            write_json(
                made / _CONFIG,
                read_json(adapter / _CONFIG) | {"base_model_name_or_path": str(base.absolute()), "revision": None},
            )
        _write_defaults(base, made)
        Origin(SERVED).write(made)


def check(base: Path, adapter: Path | None) -> None:
    """Whether transformers can load base and adapter as one model.

    Raises:
        ModelError: they are not there, do not belong together, or the adapter is a prefix.
    """
    adapters.check_there(base, adapter)
    if problem := fault(base):
        raise ModelError(f"{base} {problem}")
    if not adapter:
        return
    if adapters.kind(adapter) == "prefix":
        raise ModelError(
            f"{adapter} is a prefix: keys and values before every prompt, which no server loads. "
            "Use it through peft, as its README.md shows, or in `pica chat`."
        )
    adapters.check_base(base, adapter)


def _write_defaults(base: Path, made: Path) -> None:
    """Where answers stop and how they are asked for; what is drawn is for each request to say, as in the chat.

    transformers mixes a base's own temperature and penalties into every request, draws only where the folder says
    `do_sample`, whatever temperature is asked for, and among 50 tokens where the folder says nothing.
    """
    from transformers import AutoTokenizer  # seconds

    tokenizer = AutoTokenizer.from_pretrained(base, local_files_only=True, trust_remote_code=False)
    serving.write(base, tokenizer, made)
    tokens = {name: ids for name, ids in read_json(made / serving.GENERATION).items() if name.endswith("_token_id")}
    write_json(made / serving.GENERATION, {**tokens, "do_sample": True, "top_k": 0})
