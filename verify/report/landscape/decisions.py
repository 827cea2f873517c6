"""The smallest construction at every ratio, built and decided from its weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from verify.report.landscape.sizes import Entry, Landscape
from verify.robustness import RobustError, robust_error


@dataclass(frozen=True, slots=True)
class Decision:
    """The network of one construction at one ratio, and what is proved of it.

    Attributes:
        ratio: radius over eps.
        name: of the construction.
        status: ``robust`` (at every point), ``violated`` or ``unknown``.
        nonzero: its nonzero parameters, counted on the network.
        dense: all its parameters.
        depth: its affine maps.
        fits: whether it has what the closed form says: as many dense parameters and maps,
            and no more nonzero ones.
        detail: where it is wrong, or what is open.
    """

    ratio: Fraction
    name: str
    status: str
    nonzero: int
    dense: int
    depth: int
    fits: bool
    detail: str = ""


def decide_smallest(
    landscape: Landscape,
    seconds: Callable[[], float | None],
    seed: int = 0,
    progress: Callable[[str, int, int], None] | None = None,
) -> Iterator[Decision]:
    """Build and decide the smallest construction of each row of a data set's landscape.

    Args:
        landscape: of a data set.
        seconds: how much time is left, asked before each.
        seed: of the attacks.
        progress: called as methods do.
    """
    for row in landscape.rows:
        entry = row.smallest()
        if entry is not None and entry.plan is not None:
            yield _decided(landscape, entry, seconds(), seed, progress)


def _decided(
    landscape: Landscape,
    entry: Entry,
    seconds: float | None,
    seed: int,
    progress: Callable[[str, int, int], None] | None,
) -> Decision:
    setting = landscape.setting
    assert entry.plan is not None and setting.data is not None
    network = entry.plan.build()
    radius = setting.radius(entry.ratio)
    result = robust_error(network, setting.data, setting.norm, radius, seconds=seconds, seed=seed, progress=progress)
    size = network.size
    fits = size.nonzero <= entry.plan.parameters and (
        not entry.dense or (size.dense, size.depth) == (entry.dense, entry.depth)
    )
    status = "robust" if result.upper == 0 else "violated" if result.lower > 0 else "unknown"
    detail = _detail(result, status)
    return Decision(entry.ratio, entry.name, status, size.nonzero, size.dense, size.depth, fits, detail)


def _detail(result: RobustError, status: str) -> str:
    if status == "violated":
        wrong = result.status.index("violated")
        return f"point {wrong} is wrong at {', '.join(str(value) for value in result.witness(wrong) or ())}"
    return "" if status == "robust" else f"{result.status.count('unknown')} points are not decided"
