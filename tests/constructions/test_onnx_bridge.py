"""ONNX files: the same function exactly, the same signs in onnxruntime and torch, nothing else ever read."""

from __future__ import annotations

import itertools
import os
import random
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from constructions.errors import BudgetExceeded, InexactInput, MalformedInput, UsageError
from constructions.network import onnx_bridge
from constructions.network.affine_map import AffineMap
from constructions.network.onnx_bridge import from_onnx, onnx_bytes, to_onnx
from constructions.network.relu_network import ReluNetwork

Layers = list[tuple[list[list[Fraction]], list[Fraction]]]


def draw_layers(seed: int, size: int, denominators: list[int]) -> Layers:
    draw = random.Random(seed)

    def number() -> Fraction:
        return Fraction(draw.randint(-size, size), draw.choice(denominators)) if draw.random() > 0.2 else Fraction(0)

    widths = [draw.randint(1, 5) for _ in range(draw.randint(2, 4))]
    return [
        ([[number() for _ in range(inputs)] for _ in range(outputs)], [number() for _ in range(outputs)])
        for inputs, outputs in itertools.pairwise(widths)
    ]


def network_of(layers: Layers) -> ReluNetwork:
    return ReluNetwork(AffineMap(weight, bias) for weight, bias in layers)


def plain_outputs(layers: Layers, point: list[Fraction]) -> list[Fraction]:
    """Evaluate a network one product at a time."""
    values = point
    for index, (weight, bias) in enumerate(layers):
        values = values if index == 0 else [max(value, Fraction(0)) for value in values]
        values = [
            sum((a * x for a, x in zip(row, values, strict=True)), b) for row, b in zip(weight, bias, strict=True)
        ]
    return values


def points_and_corners(dim: int, seed: int) -> np.ndarray:
    """Return sixteenths: random points, and every corner of the ball of radius 3/16 around one."""
    random_points = np.random.default_rng(seed).integers(-32, 33, (40, dim))
    corners = random_points[0] + 3 * np.array(list(itertools.product([-1, 1], repeat=dim)))
    return np.concatenate([random_points, corners])


def run(path: Path, points: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    kind = np.float32 if session.get_inputs()[0].type == "tensor(float)" else np.float64
    return session.run(["output"], {"input": points.astype(kind)})[0].astype(np.float64)


def recorded_scale(path: Path) -> Fraction:
    (entry,) = onnx.load(path).metadata_props
    assert entry.key == "robustproofs_scale"
    return Fraction(entry.value)


@pytest.mark.parametrize(
    ("size", "denominators"),
    [(3, [1]), (3, [1, 2, 8]), (3, [1, 2, 3]), (2**25 + 1, [1, 3])],
    ids=["integers", "dyadic", "thirds", "large"],
)
@pytest.mark.parametrize("seed", range(8))
def test_onnxruntime_and_torch_agree_in_sign_and_value(
    tmp_path: Path, seed: int, size: int, denominators: list[int]
) -> None:
    layers = draw_layers(seed, size, denominators)
    network, path = network_of(layers), tmp_path / "network.onnx"
    network.to_onnx(path)
    onnx.checker.check_model(path, full_check=True)
    points = points_and_corners(network.dim, seed)
    exact = [plain_outputs(layers, [Fraction(int(c), 16) for c in point]) for point in points]
    signs = [[(v > 0) - (v < 0) for v in row] for row in exact]
    outputs = run(path, points / 16)
    assert np.array_equal(np.sign(outputs), signs)
    if size == 3:
        scale = recorded_scale(path)
        assert [[Fraction(v) for v in row] for row in outputs.tolist()] == [[scale * v for v in row] for row in exact]
    with torch.no_grad():
        assert np.array_equal(np.sign(network.to_torch()(torch.from_numpy(points / 16)).numpy()), signs)


@pytest.mark.parametrize("size", [9, 2**20])
@pytest.mark.parametrize("seed", range(20))
def test_reading_back_gives_the_same_function_exactly(tmp_path: Path, seed: int, size: int) -> None:
    layers = draw_layers(seed, size, [1, 2, 3, 7])
    network, path = network_of(layers), tmp_path / "network.onnx"
    network.to_onnx(path)
    back = ReluNetwork.from_onnx(str(path))
    assert back.size.nonzero == network.size.nonzero
    for shift in range(4):
        point = [Fraction(3 * j - 4 + shift, 7) for j in range(network.dim)]
        assert list(back(point)) == plain_outputs(layers, point)


def test_equal_networks_give_equal_bytes_in_every_process(tmp_path: Path) -> None:
    code = (
        "from constructions.network.relu_network import AffineMap, ReluNetwork; import sys;"
        "ReluNetwork([AffineMap([['2/6', 0]], ['1/2']), AffineMap([[-3]], ['0.75'])]).to_onnx(sys.argv[1])"
    )
    for index, seed in enumerate(("0", "1")):
        subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / f"{index}.onnx")],
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
    ReluNetwork([AffineMap([["1/3", 0]], ["1/2"]), AffineMap([[-3]], ["3/4"])]).to_onnx(tmp_path / "2.onnx")
    assert len({(tmp_path / f"{index}.onnx").read_bytes() for index in range(3)}) == 1


@pytest.mark.parametrize(
    ("layers", "weights", "scale"),
    [
        ([([["1/2"]], ["1/3"])], [3, 2], 6),
        ([([[6]], [4])], [3, 2], Fraction(1, 2)),
        ([([["1/4"]], [0]), ([[1]], [0])], [1, 0, 1, 0], 4),
        ([([[8]], [0]), ([["3/5"]], [0])], [1, 0, 1, 0], Fraction(5, 24)),
        ([([["2/3"]], ["2/3"]), ([[5]], [2])], [1, 1, 5, 3], Fraction(3, 2)),
        ([([[2]], [2]), ([[5]], [3])], [2, 2, 5, 3], 1),
        ([([[4]], [4]), ([[6]], [2])], [2, 2, 6, 1], Fraction(1, 2)),
        ([([[0]], [0])], [0, 0], 1),
    ],
    ids=range(8),
)
def test_common_factors_are_divided_out(tmp_path: Path, layers: Any, weights: list[int], scale: Fraction) -> None:
    path = tmp_path / "network.onnx"
    network_of(layers).to_onnx(path)
    tensors = [onnx.numpy_helper.to_array(tensor) for tensor in onnx.load(path).graph.initializer]
    assert [value for tensor in tensors for value in tensor.ravel().tolist()] == weights
    assert recorded_scale(path) == scale
    assert from_onnx(path)([3]) == network_of(layers)([3])


@pytest.mark.parametrize(
    ("weight", "kind"),
    [
        (2**24, "FLOAT"),
        (2**24 + 1, "DOUBLE"),
        (-(2**24) - 2, "FLOAT"),
        (2**62 + 2**38, "DOUBLE"),
        (2**62 + 2**39, "FLOAT"),
        (-(2**63), "FLOAT"),
        (2**127, "FLOAT"),
        (2**128, "DOUBLE"),
        (2**53, "FLOAT"),
        (2**53 - 1, "DOUBLE"),
        (2**1023, "DOUBLE"),
    ],
    ids=str,
)
def test_the_narrowest_exact_float_is_chosen(tmp_path: Path, weight: int, kind: str) -> None:
    network = ReluNetwork([AffineMap([[weight, 1]], [0])])
    network.to_onnx(tmp_path / "network.onnx")
    (first, _) = onnx.load(tmp_path / "network.onnx").graph.initializer
    assert onnx.TensorProto.DataType.Name(first.data_type) == kind
    assert from_onnx(tmp_path / "network.onnx") == network
    assert run(tmp_path / "network.onnx", np.array([[1, 0]])).tolist() == [[weight]]


@pytest.mark.parametrize(
    ("weights", "named"),
    [([2**53 + 1, 1], 2**53 + 1), ([1, -(2**60) - 1, 2**55 + 1, 2**61], 2**60 + 1), ([2**64 + 1, 1], 2**64 + 1)],
    ids=["first", "among-others", "beyond-int64"],
)
def test_weights_that_are_no_floats_are_refused_by_name(tmp_path: Path, weights: list[int], named: int) -> None:
    with pytest.raises(InexactInput, match=rf"the largest of them is {named}$"):
        to_onnx(ReluNetwork([AffineMap([weights], [0])]), tmp_path / "network.onnx")
    with pytest.raises(InexactInput, match=r"1 integer weights.* an integer of 1025 bits"):
        to_onnx(ReluNetwork([AffineMap([[2**1024, 1]], [0])]), tmp_path / "network.onnx")
    assert not (tmp_path / "network.onnx").exists()


def test_scales_of_any_length_come_back(tmp_path: Path) -> None:
    for bits in (10, 3999, 4001, 20_000):
        network = ReluNetwork([AffineMap([[Fraction(1, 2**bits - 1)]], [0]), AffineMap([["2/3"]], [0])])
        network.to_onnx(tmp_path / "network.onnx")
        assert from_onnx(tmp_path / "network.onnx")([1]) == network([1])


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("size", [9, 2**30 + 1, 2**80])
def test_the_estimate_is_the_size_of_the_file(tmp_path: Path, seed: int, size: int) -> None:
    network = network_of(draw_layers(seed, size, [1, 3]))
    estimate = onnx_bytes(network)
    if size < 2**40:
        network.to_onnx(tmp_path / "network.onnx")
        written = (tmp_path / "network.onnx").stat().st_size
        assert written <= estimate <= written + 1024 * (network.size.depth + 1)
    assert estimate > (8 if size > 2**24 else 4) * network.size.dense


def test_a_file_above_the_limit_is_refused_before_anything_is_built(tmp_path: Path) -> None:
    ones = np.ones(20_000, dtype=np.int64)
    large = AffineMap.from_coo(np.arange(20_000), np.arange(20_000), ones, (20_000, 20_000), ones)
    assert 1_600_080_000 < onnx_bytes(ReluNetwork([large])) < 1_600_090_000
    with pytest.raises(BudgetExceeded, match=r"would take 16000\d+ bytes, more than 1073741824"):
        to_onnx(ReluNetwork([large]), tmp_path / "network.onnx")
    assert not (tmp_path / "network.onnx").exists()


def test_the_limit_counts_the_width_of_the_float(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(onnx_bridge, "LARGEST_WRITTEN", 6 * 1001 + 3000)
    narrow, wide = ([[value] * 1000] for value in (2, 2**24 + 1))
    to_onnx(ReluNetwork([AffineMap(narrow, [1])]), tmp_path / "narrow.onnx")
    with pytest.raises(BudgetExceeded):
        to_onnx(ReluNetwork([AffineMap(wide, [1])]), tmp_path / "wide.onnx")


def test_widths_of_zero(tmp_path: Path) -> None:
    network = ReluNetwork(
        [AffineMap.from_coo([], [], [], (0, 3), []), AffineMap.from_coo([], [], [], (1, 0), ["-1/2"])]
    )
    network.to_onnx(tmp_path / "network.onnx")
    assert from_onnx(tmp_path / "network.onnx") == network
    assert run(tmp_path / "network.onnx", np.ones((2, 3))).tolist() == [[-1.0], [-1.0]]


def test_onnx_missing_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    for call in (
        lambda: to_onnx(ReluNetwork([AffineMap([[1]], [0])]), tmp_path / "a.onnx"),
        lambda: from_onnx(tmp_path / "a.onnx"),
    ):
        with pytest.raises(UsageError, match=r"pip install robustproofs\[onnx\]"):
            call()


def test_onnx_is_imported_only_when_a_file_is() -> None:
    code = "import sys, constructions.network.onnx_bridge; sys.exit('onnx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_missing_files_and_unwritable_places_are_named(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.onnx", tmp_path):
        with pytest.raises(UsageError, match=f"there is no file .*{path.name}"):
            from_onnx(path)
    with pytest.raises(UsageError, match="cannot write"):
        to_onnx(ReluNetwork([AffineMap([[1]], [0])]), tmp_path / "absent" / "network.onnx")


@pytest.mark.parametrize(
    "text", ["", "1", "0/1", "1/0", "-1/2", "1.5/2", "1/2/3", " 1/2", "٣/2", "0x/1", "1e3/1", "1" * 5000 + "/1"]
)
def test_a_forged_scale_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "network.onnx"
    to_onnx(ReluNetwork([AffineMap([["1/2"]], [1])]), path)
    model = onnx.load(path)
    model.metadata_props[0].value = text
    onnx.save(model, path)
    with pytest.raises(MalformedInput, match="robustproofs_scale must be one positive p/q"):
        from_onnx(path)


def test_two_scales_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "network.onnx"
    to_onnx(ReluNetwork([AffineMap([["1/2"]], [1])]), path)
    model = onnx.load(path)
    model.metadata_props.append(model.metadata_props[0])
    onnx.save(model, path)
    with pytest.raises(MalformedInput, match="one positive p/q"):
        from_onnx(path)
