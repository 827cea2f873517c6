"""Evaluate memorizers exactly at many rational points of their balls: no margin may be below 1.

    python benchmarks/sampled_margins.py --points 100000 -o out

Every construction that applies is built on random data in dimensions 1 to 8 at several
ratios of radius to eps, and on the digits. Its parameters are compared with their closed
form. Points lie on the spheres, just inside, and on the way to opposite points and away from
them; each is first shown to lie in its closed ball. Samples prove nothing, they only refute:
exit code 1 and a line for any margin below 1 or wrong count.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from benchmarks.common import machine, print_table, progress, write_json
from constructions import LabelledPoints, ReluNetwork, load_data
from constructions.errors import BudgetExceeded
from constructions.memorizers.catalog import Plan, constructions_for
from constructions.memorizers.instance import half_separation
from verify.testing.ball_points import BallPoints, ball_points

RATIOS = ("1/100", "1/2", "9/10", "99/100")
DIMS = range(1, 9)
POINTS_OF_A_SET = 12
DIGITS_RATIO = "1/2"
LARGE_NETWORK = 10**6
MOST_OF_A_BLOCK = {False: 240, True: 48}
FEWEST_BLOCKS = 9


@dataclass
class Row:
    """What was seen of one construction, in one norm.

    Attributes:
        norm: of the balls.
        construction: its name.
        networks: how many were built.
        exact_counts: how many have just the parameters of the closed form.
        points: evaluated, all in their closed balls.
        on_sphere: of those, at distance exactly the radius.
        violations: of those, with a margin below 1.
        smallest: margin.
        seconds: of evaluating.
    """

    norm: str
    construction: str
    networks: int = 0
    exact_counts: int = 0
    points: int = 0
    on_sphere: int = 0
    violations: int = 0
    smallest: Fraction | None = None
    seconds: float = 0.0

    def count(self, network: ReluNetwork, plan: Plan) -> bool:
        """Compare a network with its plan; true when its size is one the closed form allows."""
        less = plan.parameters - network.size.nonzero
        self.networks += 1
        self.exact_counts += less == 0
        return less == 0 or (not plan.is_exact_count and 0 < less <= network.size.units)

    def evaluate(self, network: ReluNetwork, data: LabelledPoints, radius: Fraction, block: BallPoints) -> bool:
        """Take the exact margins at a block of points; true when none is below 1."""
        limit = radius * radius if self.norm == "l2" else radius
        sizes = block.sizes(data, self.norm)
        assert max(sizes) <= limit, f"a point of kind {block.kind} lies outside its ball"
        started = time.perf_counter()
        values = network.numerators_at(block.numerators, block.scale)[:, 0]
        margins = values.astype(object) * data.label_array[block.index].astype(object)
        self.seconds += time.perf_counter() - started
        one = block.scale * network.scale
        smallest = Fraction(int(margins.min()), one)
        self.points += len(sizes)
        self.on_sphere += sizes.count(limit)
        self.violations += int(np.count_nonzero(margins < one))
        self.smallest = smallest if self.smallest is None else min(self.smallest, smallest)
        return smallest >= 1


def main(arguments: list[str] | None = None) -> int:
    """Evaluate the asked number of points; return 1 when a margin is below 1 or a count is wrong."""
    options = _options(arguments)
    rows: dict[str, Row] = {}
    stream, wrong, started = Random(options.seed), [], time.monotonic()
    for norm in options.norms:
        cases = list(_cases(norm, options))
        for place, (name, data, radius) in enumerate(cases):
            progress(f"{norm}: {name}, radius {float(radius):.4g}, {place + 1} of {len(cases)}")
            wrong += _case(norm, name, data, radius, rows, options.points // len(cases), stream)
    document = {
        "machine": machine(),
        "seed": options.seed,
        "points": sum(row.points for row in rows.values()),
        "violations": sum(row.violations for row in rows.values()),
        "seconds": round(time.monotonic() - started, 1),
        "wrong": wrong,
        "rows": [asdict(row) | {"smallest": str(row.smallest)} for row in rows.values()],
    }
    _print(document)
    write_json(options.folder, "sampled_margins", document)
    return 1 if wrong else 0


def _cases(norm: str, options: argparse.Namespace) -> Iterator[tuple[str, LabelledPoints, Fraction]]:
    specs = [
        (f"random:n={POINTS_OF_A_SET},d={dim},levels={1 << max(2, 12 // dim)},seed={options.seed}", ratio)
        for dim in DIMS
        for ratio in RATIOS
    ]
    for name, ratio in (*specs, *([("digits:even-odd", DIGITS_RATIO)] if options.digits else [])):
        data = load_data(name)
        closest = data.closest_opposite_pairs(norm)
        if closest is not None:
            yield name, data, Fraction(ratio) * half_separation(closest.distance, norm)


def _case(
    norm: str, name: str, data: LabelledPoints, radius: Fraction, rows: dict[str, Row], points: int, stream: Random
) -> list[str]:
    """Evaluate every construction on one data set at some points each; return what is wrong."""
    built, wrong = [], []
    for entry in constructions_for(norm):
        try:
            plan = entry.plan(data, radius, None, norm, None)
        except BudgetExceeded:
            continue
        if plan is not None:
            row = rows.setdefault(f"{norm} {entry.name}", Row(norm, entry.name))
            network = plan.build()
            built.append((row, network))
            if not row.count(network, plan):
                wrong.append(f"{norm} {entry.name}, {name}: {network.size.nonzero} parameters, not {plan.parameters}")
    done = 0
    for number, block in enumerate(ball_points(data, norm, radius, stream)):
        for row, network in built:
            part = _part(block, MOST_OF_A_BLOCK[network.size.nonzero > LARGE_NETWORK], stream)
            done += len(part.index)
            if not row.evaluate(network, data, radius, part):
                wrong.append(f"{norm} {row.construction}, {name}, radius {radius}: margin below 1, {part.kind}")
        if done >= points and number >= FEWEST_BLOCKS:
            return wrong
    return wrong


def _part(block: BallPoints, most: int, stream: Random) -> BallPoints:
    """Return at most so many of the points."""
    if len(block.index) <= most:
        return block
    chosen = np.array(sorted(stream.sample(range(len(block.index)), most)))
    return BallPoints(block.kind, block.index[chosen], block.numerators[chosen], block.scale)


def _print(document: dict[str, Any]) -> None:
    rows = [
        [
            f"{row['norm']} {row['construction']}",
            f"{row['exact_counts']} of {row['networks']}",
            f"{row['points']:,}",
            f"{row['on_sphere']:,}",
            row["violations"],
            row["smallest"],
            f"{row['seconds']:.1f}",
        ]
        for row in document["rows"]
    ]
    columns = ["construction", "exactly the closed form", "points", "on the sphere", "margin < 1", "smallest", "s"]
    notes = [f"{document['points']:,} points, {document['violations']} violations, seed {document['seed']}"]
    print_table("Margins at exact points of the balls", columns, rows, [*notes, *document["wrong"]])


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=100_000, help="at least about this many a norm (default 100000)")
    parser.add_argument("--norms", nargs="+", default=["l2"], choices=["l2", "linf", "l1"], metavar="NORM")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--no-digits", dest="digits", action="store_false", help="random data only")
    parser.add_argument("-o", dest="folder", type=Path, help="folder for sampled_margins.json")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
