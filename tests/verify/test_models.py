"""Models on the command line: read by their ending, and pickles never."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from constructions.errors import MalformedInput, UsageError
from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork
from verify.command import export_model, verify_model
from verify.command.models import read_model

NETWORK = ReluNetwork([AffineMap([["1/2", -1], [3, 4]], [0, 1]), AffineMap([[1, -2]], ["1/4"])])


@pytest.mark.parametrize("ending", [".json", ".onnx", ".ONNX", ".safetensors"])
def test_every_ending_gives_the_network(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"model{ending}"
    if ending == ".json":
        NETWORK.save(path)
    elif ending == ".safetensors":
        weights = {f"{index}.weight": np.array(affine.weight, float) for index, affine in enumerate(NETWORK.maps)}
        biases = {f"{index}.bias": np.array(affine.bias, float) for index, affine in enumerate(NETWORK.maps)}
        save_file(weights | biases, str(path))
    else:
        NETWORK.to_onnx(path)
    for shape in (None, (2,), (1, 2)):
        if shape != (1, 2) or ending.lower() != ".onnx":
            assert read_model(path, input_shape=shape)(["1/3", 5]) == NETWORK(["1/3", 5])
    with pytest.raises(ValueError, match=r"\(3,\)"):
        read_model(path, input_shape=(3,))


def test_an_architecture_goes_with_safetensors_alone(tmp_path: Path) -> None:
    NETWORK.save(tmp_path / "model.json")
    with pytest.raises(UsageError, match="holds its own layers"):
        read_model(tmp_path / "model.json", architecture={"layers": []})
    save_file({"a.weight": np.ones((1, 2)), "b.weight": np.ones((1, 1))}, str(tmp_path / "model.safetensors"))
    layers = {"layers": [{"linear": "a"}, {"linear": "b"}]}
    assert len(read_model(tmp_path / "model.safetensors", layers).maps) == 1


class Trap:
    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (Path("sprung"),))


@pytest.mark.parametrize("ending", [".pt", ".pth", ".pkl", ".ckpt", ".bin", ".PTH"])
def test_pickles_are_refused_unopened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / f"model{ending}").write_bytes(pickle.dumps(Trap()))
    with pytest.raises(MalformedInput, match=r"never opened.*from_torch.*safetensors"):
        read_model(tmp_path / f"model{ending}")
    assert not (tmp_path / "sprung").exists()


def test_other_files_are_usage_errors(tmp_path: Path) -> None:
    (tmp_path / "model.h5").touch()
    with pytest.raises(UsageError, match=r"\.json, \.onnx, \.safetensors"):
        read_model(tmp_path / "model.h5")
    with pytest.raises(UsageError, match="there is no file"):
        read_model(tmp_path / "model.pth")


def test_both_verbs_read_models_alike() -> None:
    assert verify_model.read_model is export_model.read_model is read_model
