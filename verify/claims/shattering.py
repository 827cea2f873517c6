"""Claims about points that pairs of opposite balls label in every way."""

from __future__ import annotations

from typing import Any

import numpy as np

from constructions.data.ball_pairs import BallPairs
from constructions.exact.pair_distances import closest_pairs
from verify.verdict import Status, Verdict


def measures(differences: np.ndarray, norm: str) -> np.ndarray:
    """Return the lengths of integer vectors along the last axis; squared in l2.

    Args:
        differences: integers, of magnitude below 2^20 with fewer than 2^20 coordinates.
        norm: ``"linf"``, ``"l1"`` or ``"l2"``.
    """
    wide = differences.astype(np.int64)
    if norm == "l2":
        return (wide * wide).sum(axis=-1)
    return np.abs(wide).max(axis=-1) if norm == "linf" else np.abs(wide).sum(axis=-1)


def opposite_centres_apart(case: BallPairs, name: str = "separation") -> Verdict:
    """Judge "for every labelling the two centres are at least 2 eps apart"."""
    apart = measures(case.centres[:, 0] - case.centres[:, 1], case.norm)
    worst = int(apart.argmin())
    status: Status = "holds" if int(apart[worst]) >= case.separation else "violated"
    witness = None
    if status != "holds":
        witness = {
            "labels": case.labels[worst].tolist(),
            "centres": case.centres[worst].tolist(),
            "distance": str(apart[worst]),
        }
    unit = "squared distance" if case.norm == "l2" else "distance"
    detail = f"{case.norm} {unit} of the two data points of a group, over {len(apart)} labellings"
    return Verdict(
        name,
        status,
        "exact",
        str(apart[worst]),
        str(case.separation),
        "at least",
        "enumeration",
        detail=detail,
        witness=witness,
    )


def points_in_their_balls(case: BallPairs, name: str = "membership") -> Verdict:
    """Judge "for every labelling each point is in the closed ball of the centre with its label"."""
    distances = _to_own_centre(case)
    row, place = (int(value) for value in np.unravel_index(int(distances.argmax()), distances.shape))
    farthest = int(distances[row, place])
    status: Status = "holds" if farthest <= case.radius else "violated"
    witness = None
    if status != "holds":
        label = int(case.labels[row, place])
        witness = {
            "labels": case.labels[row].tolist(),
            "point": case.points[place].tolist(),
            "label": label,
            "centre": case.centres[row, _side(label)].tolist(),
            "distance": str(farthest),
        }
    unit = "squared distance" if case.norm == "l2" else "distance"
    detail = f"largest {case.norm} {unit} of a point to the data point with its label"
    return Verdict(
        name,
        status,
        "exact",
        str(farthest),
        str(case.radius),
        "at most",
        "enumeration",
        detail=detail,
        witness=witness,
    )


def every_labelling_realised(case: BallPairs, name: str = "shattering") -> Verdict:
    """Judge "each of the 2^k labellings of a group has its two data points".

    A labelling counts if it is listed, its centres are 2 eps apart and every point is in the
    ball of its label. Groups are independent, so this settles any number of them.
    """
    count = case.points.shape[0]
    good = (_to_own_centre(case) <= case.radius).all(axis=1)
    good &= measures(case.centres[:, 0] - case.centres[:, 1], case.norm) >= case.separation
    realised = {tuple(row) for row in case.labels[good].tolist()}
    status: Status = "holds" if len(realised) == 2**count else "violated"
    witness: dict[str, Any] | None = None
    if status != "holds":
        missing = next(row for row in _all_rows(count) if row not in realised)
        witness = {"labels": list(missing), "points": case.points.tolist()}
    return Verdict(
        name,
        status,
        "exact",
        str(len(realised)),
        str(2**count),
        "equal",
        "enumeration",
        detail=f"labellings of the {count} points of a group that some pair of balls realises",
        witness=witness,
    )


def groups_apart(
    case: BallPairs, spacing: int, groups: int, singles: int = 0, name: str = "group_separation"
) -> Verdict:
    """Judge "opposite data points of different groups are at least 2 eps apart", for all labels.

    Groups are moved by multiples of ``spacing`` along the first axis, and single points stand
    at the next multiples. First coordinates bound every distance from below; where that is
    too little the closest opposite centres, of any two labellings, are searched.

    Args:
        case: the first group.
        spacing: distance between neighbouring places.
        groups: how many groups there are.
        singles: how many single points.
        name: of the claim.
    """
    reach = int(np.abs(case.centres[:, :, 0]).max()) if groups else 0
    power = 2 if case.norm == "l2" else 1
    least: int | None = None
    for gap in range(1, groups + singles):
        bound = max(0, gap * spacing - 2 * reach) ** power
        if bound >= case.separation:
            least = bound if least is None else min(least, bound)
            break
        distance, pair = _closest_at(case, gap * spacing, gap < groups, groups > 0 < singles, gap < singles)
        if distance < case.separation:
            witness = {"pair": pair, "distance": str(distance), "places": gap}
            return _apart(name, "violated", distance, case, f"groups {gap} places apart", witness)
        least = distance if least is None else min(least, distance)
    if least is None:
        return Verdict(name, "holds", "exact", "one group only", str(case.separation), "at least", "first coordinate")
    return _apart(name, "holds", least, case, f"{groups} groups and {singles} single points", None)


def _apart(
    name: str, status: Status, distance: int, case: BallPairs, detail: str, witness: dict[str, Any] | None
) -> Verdict:
    method = "first coordinate" if status == "holds" else "closest pair"
    return Verdict(
        name,
        status,
        "exact",
        str(distance),
        str(case.separation),
        "at least",
        method,
        detail=detail,
        witness=witness,
    )


def _closest_at(
    case: BallPairs, shift: int, two_groups: bool, group_and_single: bool, two_singles: bool
) -> tuple[int, list[list[int]]]:
    """Return the closest opposite data points of two places; a single point has either label."""
    origin = np.zeros((1, case.centres.shape[2]), dtype=np.int64)
    move = np.eye(1, case.centres.shape[2], dtype=np.int64) * shift
    plus, minus = (np.unique(case.centres[:, side], axis=0) for side in (0, 1))
    facing = [(plus, minus), (minus, plus)] if two_groups else []
    facing += [(plus, origin), (minus, origin)] if group_and_single else []
    facing += [(origin, origin)] if two_singles else []
    found = []
    for here, there in facing:
        distance, pairs = closest_pairs(here, there + move, case.norm, 1)
        found.append((distance, [here[pairs[0][0]].tolist(), (there + move)[pairs[0][1]].tolist()]))
    return min(found)


def _to_own_centre(case: BallPairs) -> np.ndarray:
    """Return the measure of each point to the centre of its label, shape (count, k)."""
    rows = np.arange(len(case.labels))
    columns = []
    for place, point in enumerate(case.points):
        centres = case.centres[rows, (case.labels[:, place] == -1).astype(np.int64)]
        columns.append(measures(point - centres, case.norm))
    return np.stack(columns, axis=1)


def _side(label: int) -> int:
    return 0 if label == 1 else 1


def _all_rows(count: int) -> Any:
    from constructions.data.ball_pairs import every_labelling

    return (tuple(row) for row in every_labelling(count).tolist())
