"""Hard sets as the parameters of a job name them."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from constructions.errors import AssumptionViolated, UsageError
from constructions.hard_distributions.grid import GridIndices
from constructions.hard_distributions.linear_separable import LinearlySeparableGrid
from constructions.hard_distributions.structured_labels import labels_of_kind

MOST_POINTS = 4096
HARD_KEYS = ("dim", "steps", "ratio", "labels", "label_seed")


def hard_set(parameters: dict[str, Any]) -> LinearlySeparableGrid:
    """Return the hard set of a job: eps is ``1/(2 steps)``, the offset half the radius.

    Args:
        parameters: ``dim``, ``steps``, ``ratio`` (radius over eps), ``labels`` (their kind) and ``label_seed``.

    Raises:
        UsageError: it has more than 4,096 points, too many to train on and decide one by one.
        AssumptionViolated: the labels need more values on an axis, or all are the same.
    """
    dim, steps = int(parameters["dim"]), int(parameters["steps"])
    grid = GridIndices(dim - 1, steps)
    if grid.size > MOST_POINTS:
        raise UsageError(f"dim {dim} and steps {steps} give {grid.size} points; at most {MOST_POINTS} are trained on")
    labels = labels_of_kind(parameters["labels"], grid, int(parameters["label_seed"]))
    if len(set(labels.tolist())) == 1:
        raise AssumptionViolated(
            f"{parameters['labels']} labels of seed {parameters['label_seed']} are all the same", "classes"
        )
    eps = Fraction(1, 2 * steps)
    return LinearlySeparableGrid.of(dim, eps, Fraction(parameters["ratio"]) * eps, labels=labels)
