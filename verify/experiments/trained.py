"""One training of a job: its recipe, its files, and what is proved of the network it ends with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from constructions.data.labelled_points import LabelledPoints
from constructions.errors import InexactInput
from constructions.network.relu_network import ReluNetwork
from verify.training.bracket import bracket_errors
from verify.training.learning import train
from verify.training.recipe import Recipe

RECIPE_KEYS = ("depth", "norm", "epochs", "rate", "optimizer", "batch", "attack_steps")


@dataclass(frozen=True, slots=True)
class Files:
    """Where the files of one job go: ``None`` leaves them out.

    Attributes:
        checkpoint: of a training that is under way.
        network: that a training ended with.
    """

    checkpoint: Path | None = None
    network: Path | None = None

    @classmethod
    def of(cls, folder: Path, key: str) -> Files:
        """Return the files of the job with this key in a folder of runs."""
        return cls(folder / "checkpoints" / f"{key}.safetensors", folder / "networks" / f"{key}.safetensors")


def recipe_of(parameters: dict[str, Any], radius: Fraction) -> Recipe:
    """Return the recipe that the parameters of a job name, for one radius."""
    values = {name: parameters[name] for name in RECIPE_KEYS}
    return Recipe.of(width=parameters["width"], seed=parameters["seed"], radius=radius, **values)


def trained_network(
    parameters: dict[str, Any], data: LabelledPoints, radius: Fraction, files: Files
) -> tuple[ReluNetwork, dict[str, Any]]:
    """Train a network as a job says, and return it with its size.

    Raises:
        InexactInput: training diverged; the message says which.
    """
    try:
        network = train(recipe_of(parameters, radius), data, files.checkpoint, files.network)
    except InexactInput as error:
        which = ", ".join(f"{name} {parameters[name]}" for name in ("width", "seed", "rate"))
        raise InexactInput(f"training with {which} came to nothing, a smaller rate may help: {error}") from None
    size = network.size
    return network, {"nonzero": size.nonzero, "dense": size.dense, "units": size.units, "weight_bits": size.weight_bits}


def judged(
    parameters: dict[str, Any],
    network: ReluNetwork,
    data: LabelledPoints,
    radius: Fraction,
    midpoints: LabelledPoints | None = None,
    pairs: Sequence[tuple[int, int]] = (),
) -> dict[str, Any]:
    """Return what is proved of the errors of a network at a radius, as text and numbers."""
    seconds, seed = float(parameters["point_seconds"]), parameters["seed"]
    return bracket_errors(
        network, data, parameters["norm"], radius, midpoints, pairs, point_seconds=seconds, seed=seed
    ).to_json()
