"""Clean test error, robust training error and robust test error against the number of samples (E2)."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

import numpy as np

from constructions.classifiers.overfitting import overfit_robustly
from constructions.errors import UsageError
from constructions.hard_distributions.linear_separable import LinearlySeparableGrid
from constructions.hard_distributions.structured_labels import LABEL_KINDS
from verify.experiments.hard_instance import hard_set
from verify.experiments.settings import HARD_SET, SEEDS, TRAINING, Key, one_of, whole
from verify.experiments.trained import Files, judged, trained_network
from verify.pointwise import clean_error
from verify.robustness import robust_error
from verify.sweep.job import Job

TRAIN, EXPLICIT = "generalization", "generalization explicit"
KEYS = {
    **HARD_SET,
    **TRAINING,
    "steps": Key(whole(1, 64), 3),
    "labels": Key(one_of(*LABEL_KINDS), "random"),
    "label_seed": Key(whole(0, 2**32 - 1), 0),
    "samples": Key(whole(1, 4096), many=True),
    "training": Key(one_of("plain", "adversarial"), ["plain", "adversarial"], many=True),
    "width": Key(whole(1, 4096), 64),
    "seeds": SEEDS,
}


def jobs(table: dict[str, Any]) -> list[Job]:
    """Return one job per number of samples and seed, for the explicit network and for each kind of training.

    The seed draws the training points too.

    Raises:
        UsageError: there are more samples than points.
    """
    names = [name for name in KEYS if name not in ("samples", "training", "seeds", "width")]
    shared = {name: table[name] for name in names}
    count = hard_set(shared).size
    found: list[Job] = []
    for samples, seed in itertools.product(table["samples"], table["seeds"]):
        if samples > count:
            raise UsageError(f"samples = {samples} are more than the {count} points of the hard set")
        asked = {**shared, "samples": samples, "seed": seed}
        found.append(Job(EXPLICIT, {name: value for name, value in asked.items() if name not in TRAINING}))
        for training in table["training"]:
            found.append(Job(TRAIN, {**asked, "training": training, "width": table["width"]}))
    return found


def drawn_indices(grid: LinearlySeparableGrid, parameters: dict[str, Any]) -> list[int]:
    """Return the indices trained on: as many different ones as a job says, drawn by its seed."""
    order = np.random.RandomState(parameters["seed"]).permutation(grid.size)
    return sorted(int(index) for index in order[: parameters["samples"]])


def run_trained(parameters: dict[str, Any], files: Files) -> dict[str, Any]:
    """Train on some points of a hard set; decide the training points, and all points."""
    grid = hard_set(parameters)
    seen, data = grid.subset(drawn_indices(grid, parameters)), grid.listed()
    radius = grid.radius if parameters["training"] == "adversarial" else Fraction(0)
    network, size = trained_network(parameters, seen, radius, files)
    test = judged(parameters, network, data, grid.radius, grid.midpoints())
    train = judged(parameters, network, seen, grid.radius)
    return {**size, "test": test, "train": train, "optimum": "0"}


def run_explicit(parameters: dict[str, Any], files: Files) -> dict[str, Any]:
    """Build the network that overfits robustly on the same points, and decide all of its errors."""
    grid = hard_set(parameters)
    chosen, data = drawn_indices(grid, parameters), grid.listed()
    network = overfit_robustly(grid, chosen)
    seen = robust_error(network, grid.subset(chosen), "linf", grid.radius)
    test = robust_error(network, data, "linf", grid.radius)
    return {
        "points": len(data),
        "nonzero": network.size.nonzero,
        "clean_error": str(clean_error(network, data)),
        "train": {"lower": str(seen.lower), "upper": str(seen.upper)},
        "test": {"lower": str(test.lower), "upper": str(test.upper)},
    }
