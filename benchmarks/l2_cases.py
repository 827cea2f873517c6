"""Small networks on l2 balls whose answer follows on paper, and memorizers at the radius they are built for."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

from benchmarks.boundary_cases import BoundaryCase, Layers
from benchmarks.our_side import sample_of
from constructions import LabelledPoints, load_data
from constructions.errors import BudgetExceeded, InexactInput
from constructions.memorizers.catalog import constructions_for
from constructions.memorizers.instance import half_separation

STEPS = (20, 30, 40)


def boundary_cases() -> Iterator[BoundaryCase]:
    """Yield networks at, inside and beyond the radius at which the ball first touches an error."""
    for name, layers, point, critical in _touching():
        yield BoundaryCase(f"{name}, exactly critical", layers, point, 1, critical, False)
        yield from _beside(name, layers, point, critical, critical)
    for name, layers, point, square in _irrational():
        for bits in STEPS:
            below = Fraction(math.isqrt(math.floor(square * 4**bits)), 2**bits)
            yield from _pair(name, layers, point, below, below + Fraction(1, 2**bits), bits)
    # f = relu(x - 8) + c is the constant c on the ball.
    for constant, robust in ((0.0, False), (2.0**-30, True), (-(2.0**-30), False)):
        plateau: Layers = (([[1, 0]], [-8]), ([[1]], [constant]))
        yield BoundaryCase(f"plateau at {constant:g}", plateau, (Fraction(0),) * 2, 1, Fraction(1), robust)


def _beside(
    name: str, layers: Layers, point: tuple[Fraction, ...], low: Fraction, high: Fraction
) -> Iterator[BoundaryCase]:
    for bits in STEPS:
        yield from _pair(name, layers, point, low - Fraction(1, 2**bits), high + Fraction(1, 2**bits), bits)


def _pair(
    name: str, layers: Layers, point: tuple[Fraction, ...], below: Fraction, above: Fraction, bits: int
) -> Iterator[BoundaryCase]:
    yield BoundaryCase(f"{name}, inside by 2^-{bits}", layers, point, 1, below, True)
    yield BoundaryCase(f"{name}, over by 2^-{bits}", layers, point, 1, above, False)


def _touching() -> Iterator[tuple[str, Layers, tuple[Fraction, ...], Fraction]]:
    zero, one = Fraction(0), Fraction(1)
    # f = 5 - 3x - 4y from 0: zero at (3/5, 4/5), at distance 1.
    yield "line 3, 4, 5", (([[-3, -4]], [5]),), (zero, zero), one
    # f = 5x + 12y - 13/2 from (1, 1): 21/2 at the centre, zero at distance 21/26.
    yield "line 5, 12, 13", (([[5, 12]], [-6.5]),), (one, one), Fraction(21, 26)
    # f = 5 - 3 relu(x) - 4 relu(y): at most 3x + 4y is lost, 5 r on the quarter of the ball.
    yield "two ReLUs", (([[1, 0], [0, 1]], [0, 0]), ([[-3, -4]], [5])), (zero, zero), one
    # f = 2 - |x|_1 in four dimensions: |x|_1 is at most 2 r.
    faces = ([[s * (i == j) for j in range(4)] for i in range(4) for s in (1, -1)], [0] * 8)
    yield "l1 norm in 4 dimensions", (faces, ([[-1] * 8], [2])), (zero,) * 4, one
    # f = 1 - 2^20 relu(3x + 4y - 5) from 0: zero where 3x + 4y = 5 + 2^-20, at distance 1 + 2^-20/5.
    steep: Layers = (([[3, 4]], [-5]), ([[-(2.0**20)]], [1]))
    yield "slope 2^20", steep, (zero, zero), 1 + Fraction(1, 5 * 2**20)


def _irrational() -> Iterator[tuple[str, Layers, tuple[Fraction, ...], Fraction]]:
    zero = Fraction(0)
    # f = 1 - x - y from 0: zero at distance 1/sqrt(2).
    yield "line 1, 1", (([[-1, -1]], [1]),), (zero, zero), Fraction(1, 2)
    # f = 1 - |x| - |y| - |z|: |x|_1 is at most sqrt(3) r.
    faces = ([[s * (i == j) for j in range(3)] for i in range(3) for s in (1, -1)], [0] * 6)
    yield "l1 norm in 3 dimensions", (faces, ([[-1] * 6], [1])), (zero,) * 3, Fraction(1, 3)


def boundary_job(case: BoundaryCase, path: Path) -> dict[str, Any]:
    """Write the network and return the job of the tools, in l2."""
    return {**case.job(path), "norm": "l2"}


def memorizer_jobs(folder: Path, sample: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield memorizers in files with their balls; all are robust, by the theorem.

    Those that no float type holds exactly are left out.
    """
    small, digits = load_data("random:n=20,d=4,levels=16,seed=0"), load_data("digits:even-odd")
    wanted = [(small, "20 x 4", ratio, ("cuts", "kinks", "shared-square")) for ratio in ("3/7", "9/10")]
    wanted.append((digits, "digits", "1/2", ("cuts", "shared-square")))
    for data, name, ratio, constructions in wanted:
        for construction in constructions:
            path = folder / f"{name}-{construction}-{ratio.replace('/', '_')}.onnx".replace(" ", "")
            job = _memorizer_job(data, construction, Fraction(ratio), path, sample)
            if job is not None:
                yield f"{construction}, {name}, {ratio} of eps", job


def _memorizer_job(
    data: LabelledPoints, construction: str, ratio: Fraction, path: Path, sample: int
) -> dict[str, Any] | None:
    closest = data.closest_opposite_pairs("l2")
    assert closest is not None
    radius = ratio * half_separation(closest.distance, "l2")
    (entry,) = constructions_for("l2", construction)
    try:
        plan = entry.plan(data, radius, None, "l2", None)
        if plan is None:
            return None
        plan.build().to_onnx(path)
    except (BudgetExceeded, InexactInput):
        return None
    return {
        "onnx": str(path),
        "scale": data.scale,
        "radius": str(radius),
        "norm": "l2",
        "points": data.numerators.tolist(),
        "labels": list(data.labels),
        "sample": sample_of(len(data), sample),
        "batch": False,
    }
