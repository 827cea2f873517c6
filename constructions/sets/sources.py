"""Two labelled sets by name: files, random boxes, or the classes of any labelled points."""

from __future__ import annotations

from constructions.data.generators import random_from_options
from constructions.data.sources import load_data
from constructions.errors import AssumptionViolated, UsageError
from constructions.sets.generators import boxes_from_options
from constructions.sets.labelled_sets import LabelledSets


def load_sets(spec: str) -> LabelledSets:
    """Return the two sets that a short text names, with exact coordinates.

    Args:
        spec: ``boxes:n=4,d=2,levels=8,seed=0`` (random boxes in different cells of a grid,
            half of them A), ``points:n=64,d=8,levels=16,seed=0``, a file ending in
            ``.json`` as ``LabelledSets.save`` writes it, or any specification of labelled
            points: those labelled +1 are A, those labelled -1 B.

    Raises:
        UsageError: the source is unknown, an option does not parse, a file is missing, or
            the points have one label only.
        MalformedInput: a file is damaged or forged.

    Example:
        >>> load_sets("boxes:n=2,d=1,levels=4").separation("linf")
        Fraction(5, 7)
    """
    if spec[-5:].lower() == ".json":
        return LabelledSets.load(spec)
    name, colon, options = spec.partition(":")
    if name == "boxes":
        return boxes_from_options(options if colon else None)
    data = random_from_options(options if colon else None) if name == "points" else load_data(spec)
    try:
        return LabelledSets.of_points(data)
    except AssumptionViolated as error:
        raise UsageError(f"{spec}: {error}") from None
