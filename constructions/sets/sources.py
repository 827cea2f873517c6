"""Two labelled sets by name, and what can be drawn from: files, random boxes, hard grids, labelled points."""

from __future__ import annotations

from constructions.data.finite_distribution import FiniteDistribution
from constructions.data.generators import random_from_options
from constructions.data.sampler import Sampler
from constructions.data.sources import load_data
from constructions.errors import AssumptionViolated, UsageError
from constructions.hard_distributions.options import hard_grid_from_options
from constructions.sets.box_mixture import BoxMixture
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


def load_sampler(spec: str) -> Sampler:
    """Return the distribution that a short text names, ready to be drawn from.

    Args:
        spec: ``hard:d=1000,eps=1/8`` is uniform on a hard grid, none of whose points are
            listed; other points (see ``load_data``) are equally likely; ``boxes:...`` and
            ``FILE.json`` are sets, uniform by volume, or box by box where one is flat.

    Raises:
        UsageError: the source is unknown, an option does not parse, or a file is missing.
        MalformedInput: a file is damaged or forged.
        AssumptionViolated: the sets meet.

    Example:
        >>> load_sampler("hard:d=200,eps=1/8").draw(3, seed=0).dim
        200
    """
    name, colon, options = spec.partition(":")
    if name == "hard":
        return hard_grid_from_options(options if colon else None)
    if name == "boxes" or spec[-5:].lower() == ".json":
        sets = load_sets(spec)
        flat = not all(box.volume for box in BoxMixture.equal(sets).boxes)
        return BoxMixture.equal(sets) if flat else BoxMixture.uniform(sets)
    points = random_from_options(options if colon else None) if name == "points" else load_data(spec)
    return FiniteDistribution.uniform(points)
