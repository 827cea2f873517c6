"""Whether it holds: exact checks, verdicts and certificates for ReLU networks.

The public names load on first use, so that importing the package is cheap.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from verify import testing
    from verify.black_boxes.black_box import BlackBox
    from verify.black_boxes.sources import black_box
    from verify.capacity.classes import ClassBound, certified_class_bound, certified_vc_dimension
    from verify.capacity.size_bound import SizeBound, certified_size_bound
    from verify.certificate.issue import recheck
    from verify.generalization.error_estimate import ErrorEstimate
    from verify.generalization.population_error import RobustTestError, robust_test_error
    from verify.generalization.sampled_error import sampled_error, sampled_robust_error
    from verify.manifold_robustness import robust_error_on_manifold
    from verify.neighbourhoods.error import NeighbourhoodError, neighbourhood_error
    from verify.network_property import decide_property
    from verify.optimal_risk.error_curve import OptimalErrorCurve, optimal_error_curve
    from verify.optimal_risk.optimal_error import OptimalRobustError, optimal_robust_error
    from verify.pointwise import clean_error, wrong_points, wrong_points_in_floats
    from verify.radius import RobustRadius, robust_radius
    from verify.robustness import RobustError, robust_error
    from verify.theorem import Report, Theorem
    from verify.theorems.registry import check, theorems
    from verify.verdict import Verdict

DISTRIBUTION = "robustproofs"

_HOMES = {
    "BlackBox": "verify.black_boxes.black_box",
    "ClassBound": "verify.capacity.classes",
    "ErrorEstimate": "verify.generalization.error_estimate",
    "Report": "verify.theorem",
    "OptimalErrorCurve": "verify.optimal_risk.error_curve",
    "OptimalRobustError": "verify.optimal_risk.optimal_error",
    "RobustError": "verify.robustness",
    "Theorem": "verify.theorem",
    "Verdict": "verify.verdict",
    "SizeBound": "verify.capacity.size_bound",
    "clean_error": "verify.pointwise",
    "wrong_points": "verify.pointwise",
    "wrong_points_in_floats": "verify.pointwise",
    "certified_class_bound": "verify.capacity.classes",
    "certified_size_bound": "verify.capacity.size_bound",
    "certified_vc_dimension": "verify.capacity.classes",
    "black_box": "verify.black_boxes.sources",
    "check": "verify.theorems.registry",
    "recheck": "verify.certificate.issue",
    "RobustRadius": "verify.radius",
    "decide_property": "verify.network_property",
    "optimal_error_curve": "verify.optimal_risk.error_curve",
    "optimal_robust_error": "verify.optimal_risk.optimal_error",
    "NeighbourhoodError": "verify.neighbourhoods.error",
    "neighbourhood_error": "verify.neighbourhoods.error",
    "robust_error": "verify.robustness",
    "robust_error_on_manifold": "verify.manifold_robustness",
    "robust_radius": "verify.radius",
    "RobustTestError": "verify.generalization.population_error",
    "robust_test_error": "verify.generalization.population_error",
    "sampled_error": "verify.generalization.sampled_error",
    "sampled_robust_error": "verify.generalization.sampled_error",
}

__all__ = [
    "DISTRIBUTION",
    "BlackBox",
    "ClassBound",
    "ErrorEstimate",
    "NeighbourhoodError",
    "OptimalErrorCurve",
    "OptimalRobustError",
    "Report",
    "RobustError",
    "RobustRadius",
    "RobustTestError",
    "SizeBound",
    "Theorem",
    "Verdict",
    "black_box",
    "certified_class_bound",
    "certified_size_bound",
    "certified_vc_dimension",
    "check",
    "clean_error",
    "decide_property",
    "neighbourhood_error",
    "optimal_error_curve",
    "optimal_robust_error",
    "recheck",
    "robust_error",
    "robust_error_on_manifold",
    "robust_radius",
    "robust_test_error",
    "sampled_error",
    "sampled_robust_error",
    "testing",
    "theorems",
    "wrong_points",
    "wrong_points_in_floats",
]


def __getattr__(name: str) -> Any:
    if name in ("testing", "theorems"):
        return import_module(f"verify.{name}")
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'verify' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
