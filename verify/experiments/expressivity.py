"""How small trained networks with robust error 0 are, beside what is needed and what is enough (E1)."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

from constructions.classifiers.bit_extraction import BlockTable, classify_grid_by_bit_extraction, count_bit_extraction
from constructions.classifiers.grid_index import GridBalls
from constructions.errors import AssumptionViolated
from constructions.hard_distributions.structured_labels import LABEL_KINDS
from constructions.memorizers.literals import memorize_with_literals
from verify.capacity.size_bound import certified_size_bound
from verify.experiments.hard_instance import HARD_KEYS, hard_set
from verify.experiments.settings import HARD_SET, SEEDS, TRAINING, Key, one_of, whole
from verify.experiments.trained import Files, judged, trained_network
from verify.sweep.job import Job
from verify.training.bracket import bracket_errors

TRAIN, EXPLICIT = "expressivity", "expressivity explicit"
FAILURE = Fraction(1, 1000)
WEIGHT_BITS = 32  # of float32, the type networks are trained in
KEYS = {
    **HARD_SET,
    **TRAINING,
    "steps": Key(whole(1, 64), many=True),
    "labels": Key(one_of(*LABEL_KINDS), ["random"], many=True),
    "label_seeds": SEEDS,
    "widths": Key(whole(1, 4096), many=True),
    "seeds": SEEDS,
}


def jobs(table: dict[str, Any]) -> list[Job]:
    """Return one job per hard set for the explicit networks, and one per set, width and seed for the trained."""
    found: list[Job] = []
    shared = {name: table[name] for name in (*TRAINING, "dim", "ratio")}
    for steps, kind in itertools.product(table["steps"], table["labels"]):
        seeds = table["label_seeds"] if kind == "random" else [0]
        for label_seed in seeds:
            asked = {**shared, "steps": steps, "labels": kind, "label_seed": label_seed}
            hard_set(asked)
            found.append(Job(EXPLICIT, {name: asked[name] for name in HARD_KEYS}))
            for width, seed in itertools.product(table["widths"], table["seeds"]):
                found.append(Job(TRAIN, {**asked, "width": width, "seed": seed}))
    return found


def run_trained(parameters: dict[str, Any], files: Files) -> dict[str, Any]:
    """Train on every point of a hard set, so that training error and test error are the same."""
    grid = hard_set(parameters)
    data = grid.listed()
    network, size = trained_network(parameters, data, grid.radius, files)
    return {**size, **judged(parameters, network, data, grid.radius, grid.midpoints()), "optimum": "0"}


def run_explicit(parameters: dict[str, Any], files: Files) -> dict[str, Any]:
    """Build the explicit networks of a hard set, decide them, and certify what is too small.

    For random labels both certified sizes are too small for a network of robust error 0, except with
    probability 1/1000 over the labels; for other labels they say nothing, and are left out.
    """
    grid = hard_set(parameters)
    data, count = grid.listed(), grid.size
    balls = GridBalls.of(grid.dim, grid.dim - 1, grid.steps, grid.radius)
    extraction = classify_grid_by_bit_extraction(data.label_array, balls)
    literals = memorize_with_literals(data, grid.radius)
    errors = [bracket_errors(network, data, "linf", grid.radius) for network in (extraction, literals)]
    found = {
        "points": count,
        "bit_extraction": extraction.size.nonzero,
        "bit_extraction_any_labels": count_bit_extraction(balls, BlockTable.smallest(count)),
        "literals": literals.size.nonzero,
        "bit_extraction_error": str(errors[0].upper),
        "literals_error": str(errors[1].upper),
        "too_small": None,
        "too_small_float32": None,
    }
    if parameters["labels"] == "random":
        found["too_small"] = too_small(count, grid.dim)
        found["too_small_float32"] = too_small(count, grid.dim, WEIGHT_BITS)
    return found


def too_small(points: int, dim: int, weight_bits: int | None = None) -> int:
    """Return the largest size certified to be too small for robust error 0 on random labels; 0 where none is.

    Args:
        points: of the hard set.
        dim: of the inputs.
        weight_bits: of the weights, ``None`` for any real weights.
    """
    try:
        return certified_size_bound(points, dim, weight_bits=weight_bits, failure_probability=FAILURE).size
    except AssumptionViolated:
        return 0
