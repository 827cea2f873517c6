"""Black boxes from Python functions, torch modules, ONNX files, and names on the command line."""

from __future__ import annotations

import importlib
import math
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from constructions.errors import MalformedInput, TimeLimit, UsageError
from verify.black_boxes.black_box import BlackBox
from verify.black_boxes.transfer import transferred_gradient

if TYPE_CHECKING:
    import torch

    from constructions.network.relu_network import ReluNetwork

_KINDS = {"tensor(float)": "float32", "tensor(double)": "float64"}


def black_box(model: Any, input_shape: Sequence[int] | None = None, surrogate: ReluNetwork | None = None) -> BlackBox:
    """Return the black box of a function, a torch module, or an .onnx file.

    Args:
        model: a function from floats (b, d) to labels or scores, a module in inference mode,
            or the path of an ONNX file, which onnxruntime evaluates.
        input_shape: the shape of one point, where the model does not take flat ones.
        surrogate: a network that resembles it, whose slopes guide the attacks.

    Raises:
        UsageError: it is none of these, or cannot be used as it is.
        MalformedInput: the file is damaged, or its weights lie outside it.

    Example:
        >>> black_box(lambda points: points[:, 0] - 1).margin(np.array([3.0]), 1)
        2.0
    """
    if surrogate is not None:
        return replace(black_box(model, input_shape), gradient=transferred_gradient(surrogate))
    if isinstance(model, BlackBox):
        return model
    if isinstance(model, str | Path):
        return _from_onnx(Path(model), input_shape)
    if any(kind.__module__ == "torch.nn.modules.module" for kind in type(model).__mro__):
        return _from_torch(model, input_shape)
    if not callable(model) or isinstance(model, type):
        raise UsageError(f"a black box is a function, a torch module or an .onnx file, not {model!r}")
    shape = None if input_shape is None else tuple(input_shape)
    return BlackBox(getattr(model, "__name__", type(model).__name__), lambda points: model(_shaped(points, shape)))


def imported(name: str) -> Any:
    """Return what ``package.module:attribute`` names, the current folder searched too.

    Raises:
        UsageError: there is no such module or attribute.
    """
    module, colon, attribute = name.partition(":")
    if not colon or not all(part.isidentifier() for part in (*module.split("."), *attribute.split("."))):
        raise UsageError(f"{name!r} is no package.module:attribute")
    here = str(Path.cwd())
    if here not in sys.path and "" not in sys.path:
        sys.path.insert(0, here)
    try:
        found: Any = importlib.import_module(module)
        for part in attribute.split("."):
            found = getattr(found, part)
    except TimeLimit:
        raise
    except Exception as error:
        raise UsageError(f"cannot import {name}: {error}") from error
    return found


def _shaped(points: np.ndarray, shape: tuple[int, ...] | None) -> np.ndarray:
    if shape is None:
        return points
    if math.prod(shape) != points.shape[1]:
        raise UsageError(f"points have {points.shape[1]} coordinates, which is not the shape {shape}")
    return points.reshape(len(points), *shape)


def _from_torch(module: torch.nn.Module, input_shape: Sequence[int] | None) -> BlackBox:
    import torch

    if module.training:
        raise UsageError("the module is in training mode, where answers may be random; call module.eval() first")
    shape = None if input_shape is None else tuple(input_shape)
    first = next((value for value in module.parameters() if value.is_floating_point()), torch.zeros(1))
    if first.dtype not in (torch.float32, torch.float64):
        raise UsageError(f"a module in float32 or float64 is needed, got {first.dtype}")

    def answer(points: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            given = torch.tensor(_shaped(points, shape), dtype=first.dtype, device=first.device)
            return np.asarray(module(given).cpu().numpy())

    def gradient(points: np.ndarray, label: int) -> tuple[np.ndarray, np.ndarray]:
        start = torch.tensor(_shaped(points, shape), dtype=first.dtype, device=first.device, requires_grad=True)
        scores = module(start).reshape(len(points), -1)
        if scores.shape[1] == 1:
            margins = label * scores[:, 0]
        else:
            others = torch.arange(scores.shape[1], device=scores.device) != label
            margins = scores[:, label] - scores[:, others].max(dim=1).values
        (slopes,) = torch.autograd.grad(margins.sum(), start)
        flat = slopes.reshape(len(points), -1).cpu().numpy().astype(np.float64)
        return margins.detach().cpu().numpy().astype(np.float64), flat

    return BlackBox(type(module).__name__, answer, str(first.dtype).removeprefix("torch."), gradient)


def _from_onnx(path: Path, input_shape: Sequence[int] | None) -> BlackBox:
    if path.suffix.lower() != ".onnx":
        raise UsageError(f"a black box from a file is an .onnx file, not {path.name}")
    try:
        import onnxruntime
    except ImportError:
        raise UsageError("ONNX black boxes need onnxruntime: pip install robustproofs[onnx]") from None
    from constructions.network.onnx_bytes import self_contained_bytes

    content = self_contained_bytes(path)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except TimeLimit:
        raise
    except Exception as error:
        raise MalformedInput(f"onnxruntime cannot load {path.name}: {error}") from error
    given = session.get_inputs()
    if len(given) != 1 or given[0].type not in _KINDS:
        raise UsageError(f"{path.name} must have one input of floats, it has {[(x.name, x.type) for x in given]}")
    shape = tuple(input_shape) if input_shape is not None else _fixed_shape(given[0].shape)
    single = bool(given[0].shape) and given[0].shape[0] == 1

    def answer(points: np.ndarray) -> np.ndarray:
        parts = [points[i : i + 1] for i in range(len(points))] if single else [points]
        return np.concatenate([session.run(None, {given[0].name: _shaped(part, shape)})[0] for part in parts])

    return BlackBox(path.name, answer, _KINDS[given[0].type])


def _fixed_shape(shape: Sequence[Any]) -> tuple[int, ...] | None:
    """Return the shape of one point, None where the file takes flat points or leaves it open."""
    rest = shape[1:]
    return tuple(rest) if len(rest) > 1 and all(isinstance(size, int) for size in rest) else None
