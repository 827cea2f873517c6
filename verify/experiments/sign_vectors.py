"""Labellings of few midpoints that small networks have, beside the number that counting allows (E4)."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

import numpy as np

from constructions.data.labelled_points import LabelledPoints
from constructions.errors import UsageError
from constructions.hard_distributions.labellings import uniform_labels
from verify.capacity.sign_patterns import region_patterns
from verify.experiments.drawn_networks import drawn_sign_vectors
from verify.experiments.expressivity import too_small
from verify.experiments.hard_instance import hard_set
from verify.experiments.settings import SEEDS, TRAINING, Key, fraction, whole
from verify.experiments.trained import Files, recipe_of
from verify.pointwise import wrong_points
from verify.sweep.job import Job
from verify.training.learning import train

DRAWN, TRAIN = "sign vectors", "sign vectors trained"
MOST_POINTS = 16
KEYS = {
    **TRAINING,
    "dim": Key(whole(2, 64), 2),
    "steps": Key(whole(1, 15), 11),
    "sizes": Key(whole(1, MOST_POINTS), many=True),
    "draws": Key(whole(1, 10**7), 100_000),
    "seeds": SEEDS,
    "widths": Key(whole(1, 4096), [1, 2, 4, 8], many=True),
    "labellings": Key(whole(1, 10**4), 16),
    "epochs": Key(whole(1, 10**6), 500),
    "rate": Key(fraction("0", "100"), "1/50"),
}


def jobs(table: dict[str, Any]) -> list[Job]:
    """Return one job per size for the networks drawn, and one per width for those trained.

    Raises:
        UsageError: there are more than 16 midpoints, or a size exceeds their number.
    """
    place = {"dim": table["dim"], "steps": table["steps"]}
    count = (table["steps"] + 1) ** (table["dim"] - 1)
    if count > MOST_POINTS:
        raise UsageError(f"dim {table['dim']} and steps {table['steps']} give {count} midpoints, above {MOST_POINTS}")
    if max(table["sizes"]) > count:
        raise UsageError(
            f"size {max(table['sizes'])} exceeds the {count} midpoints; counting needs it to be at most that"
        )
    found = [
        Job(DRAWN, {**place, "size": size, "draws": table["draws"], "seed": seed})
        for size, seed in itertools.product(table["sizes"], table["seeds"])
    ]
    shared = {name: table[name] for name in TRAINING} | place | {"labellings": table["labellings"]}
    found += [
        Job(TRAIN, {**shared, "width": width, "seed": seed})
        for width, seed in itertools.product(table["widths"], table["seeds"])
    ]
    return found


def midpoints_of(parameters: dict[str, Any]) -> LabelledPoints:
    """Return the midpoints of a hard set; where they lie does not depend on the labels."""
    return hard_set({**parameters, "ratio": "1/2", "labels": "half-space", "label_seed": 0}).midpoints()


def relabelled(data: LabelledPoints, label_seed: int) -> LabelledPoints:
    """Return the points with random labels, which may all be the same."""
    return LabelledPoints.of(data.numerators, uniform_labels(len(data), label_seed), scale=data.scale)


def run_drawn(parameters: dict[str, Any], files: Files) -> dict[str, Any]:
    """Count the sign vectors of networks drawn at random, beside what all networks of the size can have."""
    data = midpoints_of(parameters)
    size, dim, count = parameters["size"], parameters["dim"], len(data)
    found = drawn_sign_vectors(data, size, parameters["draws"], parameters["seed"])
    return {
        "points": count,
        "realised": len(found),
        "bound": str(region_patterns(size, dim, count)),
        "labellings": str(2**count),
    }


def run_trained(parameters: dict[str, Any], files: Files) -> dict[str, Any]:
    """Train one small network for each of some random labellings, and count what it gets right, exactly."""
    places = midpoints_of(parameters)
    fitted, vectors, nonzero = 0, set(), 0
    for label_seed in range(parameters["labellings"]):
        data = relabelled(places, label_seed)
        network = train(recipe_of(parameters, Fraction(0)), data)
        wrong = wrong_points(network, data)
        flips = np.ones(len(data), dtype=np.int64)
        flips[wrong] = -1
        vectors.add((flips * data.label_array).astype(np.int8).tobytes())
        fitted += not wrong.size
        nonzero = max(nonzero, network.size.nonzero)
    return {
        "points": len(data),
        "labellings": parameters["labellings"],
        "fitted": fitted,
        "sign_vectors": len(vectors),
        "nonzero": nonzero,
        "too_small": too_small(len(data), parameters["dim"]),
    }
