"""Models on the command line: a file in, an exact network out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from constructions.errors import MalformedInput, UsageError

if TYPE_CHECKING:
    from constructions.network.relu_network import ReluNetwork

ENDINGS = (".json", ".onnx", ".safetensors")
_PICKLES = (".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".bin")


def read_model(
    path: Path, architecture: str | Path | Mapping[str, Any] | None = None, input_shape: Sequence[int] | None = None
) -> ReluNetwork:
    """Read a network from a .json, .onnx or .safetensors file.

    Args:
        path: the file.
        architecture: the layers of a .safetensors file, or a JSON or TOML file that lists them.
        input_shape: the shape of one point, where the file leaves it open.

    Raises:
        UsageError: there is no such file, its ending is another, or an option does not fit it.
        MalformedInput: the file is damaged, or is a pickle, which is never opened.
        InexactInput: a weight is NaN or infinite.
        BudgetExceeded: the network is too large to hold.
    """
    from constructions.network.relu_network import ReluNetwork

    ending = path.suffix.lower()
    if not path.is_file():
        raise UsageError(f"there is no file {path}")
    refuse_pickle(path)
    if ending not in ENDINGS:
        raise UsageError(f"cannot read {path.name}: a model is an {', '.join(ENDINGS)} file")
    if architecture is not None and ending != ".safetensors":
        raise UsageError(f"{path.name} holds its own layers; an architecture goes with a .safetensors file")
    if ending == ".safetensors":
        network = ReluNetwork.from_safetensors(path, architecture, input_shape)
    elif ending == ".onnx":
        network = ReluNetwork.from_onnx(path, input_shape)
    else:
        network = ReluNetwork.load(path)
    if input_shape is not None and math.prod(input_shape) != network.dim:
        raise UsageError(f"{path.name} takes {network.dim} coordinates, which is not the shape {tuple(input_shape)}")
    return network


def refuse_pickle(path: Path) -> None:
    """Refuse a file whose ending says pickle.

    Raises:
        MalformedInput: it does; the message says what to write instead.
    """
    if path.suffix.lower() not in _PICKLES:
        return
    raise MalformedInput(
        f"{path.name} is a pickle, which can run any code when it is opened, so it is never opened. "
        "Where you trust it, load it in torch and write model.json with "
        "ReluNetwork.from_torch(module).save('model.json'), or model.safetensors with "
        "safetensors.torch.save_file(module.state_dict(), 'model.safetensors')"
    )
