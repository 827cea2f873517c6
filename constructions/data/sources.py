"""Labelled points by name: real data sets, random and hard grids, csv and npz files; trimming."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from constructions.data import files, generators, real_data
from constructions.data.labelled_points import LabelledPoints
from constructions.errors import UsageError
from constructions.hard_distributions.options import hard_from_options

_FILES: dict[str, Callable[[Path], LabelledPoints]] = {".csv": files.read_csv, ".npz": files.read_npz}
_NAMED: dict[str, Callable[[str | None], LabelledPoints]] = {
    "digits": real_data.digits,
    "breast-cancer": real_data.breast_cancer,
    "wine": real_data.wine,
    "iris": real_data.iris,
    "karate": real_data.karate,
    "random": generators.random_from_options,
    "hard": hard_from_options,
}
_HELP = (
    ("digits:even-odd", "1,797 handwritten digits, pixels/16; the first group is +1, the second -1"),
    ("digits:3-8", "one digit against another; digits in neither group are left out"),
    ("digits:01234-56789", "several digits a side; also even, odd, and rest (all others)"),
    ("breast-cancer", "569 tumours, 30 features scaled to [0,1]; malignant +1, benign -1"),
    ("wine:0-1", "wines of two cultivars, 13 features scaled to [0,1]; groups as for digits"),
    ("iris:1-2", "irises of two species, 4 features scaled to [0,1]; groups as for digits"),
    ("karate", "34 rows of the karate club's adjacency matrix; Mr. Hi's club +1"),
    (
        "random:n=64,d=8,levels=16,seed=0",
        "points k/(levels-1) of a grid, /shrink; opposite labels never equal; all optional",
    ),
    ("hard:d=6,eps=1/8,seed=0", "a hard grid, random labels; also c (radius/eps), offset, independence, family=cube"),
    ("file.csv", "a header, the last column named label; decimals and p/q are taken exactly"),
    ("file.npz", "integer arrays points (n, d), labels (n,) and scale, the denominator (default 1)"),
)


def load_data(spec: str) -> LabelledPoints:
    """Return the labelled points that a short text names, with exact coordinates.

    Args:
        spec: a source and its options, as listed by ``describe_spec_help``; a text
            that ends in ``.csv`` or ``.npz`` is a file.

    Raises:
        UsageError: the source is unknown, an option does not parse, or a file is missing.
        MalformedInput: a file is damaged or forged.
        InexactInput: a file holds a number that is not exact.
        BudgetExceeded: the data cannot fit in memory.

    Example:
        >>> load_data("random:n=6,d=2,seed=1")
        LabelledPoints(n=6, dim=2, labels={-1: 3, +1: 3}, scale=15)
    """
    reader = _FILES.get(spec[-4:].lower())
    if reader is not None:
        return reader(Path(spec))
    refuse_unknown_source(spec)
    name, colon, options = spec.partition(":")
    return _NAMED[name](options if colon else None)


def refuse_unknown_source(spec: str) -> None:
    """Refuse a specification whose source does not exist, without reading any data.

    Raises:
        UsageError: the source is unknown; the message lists the known ones.
    """
    name = spec.partition(":")[0]
    if spec[-4:].lower() not in _FILES and name not in _NAMED:
        known = ", ".join(_NAMED)
        raise UsageError(f"unknown data source {name[:40]!r}; choose {known}, or a file ending in .csv or .npz")


def describe_spec_help() -> str:
    """Return the forms that ``load_data`` accepts, one example a line."""
    width = max(len(example) for example, _ in _HELP)
    return "\n".join(f"{example:<{width}}  {meaning}" for example, meaning in _HELP)


def trim_closest(data: LabelledPoints, k: int, norm: str = "linf") -> tuple[LabelledPoints, tuple[int, ...]]:
    """Return the data without the k points that lie closest to a point of another label.

    Points are ranked by their exact distance to the nearest point of another label in
    ``data`` (not ranked again after a removal); of equal distances the smaller index
    goes first.

    Args:
        data: labelled points.
        k: how many points to drop; at least one must remain.
        norm: ``"linf"``, ``"l1"`` or ``"l2"``.

    Returns:
        The remaining points in their order, and the dropped indices in increasing order.

    Raises:
        UsageError: k is out of range, or all points have one label.

    Example:
        >>> data = LabelledPoints.of([[0], [5], [6]], labels=[-1, -1, +1])
        >>> trim_closest(data, 1)[1]
        (1,)
    """
    if not 0 <= k < len(data):
        raise UsageError(f"cannot drop {k} of {len(data)} points; choose 0 to {len(data) - 1}")
    if k == 0:
        return data, ()
    from constructions.exact.nearest_opposite import nearest_opposite_distances

    distances = nearest_opposite_distances(data.numerators, data.label_array, norm)
    if distances is None:
        raise UsageError(f"cannot drop the {k} closest points: all points have label {data.classes[0]}")
    dropped = np.argsort(distances, kind="stable")[:k]
    kept = np.setdiff1d(np.arange(len(data)), dropped)
    return data.subset(kept), tuple(sorted(int(index) for index in dropped))
