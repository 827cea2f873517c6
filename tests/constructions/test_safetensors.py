"""Safetensors files: every float exactly, in the order or the architecture given, or refused."""

from __future__ import annotations

import itertools
import json
import random
import struct
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file
from safetensors.torch import save_file as save_torch_file
from torch import nn

from constructions.errors import BudgetExceeded, InexactInput, MalformedInput, UsageError
from constructions.network.relu_network import ReluNetwork

Tensors = dict[str, np.ndarray]


def written(tensors: Tensors, tmp_path: Path) -> Path:
    path = tmp_path / "model.safetensors"
    save_file(tensors, str(path))
    return path


def linear_tensors(names: list[str], widths: list[int], kind: Any = np.float32, bias: bool = True) -> Tensors:
    draw = np.random.default_rng(4)
    tensors = {}
    for name, (inputs, outputs) in zip(names, itertools.pairwise(widths), strict=True):
        tensors[f"{name}.weight"] = draw.normal(size=(outputs, inputs)).astype(kind)
        if bias:
            tensors[f"{name}.bias"] = draw.normal(size=outputs).astype(kind)
    return tensors


def in_torch(tensors: Tensors, names: list[str]) -> ReluNetwork:
    layers: list[nn.Module] = []
    for name in names:
        weight, bias = tensors[f"{name}.weight"], tensors.get(f"{name}.bias")
        linear = nn.Linear(1, 1)
        linear.in_features, linear.out_features = weight.shape[::-1]
        linear.weight = nn.Parameter(torch.from_numpy(weight))
        linear.bias = None if bias is None else nn.Parameter(torch.from_numpy(bias))
        layers += [linear, nn.ReLU()]
    return ReluNetwork.from_torch(nn.Sequential(*layers[:-1]))


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no bias"])
@pytest.mark.parametrize(
    "names",
    [
        ["0", "2", "4"],
        ["fc1", "fc2", "fc10"],
        ["layers.9", "layers.10", "layers.11"],
        ["block1.fc2", "block1.fc10", "block2.fc1"],
        ["hidden", "middle", "out"],
    ],
    ids=lambda names: names[1],
)
def test_linear_layers_are_taken_in_the_order_of_their_names(
    tmp_path: Path, names: list[str], bias: bool, kind: Any
) -> None:
    tensors = linear_tensors(names, [3, 5, 4, 2], kind, bias)
    path = written(tensors, tmp_path)
    network = ReluNetwork.from_safetensors(path)
    assert network == in_torch(tensors, names)
    assert network == ReluNetwork.from_safetensors(path, input_shape=(3, 1))


def test_one_layer_without_a_name(tmp_path: Path) -> None:
    path = written({"weight": np.array([[0.1, 2]], np.float32), "bias": np.array([-1.0], np.float32)}, tmp_path)
    assert ReluNetwork.from_safetensors(path)([1, 0]) == (Fraction(float(np.float32(0.1))) - 1,)


def test_bfloat16_is_read_exactly(tmp_path: Path) -> None:
    values = torch.tensor([[0.1, -3e38, 2.0**-133]]).to(torch.bfloat16)
    save_torch_file({"0.weight": values}, str(tmp_path / "half.safetensors"))
    (affine,) = ReluNetwork.from_safetensors(tmp_path / "half.safetensors").maps
    assert affine.weight == (tuple(map(Fraction, values[0].tolist())),)


MODULE = nn.Sequential(
    nn.Conv2d(1, 4, 3, stride=2, padding=(1, 0), bias=False),
    nn.ReLU(),
    nn.Conv2d(4, 2, 2, dilation=(1, 2), groups=2),
    nn.ReLU(),
    nn.AvgPool2d((2, 1), padding=(1, 0)),
    nn.Flatten(),
    nn.Linear(8, 3),
    nn.Unflatten(1, (1, 3)),
    nn.AvgPool1d(2, 1),
)
ARCHITECTURE: dict[str, Any] = {
    "input_shape": [1, 7, 9],
    "layers": [
        {"conv": "0", "stride": 2, "padding": [1, 0]},
        "relu",
        {"conv": "2", "dilation": [1, 2], "groups": 2},
        "relu",
        {"average_pool": [2, 1], "padding": [1, 0]},
        "flatten",
        {"linear": "6"},
        {"reshape": [1, 3]},
        {"average_pool": 2, "stride": 1},
    ],
    "unused": ["step"],
}
TOML = """
input_shape = [1, 7, 9]
unused = ["step"]
layers = [
    {conv = "0", stride = 2, padding = [1, 0]}, "relu", {conv = "2", dilation = [1, 2], groups = 2}, "relu",
    {average_pool = [2, 1], padding = [1, 0]}, "flatten", {linear = "6"}, {reshape = [1, 3]},
    {average_pool = 2, stride = 1},
]
"""


def small_module(tmp_path: Path) -> tuple[Path, ReluNetwork]:
    torch.manual_seed(0)
    for parameter in MODULE.parameters():
        nn.init.normal_(parameter)
    path = tmp_path / "module.safetensors"
    state = {name: tensor.contiguous() for name, tensor in MODULE.state_dict().items()}
    save_torch_file({**state, "step": torch.tensor(7)}, str(path))
    return path, ReluNetwork.from_torch(MODULE, (1, 7, 9))


def test_an_architecture_gives_the_network_of_the_module(tmp_path: Path) -> None:
    path, expected = small_module(tmp_path)
    assert ReluNetwork.from_safetensors(path, ARCHITECTURE) == expected
    (tmp_path / "layers.json").write_text(json.dumps(ARCHITECTURE))
    (tmp_path / "layers.toml").write_text(TOML)
    assert ReluNetwork.from_safetensors(path, tmp_path / "layers.json") == expected
    assert ReluNetwork.from_safetensors(path, str(tmp_path / "layers.toml")) == expected
    without = {key: value for key, value in ARCHITECTURE.items() if key != "input_shape"}
    assert ReluNetwork.from_safetensors(path, without, input_shape=(1, 7, 9)) == expected
    with pytest.raises(UsageError, match=r"\(1, 9, 7\), but \(1, 7, 9\)"):
        ReluNetwork.from_safetensors(path, ARCHITECTURE, input_shape=(1, 9, 7))


ONE = {"a.weight": np.ones((2, 3), np.float32), "a.bias": np.ones(2, np.float32)}
KERNEL = {"k.weight": np.ones((1, 1, 2), np.float32)}
BAD_TENSORS: dict[str, tuple[Tensors, str]] = {
    "other name": ({**ONE, "scale": np.ones(1)}, r"\['scale'\] are no weights.*give an architecture"),
    "bias alone": ({**ONE, "b.bias": np.ones(2)}, r"does not use \['b.bias'\]"),
    "kernel": ({"a.weight": np.ones((1, 1, 2, 2), np.float32)}, r"layer 1 .*\(1, 1, 2, 2\) does not fit"),
    "scale of a norm": ({**ONE, "n.weight": np.ones(2, np.float32)}, r"\(2,\) does not fit"),
    "widths": ({**ONE, "b.weight": np.ones((1, 4), np.float32)}, r"\(1, 4\) does not fit a value of shape \(2,\)"),
    "bias length": ({**ONE, "a.bias": np.ones(1, np.float32)}, r"bias of \(1,\)"),
    "integers": ({"a.weight": np.ones((2, 3), np.int32)}, "not of type F64"),
    "nothing": ({}, "at least one affine layer"),
}


@pytest.mark.parametrize("name", BAD_TENSORS)
def test_tensors_that_are_no_plain_network_are_refused(tmp_path: Path, name: str) -> None:
    tensors, message = BAD_TENSORS[name]
    with pytest.raises(MalformedInput, match=message):
        ReluNetwork.from_safetensors(written(tensors, tmp_path))


BAD_DOCUMENTS: dict[str, tuple[Any, str]] = {
    "no layers": ({}, "list of layers"),
    "layers as text": ({"layers": "relu"}, "list of layers"),
    "unknown entry": ({"layers": [], "more": 1}, "list of layers"),
    "unused as text": ({"layers": [], "unused": "a"}, "list of layers"),
    "empty": ({"layers": []}, "at least one affine layer"),
    "only flatten": ({"layers": ["flatten"], "input_shape": [3]}, "at least one affine layer"),
    "relu first": ({"layers": ["relu", {"linear": "a"}]}, "layer 0 relu .*needs input_shape"),
    "unknown layer": ({"layers": ["tanh"]}, "layer 0 tanh .*a layer is relu"),
    "unknown option": ({"layers": [{"linear": "a", "bias": 0}]}, "a layer is relu"),
    "two layers in one": ({"layers": [{"linear": "a", "conv": "a"}]}, "a layer is relu"),
    "number": ({"layers": [3]}, "a layer is relu"),
    "no such tensor": ({"layers": [{"linear": "b"}]}, "no tensor 'b.weight'"),
    "not used": ({"layers": [{"linear": "k"}], "input_shape": [1, 1, 2]}, "does not fit"),
    "input shape": ({"layers": [{"linear": "a"}], "input_shape": [3.5]}, "positive integers"),
    "input shape of zero": ({"layers": [{"linear": "a"}], "input_shape": [0]}, "positive integers"),
    "input shape as text": ({"layers": [{"linear": "a"}], "input_shape": "3"}, "positive integers"),
    "input shape as number": ({"layers": [{"linear": "a"}], "input_shape": 3}, "positive integers"),
    "other input shape": ({"layers": [{"linear": "a"}], "input_shape": [4]}, "does not fit"),
    "linear as kernel": ({"layers": [{"conv": "a"}], "input_shape": [3, 4]}, "no kernel"),
    "stride": ({"layers": [{"conv": "k", "stride": 1.5}], "input_shape": [1, 4]}, "1.5 is no integer"),
    "stride of zero": ({"layers": [{"conv": "k", "stride": 0}], "input_shape": [1, 4]}, "at least 1"),
    "strides": ({"layers": [{"conv": "k", "stride": [1, 1]}], "input_shape": [1, 4]}, "no list of 1"),
    "true": ({"layers": [{"conv": "k", "padding": True}], "input_shape": [1, 4]}, "no integer"),
    "groups": ({"layers": [{"conv": "k", "groups": 0}], "input_shape": [1, 4]}, "0 groups"),
    "small": ({"layers": [{"conv": "k"}], "input_shape": [1, 1]}, "larger than"),
    "pool": ({"layers": [{"average_pool": 3}], "input_shape": [1, 2]}, "larger than"),
    "pool of nothing": ({"layers": [{"average_pool": 0}], "input_shape": [1, 2]}, "at least 1"),
    "reshape": ({"layers": [{"reshape": [2]}], "input_shape": [3]}, "does not fit"),
    "reshape by guess": ({"layers": [{"reshape": [-1]}], "input_shape": [3]}, "no integer"),
}


@pytest.mark.parametrize("name", BAD_DOCUMENTS)
def test_architectures_that_do_not_fit_are_refused(tmp_path: Path, name: str) -> None:
    document, message = BAD_DOCUMENTS[name]
    with pytest.raises(MalformedInput, match=message):
        ReluNetwork.from_safetensors(written({**ONE, **KERNEL}, tmp_path), document)


def test_every_tensor_must_be_used_or_named_as_unused(tmp_path: Path) -> None:
    path = written({**ONE, **KERNEL}, tmp_path)
    with pytest.raises(MalformedInput, match=r"does not use \['k.weight'\]"):
        ReluNetwork.from_safetensors(path, {"layers": [{"linear": "a"}]})
    assert ReluNetwork.from_safetensors(path, {"layers": [{"linear": "a"}], "unused": ["k.weight"]}).dim == 3
    ending = {"layers": [{"linear": "a"}, "relu"], "unused": ["k.weight"]}
    assert ReluNetwork.from_safetensors(path, ending)([1, 1, -9]) == (0, 0)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", "[]", "no architecture"),
        ("b.json", "{", "not valid JSON"),
        ("c.json", '{"layers": [], "layers": []}', "twice"),
        ("d.toml", "layers = [", "not valid TOML"),
        ("e.toml", "a" * 2**20 + " = 1", "larger than"),
    ],
    ids="abcde",
)
def test_files_that_are_no_architecture_are_refused(tmp_path: Path, name: str, content: str, message: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(MalformedInput, match=message):
        ReluNetwork.from_safetensors(written(ONE, tmp_path), tmp_path / name)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_numbers_that_are_none_are_refused(tmp_path: Path, bad: float, kind: Any) -> None:
    weight = np.ones((2, 3), kind)
    weight[1, 2] = bad
    with pytest.raises(InexactInput, match=f"'a.weight' holds {bad}"):
        ReluNetwork.from_safetensors(written({"a.weight": weight}, tmp_path))


def test_missing_files_are_usage_errors(tmp_path: Path) -> None:
    path = written(ONE, tmp_path)
    for arguments in [(tmp_path / "none",), (path, tmp_path / "none.json"), (path, tmp_path / "none.toml")]:
        with pytest.raises(UsageError, match="there is no file"):
            ReluNetwork.from_safetensors(*arguments)


def _with_header(header: str, content: bytes = b"\0" * 24) -> bytes:
    return struct.pack("<Q", len(header)) + header.encode() + content


FORGED = {
    "empty": b"",
    "no header": b"\0" * 8,
    "long header": struct.pack("<Q", 2**63) + b"{}",
    "text": b"not a file of tensors",
    "archive": b"PK\x03\x04" + b"\0" * 64,
    "not json": _with_header("{{{{"),
    "nested": _with_header('{"a":' * 5000),
    "beyond": _with_header('{"a.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[0,999]}}'),
    "short": _with_header('{"a.weight":{"dtype":"F32","shape":[2,4],"data_offsets":[0,24]}}'),
    "huge shape": _with_header('{"a.weight":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,24]}}'),
    "negative": _with_header('{"a.weight":{"dtype":"F32","shape":[-2,3],"data_offsets":[0,24]}}'),
    "unknown type": _with_header('{"a.weight":{"dtype":"F99","shape":[2,3],"data_offsets":[0,24]}}'),
    "twice": _with_header('{"a.weight":{"dtype":"F32","shape":[1,3],"data_offsets":[0,12]},'
                          '"a.weight":{"dtype":"F32","shape":[1,3],"data_offsets":[12,24]}}'),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGED)
def test_files_that_are_no_safetensors_are_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "bad.safetensors"
    path.write_bytes(FORGED[name])
    with pytest.raises(MalformedInput, match=r"bad\.safetensors"):
        ReluNetwork.from_safetensors(path)


def test_500_damaged_files_are_refused_or_read(tmp_path: Path) -> None:
    path, draw, refused = written(linear_tensors(["0", "2"], [2, 2, 1]), tmp_path), random.Random(3), 0
    whole = path.read_bytes()
    for _ in range(500):
        place = draw.randrange(len(whole))
        changed = whole[:place] + bytes([draw.randrange(256)]) + whole[place + 1 :]
        path.write_bytes(draw.choice([whole[:place], changed, changed]))
        try:
            ReluNetwork.from_safetensors(path)
        except (MalformedInput, InexactInput, BudgetExceeded):
            refused += 1
    assert 250 < refused < 500
