"""What the paper builds: exact networks, data and balls, with no knowledge of checking.

The public names load on first use, so that importing the package is cheap.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from constructions.data.finite_distribution import FiniteDistribution
    from constructions.data.labelled_points import LabelledPoints
    from constructions.data.norm_ball import NormBall
    from constructions.data.sources import load_data, trim_closest
    from constructions.errors import AssumptionViolated, BudgetExceeded, InexactInput, MalformedInput, UsageError
    from constructions.exact.rational import exactly
    from constructions.memorizers.box_bumps import memorize_with_box_bumps
    from constructions.memorizers.l1_bumps import memorize_with_l1_bumps
    from constructions.memorizers.literals import memorize_with_literals
    from constructions.memorizers.paper import memorize_by_the_papers_route
    from constructions.network.affine_map import AffineMap
    from constructions.network.relu_network import NetworkSize, ReluNetwork

_HOMES = {
    "AffineMap": "constructions.network.affine_map",
    "AssumptionViolated": "constructions.errors",
    "BudgetExceeded": "constructions.errors",
    "FiniteDistribution": "constructions.data.finite_distribution",
    "InexactInput": "constructions.errors",
    "LabelledPoints": "constructions.data.labelled_points",
    "MalformedInput": "constructions.errors",
    "NetworkSize": "constructions.network.relu_network",
    "NormBall": "constructions.data.norm_ball",
    "ReluNetwork": "constructions.network.relu_network",
    "UsageError": "constructions.errors",
    "exactly": "constructions.exact.rational",
    "load_data": "constructions.data.sources",
    "memorize_by_the_papers_route": "constructions.memorizers.paper",
    "memorize_with_box_bumps": "constructions.memorizers.box_bumps",
    "memorize_with_l1_bumps": "constructions.memorizers.l1_bumps",
    "memorize_with_literals": "constructions.memorizers.literals",
    "trim_closest": "constructions.data.sources",
}

__all__ = [
    "AffineMap",
    "AssumptionViolated",
    "BudgetExceeded",
    "FiniteDistribution",
    "InexactInput",
    "LabelledPoints",
    "MalformedInput",
    "NetworkSize",
    "NormBall",
    "ReluNetwork",
    "UsageError",
    "exactly",
    "load_data",
    "memorize_by_the_papers_route",
    "memorize_with_box_bumps",
    "memorize_with_l1_bumps",
    "memorize_with_literals",
    "trim_closest",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'constructions' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
