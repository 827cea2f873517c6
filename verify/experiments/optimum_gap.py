"""Robust error of trained networks beside the least that any classifier has, radius by radius (E3)."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

from constructions.data.labelled_points import LabelledPoints
from constructions.data.sources import load_data
from constructions.errors import UsageError
from verify.experiments.settings import SEEDS, TRAINING, Key, fraction, one_of, text, whole
from verify.experiments.trained import Files, judged, trained_network
from verify.optimal_risk.error_curve import optimal_error_curve
from verify.optimal_risk.optimal_error import optimal_robust_error
from verify.sweep.instance_options import FILE_ENDINGS
from verify.sweep.job import Job
from verify.sweep.plan import file_digest

TRAIN, OPTIMUM = "optimum gap", "optimum curve"
MOST_POINTS = 4096
KEYS = {
    **TRAINING,
    "data": Key(text),
    "points": Key(whole(1, MOST_POINTS), MOST_POINTS),
    "radii": Key(fraction("0", "1024"), many=True),
    "training": Key(one_of("plain", "adversarial"), ["adversarial"], many=True),
    "width": Key(whole(1, 4096), 16),
    "seeds": SEEDS,
}


def jobs(table: dict[str, Any]) -> list[Job]:
    """Return one job for the curve of the optimum, and one per radius, kind of training and seed.

    Adversarial training plays against the radius at which the network is judged. A file of data is hashed
    into the jobs, so that a changed file makes other jobs.

    Raises:
        UsageError: the data cannot be read, or has other labels than -1 and +1.
    """
    place = {name: table[name] for name in ("data", "points", "norm")}
    if table["data"].lower().endswith(FILE_ENDINGS):
        place["files"] = {table["data"]: file_digest(table["data"])}
    labels = points_of(place).classes
    if not set(labels) <= {-1, 1}:
        raise UsageError(f"data = {table['data']!r} has labels {labels}; -1 and +1 are trained on")
    shared = {name: table[name] for name in TRAINING} | place | {"width": table["width"]}
    found = [Job(OPTIMUM, place)]
    for radius, training, seed in itertools.product(table["radii"], table["training"], table["seeds"]):
        found.append(Job(TRAIN, {**shared, "radius": radius, "training": training, "seed": seed}))
    return found


def points_of(parameters: dict[str, Any]) -> LabelledPoints:
    """Return the first points of the data that a job names.

    Raises:
        UsageError: the data lie in a file that is not what it was when the plan was read.
    """
    for name, digest in parameters.get("files", {}).items():
        if file_digest(name) != digest:
            raise UsageError(f"{name} is not what it was when the plan was read; run the plan again")
    data = load_data(parameters["data"])
    return data.subset(range(min(parameters["points"], len(data))))


def run_trained(parameters: dict[str, Any], files: Files) -> dict[str, Any]:
    """Train on all points, decide them at the radius, and set the error beside the optimum.

    One of two matched points in conflict is wrong at the point halfway, whatever the network: these
    exact witnesses are tried first, so that the error proved is never below the optimum.
    """
    data, radius = points_of(parameters), Fraction(parameters["radius"])
    against = radius if parameters["training"] == "adversarial" else Fraction(0)
    network, size = trained_network(parameters, data, against, files)
    optimum = optimal_robust_error(data, parameters["norm"], radius)
    errors = judged(parameters, network, data, radius, pairs=optimum.matching)
    return {**size, **errors, "optimum": str(optimum.value)}


def run_optimum(parameters: dict[str, Any], files: Files) -> dict[str, Any]:
    """Return the optimal robust error at every radius; radii are squared in l2."""
    data = points_of(parameters)
    curve = optimal_error_curve(data, parameters["norm"])
    return {
        "points": len(data),
        "dim": data.dim,
        "radii": [str(radius) for radius in curve.radii],
        "values": [str(value) for value in curve.values],
    }
