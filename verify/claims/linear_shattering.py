"""Claims about groups whose two data points are the labels and their negatives, of any size.

With centres y and -y for the labels y, each coordinate of a difference depends on two labels
at most. The largest value over these bounds all 2^k labellings at once.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from verify.claims.shattering import measures
from verify.verdict import Status, Verdict


def judge_linear_group(points: np.ndarray, norm: str, eps: Fraction, radius: Fraction) -> list[Verdict]:
    """Judge separation, membership and shattering for all labellings of a group.

    Args:
        points: integers, shape (k, k).
        norm: ``"l1"`` or ``"l2"``, in which coordinates add up.
        eps: half the separation, squared in l2.
        radius: of the balls, squared in l2.

    Returns:
        The verdicts ``separation``, ``membership`` and ``shattering``, as by enumeration. A
        membership that fails is refuted by the labelling that attains the largest distance.
    """
    count = len(points)
    apart = count * int(measures(np.array([2]), norm))
    separation = (4 if norm == "l2" else 2) * eps
    farthest, witness = _farthest(points, norm)
    is_apart, is_inside = apart >= separation, farthest <= radius
    inside: Status = "holds" if is_inside else "violated"
    way = "coordinate by coordinate"
    return [
        Verdict(
            "separation", "holds" if is_apart else "violated", "exact", str(apart), str(separation), "at least", way,
            witness=None if is_apart else {"labels": [1] * count, "distance": str(apart)},
        ),
        Verdict(
            "membership", inside, "exact", str(farthest), str(radius), "at most", way,
            witness=None if is_inside else witness,
        ),
        Verdict(
            "shattering", "holds" if is_apart and is_inside else "violated", "exact",
            f"2^{count}" if is_apart and is_inside else "fewer", f"2^{count}", "equal", way,
            witness=None if is_apart and is_inside else witness,
        ),
    ]  # fmt: skip


def _farthest(points: np.ndarray, norm: str) -> tuple[int, dict[str, object]]:
    """Return the largest distance of a point to the centre of its label, and where it is attained."""
    count = len(points)
    # With y_j = 1 the centre is y itself; y and -y, with -1 for y_j, give the same distances.
    nearer, farther = (measures((points - side)[:, :, None], norm) for side in (1, -1))
    worst = np.maximum(nearer, farther)
    own = np.arange(count)
    worst[own, own] = nearer[own, own]
    totals = worst.sum(axis=1)
    place = int(totals.argmax())
    labels = np.where(nearer[place] >= farther[place], 1, -1)
    labels[place] = 1
    return int(totals[place]), {
        "labels": labels.tolist(),
        "point": points[place].tolist(),
        "label": 1,
        "centre": labels.tolist(),
        "distance": str(totals[place]),
    }
