"""Training that stopped halfway, and networks that it ended with, as safetensors files."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from constructions.data.labelled_points import LabelledPoints
from constructions.errors import MalformedInput, UsageError
from verify.certificate.issue import write_whole
from verify.training.recipe import Recipe

if TYPE_CHECKING:
    import torch

FORMAT = "robustproofs/training/1"
_OPTIMIZER = "optimizer"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Which training a file belongs to, and how far it is.

    Attributes:
        recipe: hash of the recipe.
        data: hash of the points and labels.
        seed: of the recipe, for a reader.
        epoch: epochs done.
    """

    recipe: str
    data: str
    seed: int
    epoch: int

    @classmethod
    def start(cls, recipe: Recipe, data: LabelledPoints) -> Checkpoint:
        """Return the beginning of a training."""
        return cls(recipe.key, data.digest(), recipe.seed, 0)

    def at(self, epoch: int) -> Checkpoint:
        """Return the same training after so many epochs."""
        return replace(self, epoch=epoch)

    def metadata(self, tensors: dict[str, torch.Tensor]) -> dict[str, str]:
        """Return what the header of a file with these tensors says: one entry, since the order of several is not fixed.

        A digest goes over the rest of it and over every bit of the tensors.
        """
        said: dict[str, str | int] = {"recipe": self.recipe, "data": self.data, "seed": self.seed, "epoch": self.epoch}
        return {FORMAT: json.dumps({**said, "digest": _digest(said, tensors)}, sort_keys=True)}


def write_checkpoint(
    path: Path, place: Checkpoint, module: torch.nn.Module, optimizer: torch.optim.Optimizer | None = None
) -> None:
    """Write the weights, and what the optimizer remembers, whole or not at all.

    Raises:
        UsageError: safetensors is not installed.
    """
    tensors = {name: value.detach().contiguous() for name, value in module.state_dict().items()}
    if optimizer is not None:
        for index, memory in optimizer.state_dict()["state"].items():
            tensors |= {f"{_OPTIMIZER}.{index}.{name}": value.contiguous() for name, value in memory.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, safetensors_library().save(tensors, place.metadata(tensors)))


def read_checkpoint(path: Path, started: Checkpoint, module: torch.nn.Module, optimizer: torch.optim.Optimizer) -> int:
    """Restore a training from a file, and return the epochs done; 0 where there is no file.

    Raises:
        MalformedInput: the file is damaged, or of another training.
        UsageError: safetensors is not installed.
    """

    if not path.is_file():
        return 0
    found, tensors = _read(path)
    place = started.at(_epoch_in(found.get(FORMAT, "")))
    if place.epoch < 1 or found != place.metadata(tensors):
        raise MalformedInput(f"{path.name} is no checkpoint of this training, or damaged; delete it to start again")
    memory: dict[int, dict[str, torch.Tensor]] = {}
    for name in [name for name in tensors if name.startswith(f"{_OPTIMIZER}.")]:
        _, index, entry = name.split(".", 2)
        memory.setdefault(int(index), {})[entry] = tensors.pop(name)
    try:
        module.load_state_dict(tensors)
        optimizer.load_state_dict({**optimizer.state_dict(), "state": memory})
    except (RuntimeError, ValueError, KeyError) as error:
        raise MalformedInput(f"{path.name} does not fit this training: {error}") from None
    return place.epoch


def _digest(said: dict[str, object], tensors: dict[str, torch.Tensor]) -> str:
    """Return the hash of a header, and of names, shapes and bits of some tensors, whatever their order."""
    found = hashlib.sha256(json.dumps(said, sort_keys=True).encode() + b"\n")
    for name in sorted(tensors):
        value = tensors[name]
        found.update(f"{name} {value.dtype} {list(value.shape)}\n".encode())
        found.update(value.contiguous().cpu().numpy().tobytes())
    return found.hexdigest()


def _epoch_in(text: str) -> int:
    """Return the epoch that a header names, 0 if it names none."""
    try:
        epoch = json.loads(text)["epoch"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return 0
    return epoch if type(epoch) is int else 0


def _read(path: Path) -> tuple[dict[str, str], dict[str, torch.Tensor]]:
    safetensors = safetensors_library()
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            return file.metadata() or {}, safetensors.load(path.read_bytes())
    except (SafetensorError, ValueError) as error:
        raise MalformedInput(f"{path.name} is no safetensors file, or is damaged: {error}") from None


def safetensors_library() -> Any:
    """Return the library that reads and writes the files.

    Raises:
        UsageError: safetensors is not installed.
    """
    try:
        import safetensors.torch
    except ImportError:
        raise UsageError("training needs the package safetensors: pip install robustproofs[interchange]") from None
    return safetensors.torch
