"""Exact interval propagation over all balls at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from constructions.exact.workers import worker_count
from verify.methods.ball_program import SAFE, BallProgram
from verify.methods.interval_kernel import kernel_input, lower_margins
from verify.methods.interval_matrices import PairedIntervals

_BLOCK = 32
_BATCH_BYTES = 2**27

Progress = Callable[[int], None]


def interval_margins(
    program: BallProgram, points: np.ndarray, deadline: float | None = None, progress: Progress | None = None
) -> list[int | None]:
    """Bound the smallest output from below on every ball, by plain intervals.

    Accepts:
        Any network on l-infinity, l1 and l2 balls, optionally cut by a box.

    Decides:
        Sound: a positive bound proves the point robust. Exact for one affine map.

    Method:
        Interval arithmetic in int64, layer by layer; in l1 and l2 also the value at the
        centre plus or minus the steepest slope times the radius, for the first two
        layers. Compiled, ball by ball, with early exit. Networks whose integers do not
        fit int64, or with a single map, use exact matrix products instead.

    Cost:
        About one pass over the parameters per ball; far less when bumps vanish early.

    Reference:
        Gowal et al., On the effectiveness of interval bound propagation (2018).

    Args:
        program: the network and balls as integers.
        points: integers, shape (n, dim).
        deadline: ``time.monotonic()`` value after which remaining balls are left open.
        progress: called with the number of balls done since the last call.

    Returns:
        One integer per point, in units of the program's last scale; ``None`` where time
        ran out.
    """
    if len(program.weights) == 1 or not program.fits_int64 or points.dtype == object:
        return paired_margins(program, points, deadline, progress, pairing=False)
    parts = kernel_input(program, points)
    result = np.empty(len(points), dtype=np.int64)
    done = np.zeros(len(points), dtype=bool)

    def run(block: slice) -> int:
        if deadline is None or time.monotonic() < deadline:
            lower_margins(points[block], parts, result[block])
            done[block] = True
        return block.stop - block.start

    with ThreadPoolExecutor(worker_count()) as pool:
        for count in pool.map(run, _slices(len(points), _BLOCK)):
            if progress is not None:
                progress(count)
    return [int(value) if ready else None for value, ready in zip(result, done, strict=True)]


def paired_margins(
    program: BallProgram,
    points: np.ndarray,
    deadline: float | None = None,
    progress: Progress | None = None,
    pairing: bool = True,
) -> list[int | None]:
    """Bound the smallest output from below on every ball, with pairs of ReLUs together.

    Accepts:
        Any network on l-infinity, l1 and l2 balls, optionally cut by a box.

    Decides:
        Sound: a positive bound proves the point robust. Exact on boxes for sums of
        two-sided bumps, absolute values and trees of maxima.

    Method:
        As ``interval_margins``, and two terms of a sum whose inputs partly cancel are
        bounded through their combined form. Exact matrix products, float64, int64 or
        big integers by a bound found first.

    Cost:
        A few passes over the parameters per ball, in batches of bounded memory.

    Reference:
        The identities of ``verify.methods.interval_matrices``.

    Args:
        program: the network and balls as integers.
        points: integers, shape (n, dim).
        deadline: ``time.monotonic()`` value after which remaining balls are left open.
        progress: called with the number of balls done since the last call.
        pairing: bound pairs together; otherwise plain intervals by matrix products.

    Returns:
        One integer per point, in units of the program's last scale; ``None`` where time
        ran out.
    """
    intervals = PairedIntervals(program, pairing)
    width = 16 if program.largest < SAFE else 128
    batch = max(1, _BATCH_BYTES // (width * max(intervals.rows, 1)))

    def run(block: slice) -> list[int | None]:
        if deadline is not None and time.monotonic() >= deadline:
            return [None] * (block.stop - block.start)
        return list(intervals.lower_margins(points[block]))

    result: list[int | None] = []
    with ThreadPoolExecutor(worker_count()) as pool:
        for part in pool.map(run, _slices(len(points), batch)):
            result.extend(part)
            if progress is not None:
                progress(len(part))
    return result


def _slices(total: int, size: int) -> Iterator[slice]:
    for start in range(0, total, size):
        yield slice(start, min(start + size, total))
