"""The batches of a pass over many prompts: each done here, or found in what a run that was killed has left, or shared
with other processes.

    .pica/evaluate/3f0c…/answers-0.jsonl    what the first process has found, a batch a line, with the line's sha256
    5e8848… {"batch": "9f86d0…", "found": [[[[-0.31, -1.2], [[-4.1], [-3.3], [-0.2]]]]]}

A batch is known by a hash of all that is asked in it, and is taken as a whole or not at all: which prompts share a
forward pass moves scores in their last digits. A line that is cut or damaged is not used.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

# How long a process waits for the others at the end of a pass: the slowest may share its machine with other work.
_PATIENCE = timedelta(days=7)


class Work:
    """Work of one process alone, of which nothing is kept."""

    # Whether this process speaks, and shows its progress.
    speaks = True

    def each(
        self, batches: Sequence[Any], asked: Callable[[Any], Any], do: Callable[[Any], Any]
    ) -> Iterator[tuple[Any, Any]]:
        """Each batch, with what was found for it.

        Args:
            asked: all that the findings of a batch follow from, beside the model, as JSON has it.
            do: finds it, as JSON has it.
        """
        return ((batch, do(batch)) for batch in batches)

    def agreed(self, seen: bool) -> bool:
        """What all processes go by, where each has seen for itself: what the first has seen."""
        return seen


ALONE = Work()


class KeptWork(Work):
    """Work whose findings are kept in a folder, by one process or several, and are not looked for again."""

    def __init__(self, folder: Path, shared: bool = False) -> None:
        """Read what an earlier run has left in the folder.

        Args:
            shared: whether other processes do the same work, as `accelerate launch` has started them.
        """
        self._processes = _processes() if shared else None
        self._rank = self._processes.process_index if shared else 0
        self.speaks = self._rank == 0
        self._known = {key: line for path in sorted(folder.glob("answers-*.jsonl")) for key, line in _lines(path)}
        if shared:
            self._processes.wait_for_everyone()  # before a line is added: all are to know the same batches
        path = folder / f"answers-{self._rank}.jsonl"
        self._file = path.open("ab", buffering=0)
        if path.stat().st_size:
            self._file.write(b"\n")  # behind a line that was cut

    @property
    def known(self) -> int:
        """How many batches an earlier run has found."""
        return len(self._known)

    def each(
        self, batches: Sequence[Any], asked: Callable[[Any], Any], do: Callable[[Any], Any]
    ) -> Iterator[tuple[Any, Any]]:
        """As `Work.each`, in any order: of several processes each does its share, and has the findings of all."""
        keys = [_hash(json.dumps(asked(batch)).encode()) for batch in batches]
        for number, key in enumerate(keys):
            if key in self._known:
                yield batches[number], json.loads(self._known[key])["found"]
        missing = [number for number, key in enumerate(keys) if key not in self._known]
        count = self._processes.num_processes if self._processes else 1
        mine = []
        for number in missing[self._rank :: count]:
            found = do(batches[number])
            self._keep(keys[number], found)
            yield batches[number], found
            mine.append((number, found))
        if count > 1:
            for number, found in self._of_others(mine):
                yield batches[number], found

    def agreed(self, seen: bool) -> bool:
        """As `Work.agreed`."""
        if not self._processes:
            return seen
        from accelerate.utils import broadcast_object_list

        return broadcast_object_list([seen])[0]

    def close(self) -> None:
        """Let go of the file, and of the other processes."""
        self._file.close()
        if self._processes:
            self._processes.destroy_process_group()

    def _keep(self, key: str, found: Any) -> None:
        line = json.dumps({"batch": key, "found": found}).encode()
        self._file.write(b"%s %s\n" % (_hash(line).encode(), line))

    def _of_others(self, mine: list[tuple[int, Any]]) -> list[tuple[int, Any]]:
        from accelerate.utils import gather_object  # a second, and only several processes need it

        own = {number for number, _ in mine}
        return [(number, found) for number, found in gather_object(mine) if number not in own]


def _processes() -> Any:
    """The processes of this work, and the device of this one."""
    import torch
    from accelerate import PartialState

    return PartialState(cpu=not torch.cuda.is_available(), timeout=_PATIENCE)


def _lines(path: Path) -> Iterator[tuple[str, bytes]]:
    """The batches that a file has, and the whole lines that hold them."""
    with path.open("rb") as file:
        for whole in file:
            said, _, line = whole.rstrip(b"\n").partition(b" ")
            if said.decode("ascii", "replace") == _hash(line) and line:
                yield json.loads(line)["batch"], line


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
