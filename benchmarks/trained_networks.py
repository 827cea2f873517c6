"""Networks for the complete verifiers: trained on the digits, and random ones.

    python benchmarks/trained_networks.py -o out/networks

Weights are float32, as a torch user would export them. Every network is written as an ONNX
file and in this project's JSON, under a name that carries a hash of its settings.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.boundary_cases import write_onnx
from benchmarks.common import print_table, progress, seconds_text, timed

if TYPE_CHECKING:
    import numpy as np
    import torch

TRAINING_POINTS = 1500
_RECIPE = 1
_LEARNING_RATE = 3e-3
_BATCH = 64
_ATTACK_STEPS = 7


@dataclass(frozen=True)
class Training:
    """How one network of the digits is trained.

    Attributes:
        name: as in the tables.
        widths: of the input, the hidden layers and the output; one output learns even
            against odd, ten learn the digit.
        radius: of the adversarial training, l-infinity in units of the pixels' range; 0 is plain training.
        epochs: passes over the training points.
        seed: of the weights, the order and the attacks.
    """

    name: str
    widths: tuple[int, ...]
    radius: float = 0.0
    epochs: int = 40
    seed: int = 0


@dataclass(frozen=True)
class RandomWeights:
    """A random network: normal weights, the last bias such that half of the centres have either sign.

    Attributes:
        name: as in the tables.
        widths: of the input, the hidden layers and the output.
        seed: of the weights.
    """

    name: str
    widths: tuple[int, ...]
    seed: int = 0


TRAININGS = (
    Training("2x32 plain", (64, 32, 32, 1)),
    Training("2x32 adversarial", (64, 32, 32, 1), 0.1),
    Training("2x64 plain", (64, 64, 64, 1)),
    Training("2x64 adversarial", (64, 64, 64, 1), 0.06),
    Training("4x32 plain", (64, 32, 32, 32, 32, 1)),
    Training("4x32 adversarial", (64, 32, 32, 32, 32, 1), 0.06),
    Training("3x32 plain", (64, 32, 32, 32, 1)),
    Training("3x32 adversarial", (64, 32, 32, 32, 1), 0.06),
    Training("4x48 plain", (64, 48, 48, 48, 48, 1)),
    Training("4x48 adversarial", (64, 48, 48, 48, 48, 1), 0.06),
    Training("2x128 plain", (64, 128, 128, 1)),
    Training("2x128 adversarial", (64, 128, 128, 1), 0.06),
    Training("10 classes adversarial", (64, 32, 32, 10), 0.06),
)
RANDOM = (
    RandomWeights("random 6-16-16", (6, 16, 16, 1)),
    RandomWeights("random 8-24-24", (8, 24, 24, 1)),
    RandomWeights("random 10-16-16-16", (10, 16, 16, 16, 1)),
    RandomWeights("random 12-40-40", (12, 40, 40, 1)),
    RandomWeights("random 20-50-50-50", (20, 50, 50, 50, 1)),
)

Arrays = list[tuple["np.ndarray", "np.ndarray"]]


def network_file(settings: Training | RandomWeights, folder: Path) -> Path:
    """Return the ONNX file of a network, made on the first call; its JSON file lies beside it."""
    digest = hashlib.sha256(json.dumps([_RECIPE, asdict(settings)]).encode()).hexdigest()[:12]
    path = folder / f"{settings.name.replace(' ', '-')}-{digest}.onnx"
    if not path.is_file():
        progress(f"making the network {settings.name}")
        layers = trained_layers(settings) if isinstance(settings, Training) else random_layers(settings)
        _write(layers, path)
    return path


def _write(layers: Arrays, path: Path) -> None:
    """Write both files; the ONNX file appears last and whole."""
    from constructions import ReluNetwork

    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    write_onnx(layers, partial, "float32")
    ReluNetwork.from_onnx(partial).save(path.with_suffix(".json"))
    os.replace(partial, path)


def digits() -> tuple[np.ndarray, np.ndarray]:
    """Return the 1,797 digits with integer pixels 0..16, in the order of ``load_data``, and the digit shown."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    return bunch.data.astype(int), bunch.target


def random_layers(settings: RandomWeights) -> Arrays:
    """Return float32 layers of a random network."""
    import numpy as np

    random = np.random.default_rng(settings.seed)
    layers: Arrays = []
    for inputs, outputs in itertools.pairwise(settings.widths):
        weight = random.normal(size=(outputs, inputs), scale=np.sqrt(2 / inputs)).astype(np.float32)
        layers.append((weight, random.normal(size=outputs, scale=0.1).astype(np.float32)))
    values = random_centres(settings.widths[0], 200) / 16
    for index, (weight, bias) in enumerate(layers):
        values = values @ weight.T.astype(np.float64) + bias
        values = np.maximum(values, 0) if index < len(layers) - 1 else values
    layers[-1] = (layers[-1][0], layers[-1][1] - np.float32(np.median(values)))
    return layers


def random_centres(dim: int, count: int) -> np.ndarray:
    """Return integer points 0..16 of the cube, the same ones on every call."""
    import numpy as np

    return np.random.default_rng(dim).integers(0, 17, size=(count, dim))


def trained_layers(settings: Training) -> Arrays:
    """Return float32 layers of a network trained on the first ``TRAINING_POINTS`` digits."""
    import numpy as np
    import torch

    pixels, shown = digits()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        inputs = torch.from_numpy((pixels[:TRAINING_POINTS] / 16).astype(np.float32))
        targets = torch.from_numpy(shown[:TRAINING_POINTS].astype(np.int64))
        network = _untrained(settings.widths)
        _train(network, inputs, targets, _loss(settings.widths[-1]), settings)
    affine = [layer for layer in network if isinstance(layer, torch.nn.Linear)]
    return [(layer.weight.detach().numpy(), layer.bias.detach().numpy()) for layer in affine]


def _untrained(widths: tuple[int, ...]) -> torch.nn.Sequential:
    import torch

    steps: list[torch.nn.Module] = []
    for inputs, outputs in itertools.pairwise(widths):
        steps += [torch.nn.Linear(inputs, outputs), torch.nn.ReLU()]
    return torch.nn.Sequential(*steps[:-1])


def _loss(outputs: int) -> Callable[[torch.Tensor, torch.Tensor], torch.Tensor]:
    """Return the mean loss of outputs against digits: even against odd where there is one output."""
    import torch

    if outputs > 1:
        return torch.nn.functional.cross_entropy
    return lambda values, shown: torch.nn.functional.softplus((2 * (shown % 2) - 1) * values[:, 0]).mean()


def _train(network: torch.nn.Sequential, inputs: torch.Tensor, targets: torch.Tensor, loss: Any, how: Training) -> None:
    import torch

    optimizer = torch.optim.Adam(network.parameters(), lr=_LEARNING_RATE)
    for _ in range(how.epochs):
        for batch in torch.randperm(len(inputs)).split(_BATCH):
            points = inputs[batch]
            if how.radius:
                points = points + _perturbation(network, points, targets[batch], loss, how.radius)
            optimizer.zero_grad()
            loss(network(points), targets[batch]).backward()
            optimizer.step()


def _perturbation(
    network: torch.nn.Sequential, points: torch.Tensor, targets: torch.Tensor, loss: Any, radius: float
) -> torch.Tensor:
    """Return projected sign-gradient ascent from a random start."""
    import torch

    shift = (2 * torch.rand_like(points) - 1) * radius
    for _ in range(_ATTACK_STEPS):
        shift.requires_grad_(True)
        (gradient,) = torch.autograd.grad(loss(network(points + shift), targets), shift)
        shift = (shift + radius / 4 * gradient.sign()).clamp(-radius, radius).detach()
    return shift


def held_out_accuracy(path: Path) -> float:
    """Return the share of the digits left out of training that a network file gets right."""
    import numpy as np
    import onnxruntime

    pixels, shown = digits()
    session = onnxruntime.InferenceSession(path)
    (values,) = session.run(None, {"input": (pixels[TRAINING_POINTS:] / 16).astype(np.float32)})
    truth = shown[TRAINING_POINTS:]
    right = values.argmax(axis=1) == truth if values.shape[1] > 1 else (values[:, 0] > 0) == (truth % 2 == 0)
    return float(right.mean())


def main(arguments: list[str] | None = None) -> int:
    """Make every network and print its accuracy."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", dest="folder", type=Path, required=True, help="folder for the network files")
    options = parser.parse_args(arguments)
    rows = []
    for settings in (*TRAININGS, *RANDOM):
        seconds, path = timed(lambda settings=settings: network_file(settings, options.folder))  # type: ignore[misc]
        trained = isinstance(settings, Training)
        accuracy = f"{held_out_accuracy(path):.1%}" if trained else "-"
        rows.append(["-".join(map(str, settings.widths)), settings.name, accuracy, seconds_text(seconds), path.name])
    print_table("Networks", ["widths", "name", "accuracy, held out", "seconds", "file"], rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
