"""Slopes of a black box: its gradient where it has one, else differences along axes or random directions."""

from __future__ import annotations

import numpy as np

from verify.black_boxes.black_box import BlackBox

MOST_AXES = 64


def box_gradient(
    box: BlackBox, label: int, points: np.ndarray, step: float, stream: np.random.RandomState
) -> tuple[np.ndarray, np.ndarray]:
    """Return margins and slopes at points (b, d): proposals for an attack, nothing more.

    In up to 64 dimensions differences are taken along every axis, beyond along 64 random
    directions of signs. Numbers that are not finite count as 0.

    Args:
        box: the classifier.
        label: that is right.
        points: floats.
        step: of the differences.
        stream: of the directions.

    Example:
        >>> box = BlackBox("line", lambda points: 2 * points[:, 0] - points[:, 1])
        >>> box_gradient(box, 1, np.array([[1.0, 1.0]]), 0.25, np.random.RandomState(0))[1].tolist()
        [[2.0, -1.0]]
    """
    if box.gradient is not None:
        values, slopes = box.gradient(points, label)
        return np.nan_to_num(values), np.nan_to_num(slopes)
    count, dim = points.shape
    directions = np.eye(dim) if dim <= MOST_AXES else stream.randint(0, 2, size=(MOST_AXES, dim)) * 2.0 - 1.0
    moves = step * directions
    around = np.concatenate([points[:, None] + moves, points[:, None] - moves, points[:, None]], axis=1)
    margins = np.nan_to_num(box.margins(around.reshape(-1, dim), label)).reshape(count, -1)
    steps = len(directions)
    rises = (margins[:, :steps] - margins[:, steps : 2 * steps]) / (2 * step)
    return margins[:, -1], rises @ directions / (1 if dim <= MOST_AXES else MOST_AXES)
