"""What the paper builds: exact networks, data and balls, with no knowledge of checking.

The public names load on first use, so that importing the package is cheap.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from constructions.classifiers.cells import classify_with_cells
    from constructions.classifiers.interpolation import classify_by_interpolation
    from constructions.classifiers.optimal import classify_optimally
    from constructions.classifiers.overfitting import count_overfitting, overfit_robustly
    from constructions.classifiers.shifted_cells import classify_with_shifted_cells
    from constructions.data.finite_distribution import FiniteDistribution
    from constructions.data.labelled_points import LabelledPoints
    from constructions.data.norm_ball import NormBall
    from constructions.data.sources import load_data, trim_closest
    from constructions.errors import AssumptionViolated, BudgetExceeded, InexactInput, MalformedInput, UsageError
    from constructions.exact.rational import exactly
    from constructions.hard_distributions.balanced import balance_of, balanced_reweighting
    from constructions.hard_distributions.binary_code import CodeFamily, gilbert_varshamov, lexicode
    from constructions.hard_distributions.cube_grid import CubeGrid
    from constructions.hard_distributions.halfspace import separating_halfspace
    from constructions.hard_distributions.labellings import HashedLabels, uniform_labels
    from constructions.hard_distributions.linear_separable import LinearlySeparableGrid
    from constructions.manifolds.covers import cover_manifold, covered_cloud
    from constructions.manifolds.cube_boundary import CubeBoundary
    from constructions.manifolds.flat_torus import FlatTorus
    from constructions.manifolds.planes import AxisPlane, DiagonalPlane
    from constructions.manifolds.sources import load_manifold
    from constructions.manifolds.sphere import Sphere
    from constructions.manifolds.swiss_roll import SwissRoll
    from constructions.memorizers.box_bumps import memorize_with_box_bumps
    from constructions.memorizers.l1_bumps import memorize_with_l1_bumps
    from constructions.memorizers.literals import memorize_with_literals
    from constructions.memorizers.paper import memorize_by_the_papers_route
    from constructions.network.affine_map import AffineMap
    from constructions.network.relu_network import NetworkSize, ReluNetwork
    from constructions.sets.box_union import BoxUnion
    from constructions.sets.covered_cloud import CoveredCloud
    from constructions.sets.finite_set import FiniteSet
    from constructions.sets.labelled_sets import LabelledSets
    from constructions.sets.polytope import Polytope
    from constructions.sets.set_union import SetUnion
    from constructions.sets.sources import load_sets

_HOMES = {
    "AffineMap": "constructions.network.affine_map",
    "AssumptionViolated": "constructions.errors",
    "AxisPlane": "constructions.manifolds.planes",
    "BoxUnion": "constructions.sets.box_union",
    "BudgetExceeded": "constructions.errors",
    "CodeFamily": "constructions.hard_distributions.binary_code",
    "CoveredCloud": "constructions.sets.covered_cloud",
    "CubeBoundary": "constructions.manifolds.cube_boundary",
    "CubeGrid": "constructions.hard_distributions.cube_grid",
    "DiagonalPlane": "constructions.manifolds.planes",
    "FiniteDistribution": "constructions.data.finite_distribution",
    "FiniteSet": "constructions.sets.finite_set",
    "FlatTorus": "constructions.manifolds.flat_torus",
    "HashedLabels": "constructions.hard_distributions.labellings",
    "InexactInput": "constructions.errors",
    "LabelledPoints": "constructions.data.labelled_points",
    "LabelledSets": "constructions.sets.labelled_sets",
    "LinearlySeparableGrid": "constructions.hard_distributions.linear_separable",
    "MalformedInput": "constructions.errors",
    "NetworkSize": "constructions.network.relu_network",
    "NormBall": "constructions.data.norm_ball",
    "Polytope": "constructions.sets.polytope",
    "ReluNetwork": "constructions.network.relu_network",
    "SetUnion": "constructions.sets.set_union",
    "Sphere": "constructions.manifolds.sphere",
    "SwissRoll": "constructions.manifolds.swiss_roll",
    "UsageError": "constructions.errors",
    "balance_of": "constructions.hard_distributions.balanced",
    "balanced_reweighting": "constructions.hard_distributions.balanced",
    "classify_by_interpolation": "constructions.classifiers.interpolation",
    "classify_optimally": "constructions.classifiers.optimal",
    "classify_with_cells": "constructions.classifiers.cells",
    "classify_with_shifted_cells": "constructions.classifiers.shifted_cells",
    "count_overfitting": "constructions.classifiers.overfitting",
    "cover_manifold": "constructions.manifolds.covers",
    "covered_cloud": "constructions.manifolds.covers",
    "exactly": "constructions.exact.rational",
    "gilbert_varshamov": "constructions.hard_distributions.binary_code",
    "lexicode": "constructions.hard_distributions.binary_code",
    "load_data": "constructions.data.sources",
    "load_manifold": "constructions.manifolds.sources",
    "load_sets": "constructions.sets.sources",
    "memorize_by_the_papers_route": "constructions.memorizers.paper",
    "memorize_with_box_bumps": "constructions.memorizers.box_bumps",
    "memorize_with_l1_bumps": "constructions.memorizers.l1_bumps",
    "memorize_with_literals": "constructions.memorizers.literals",
    "overfit_robustly": "constructions.classifiers.overfitting",
    "separating_halfspace": "constructions.hard_distributions.halfspace",
    "trim_closest": "constructions.data.sources",
    "uniform_labels": "constructions.hard_distributions.labellings",
}

__all__ = [
    "AffineMap",
    "AssumptionViolated",
    "AxisPlane",
    "BoxUnion",
    "BudgetExceeded",
    "CodeFamily",
    "CoveredCloud",
    "CubeBoundary",
    "CubeGrid",
    "DiagonalPlane",
    "FiniteDistribution",
    "FiniteSet",
    "FlatTorus",
    "HashedLabels",
    "InexactInput",
    "LabelledPoints",
    "LabelledSets",
    "LinearlySeparableGrid",
    "MalformedInput",
    "NetworkSize",
    "NormBall",
    "Polytope",
    "ReluNetwork",
    "SetUnion",
    "Sphere",
    "SwissRoll",
    "UsageError",
    "balance_of",
    "balanced_reweighting",
    "classify_by_interpolation",
    "classify_optimally",
    "classify_with_cells",
    "classify_with_shifted_cells",
    "count_overfitting",
    "cover_manifold",
    "covered_cloud",
    "exactly",
    "gilbert_varshamov",
    "lexicode",
    "load_data",
    "load_manifold",
    "load_sets",
    "memorize_by_the_papers_route",
    "memorize_with_box_bumps",
    "memorize_with_l1_bumps",
    "memorize_with_literals",
    "overfit_robustly",
    "separating_halfspace",
    "trim_closest",
    "uniform_labels",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'constructions' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
