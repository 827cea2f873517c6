"""Classifiers of two separated sets: random pairs with contacts, sizes in d and 1/eps, times.

    python benchmarks/robust_classifiers.py --pairs 2000 -o out/bench

Every pair lies on a coarse grid of the cube, so that sets touch the distance ``2 eps`` and
walls of cells in many places. Each network is decided on whole neighbourhoods and evaluated
exactly at points on their boundary. Exit code 1 if a margin is below the promised one.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import Any

import verify
from benchmarks.common import machine, print_table, progress, seconds_text, timed, write_json
from constructions.classifiers.catalog import FOR_ALL_SETS, ClassifierPlan, classifier_plans
from constructions.classifiers.cells import most_cell_parameters
from constructions.classifiers.interpolation import most_interpolation_parameters
from constructions.classifiers.separated_sets import SeparatedSets, separated_sets
from constructions.classifiers.shifted_cells import most_shifted_parameters
from constructions.data.labelled_points import LabelledPoints
from constructions.data.norm_ball import NormBall
from constructions.hard_distributions.grid import grid_steps
from constructions.network.relu_network import ReluNetwork
from constructions.sets.box_union import BoxUnion
from constructions.sets.generators import random_boxes
from constructions.sets.labelled_sets import LabelledSets
from constructions.sets.polytope import Polytope
from constructions.sets.set_union import SetUnion
from verify.capacity.size_bound import certified_size_bound
from verify.neighbourhoods.error import neighbourhood_error

NORMS = ("linf", "l2", "l1")
METHODS = {"cells": "pieces", "shifted-cells": "votes", "interpolation": "simplices"}
MOST = {"cells": 20_000, "shifted-cells": 12_000, "interpolation": 6_000}
SIZES = ((2, "1/8"), (4, "1/8"), (8, "1/8"), (16, "1/8"), (8, "1/4"), (8, "1/16"), (8, "1/32"))
# Norm, d, pieces k, levels of the grid (about 1/eps), and whether boxes become polytopes.
COVERED = (
    ("l2", 1, 4, 8, False),
    ("l2", 2, 4, 8, False),
    ("l2", 3, 4, 8, False),
    ("l2", 2, 8, 8, False),
    ("l2", 2, 16, 8, False),
    ("l2", 2, 4, 16, False),
    ("l2", 2, 4, 32, False),
    ("l1", 2, 4, 8, False),
    ("linf", 2, 4, 8, True),
    ("l2", 2, 4, 8, True),
    ("l1", 2, 4, 8, True),
)
MOST_COVERED = 6_000
TIMED = ((2, 8, 60), (3, 3, 60), (4, 2, 40))


def random_pair(stream: random.Random) -> SeparatedSets:
    """Draw points of both labels on a grid, a norm, eps and a radius."""
    dim, norm = stream.choice((1, 2, 2, 3, 3, 4)), stream.choice(NORMS)
    steps = {1: 6, 2: 4, 3: 2, 4: 1}[dim]
    count = min(stream.randint(2, 8), (steps + 1) ** dim)
    points: set[tuple[int, ...]] = set()
    while len(points) < count:
        points.add(tuple(stream.randint(0, steps) for _ in range(dim)))
    labels = [1, -1, *(stream.choice((1, -1)) for _ in range(count - 2))]
    data = LabelledPoints.of([[Fraction(v, steps) for v in point] for point in sorted(points)], labels)
    bare = separated_sets(data, 0, None, norm)
    eps = bare.eps * stream.choice((1, 1, 1, Fraction(5, 6)))
    return separated_sets(data, eps * Fraction(stream.randint(0, 7), 10), eps, norm)


def lowest_found(network: ReluNetwork, sets: SeparatedSets, stream: random.Random, probes: int = 6) -> Fraction:
    """Return the smallest of ``label * f`` at points of the neighbourhoods, many on their boundary."""
    ball, found = NormBall(sets.norm, sets.radius), []
    for _ in range(probes):
        label = stream.choice((1, -1))
        start, _ = stream.choice(sets.boxes(label))
        steps = [Fraction(stream.choice((-8, -8, 8, 8, stream.randint(-8, 8))), 4) for _ in start]
        point = ball.towards(start, [x + sets.radius * step for x, step in zip(start, steps, strict=True)])
        found.append(label * network(point)[0])
    return min(found)


def judge(plan: ClassifierPlan, sets: SeparatedSets, stream: random.Random) -> str:
    """Return "margin", "open" or "WRONG" for one network of one pair."""
    balls = sets.balls()
    assert plan.build is not None and balls is not None
    network = plan.build()
    result = verify.robust_error(network, balls, sets.norm, sets.radius, METHODS[plan.name])
    margin = result.smallest_margin
    if network.size.nonzero > plan.parameters or lowest_found(network, sets, stream) < plan.margin or result.lower:
        return "WRONG"
    return "margin" if margin is not None and margin >= plan.margin else "open"


def run_pairs(count: int, seed: int) -> dict[str, Any]:
    """Judge every construction that is small enough on many pairs."""
    found: dict[str, Counter[str]] = {name: Counter() for name in FOR_ALL_SETS}
    balls: Counter[str] = Counter()
    for place in range(count):
        stream = random.Random(f"pair {seed + place}")
        sets = random_pair(stream)
        for plan in classifier_plans(sets):
            if plan.name not in FOR_ALL_SETS:
                continue
            if plan.build is None or plan.parameters > MOST[plan.name]:
                found[plan.name]["counted"] += 1
                continue
            verdict = judge(plan, sets, stream)
            found[plan.name][verdict] += 1
            balls[plan.name] += sum(len(sets.boxes(label)) for label in (1, -1))
            if verdict != "margin":
                progress(f"pair {seed + place}: {plan.name} {verdict}")
        if (place + 1) % 100 == 0:
            progress(f"{place + 1} pairs")
    return {"pairs": count, "seed": seed, "found": {k: dict(v) for k, v in found.items()}, "balls": dict(balls)}


def run_sizes(ratio: Fraction) -> list[dict[str, Any]]:
    """Return what is enough for all sets, and what is certified to be too little, as d and eps vary."""
    rows = []
    for dim, text in SIZES:
        eps = Fraction(text)
        numbers = (dim, eps, ratio * eps)
        bound = certified_size_bound((grid_steps(eps) + 1) ** dim, dim, Fraction(0))
        rows.append(
            {
                "d": dim,
                "eps": text,
                "c": str(ratio),
                "interpolation": most_interpolation_parameters(*numbers),
                "cells": most_cell_parameters(*numbers),
                "shifted_cells": most_shifted_parameters(*numbers),
                "too_small": bound.size,
            }
        )
    return rows


def run_times(ratio: Fraction) -> list[dict[str, Any]]:
    """Decide networks with hundreds of cells, and re-check their certificates."""
    rows = []
    for dim, steps, count in TIMED:
        stream = random.Random(dim)
        points: set[tuple[int, ...]] = set()
        while len(points) < min(count, (steps + 1) ** dim):
            points.add(tuple(stream.randint(0, steps) for _ in range(dim)))
        ordered = sorted(points)
        data = LabelledPoints.of(
            [[Fraction(v, steps) for v in p] for p in ordered], [stream.choice((1, -1)) for _ in ordered]
        )
        bare = separated_sets(data, 0)
        sets = separated_sets(data, ratio * bare.eps)
        for plan in classifier_plans(sets):
            if plan.name not in FOR_ALL_SETS or plan.build is None or plan.parameters > 60_000:
                continue
            rows.append(timed_row(plan, sets, data))
    return rows


def random_shapes(dim: int, pieces: int, levels: int, polytopes: bool, seed: int = 0) -> LabelledSets:
    """Return boxes of a grid with gaps, or each replaced by the hull of its two main corners and an axis corner."""
    sets = random_boxes(pieces, dim, levels, seed)
    if not polytopes:
        return sets
    sides = []
    for side in (sets.positive, sets.negative):
        assert isinstance(side, BoxUnion)
        corners = [(box.lower, (*box.upper[:1], *box.lower[1:]), box.upper) for box in side.boxes]
        sides.append(SetUnion(Polytope.of_vertices(rows) for rows in corners))
    return LabelledSets(sides[0], sides[1])


def run_covers(ratio: Fraction) -> list[dict[str, Any]]:
    """Decide whole neighbourhoods of boxes and polytopes as d, the pieces k, and 1/eps grow."""
    rows = []
    for norm, dim, pieces, levels, polytopes in COVERED:
        given = random_shapes(dim, pieces, levels, polytopes)
        bare = separated_sets(given, 0, None, norm)
        sets = separated_sets(given, ratio * bare.eps, bare.eps, norm)
        for plan in classifier_plans(sets):
            if plan.build is None or plan.grid is None or plan.parameters > MOST_COVERED:
                continue
            network = plan.build()
            cubes = {"first": plan.grid.first, "side": plan.grid.side, "margin": plan.margin}
            result = neighbourhood_error(network, given, norm, sets.radius, seconds=60, **cubes)
            with tempfile.TemporaryDirectory() as folder:
                proved = result.status == "robust"
                path = result.certificate(Path(folder) / "certificate.json") if proved else None
                checking = None if path is None else timed(lambda path=path: verify.recheck(path))[0]
            rows.append(
                {
                    "norm": norm,
                    "d": dim,
                    "k": pieces,
                    "kind": "polytopes" if polytopes else "boxes",
                    "eps": str(sets.eps if norm != "l2" else round(float(sets.eps), 3)),
                    "name": plan.name,
                    "parameters": network.size.nonzero,
                    "status": result.status,
                    "cubes": result.cubes,
                    "margin": str(result.smallest_margin),
                    "decide_seconds": result.seconds,
                    "recheck_seconds": checking,
                }
            )
    return rows


def timed_row(plan: ClassifierPlan, sets: SeparatedSets, data: LabelledPoints) -> dict[str, Any]:
    """Build, decide, certify and re-check one network."""
    assert plan.build is not None
    building, network = timed(plan.build)
    deciding, result = timed(lambda: verify.robust_error(network, data, radius=sets.radius))
    with tempfile.TemporaryDirectory() as folder:
        path = result.certificate(Path(folder) / "certificate.json")
        checking = timed(lambda: verify.recheck(path))[0] if network.size.nonzero < 20_000 else None
    return {
        "d": sets.dim,
        "points": len(data),
        "name": plan.name,
        "parameters": network.size.nonzero,
        "depth": network.size.depth,
        "error": str(result.upper),
        "margin": str(result.smallest_margin),
        "build_seconds": building,
        "decide_seconds": deciding,
        "recheck_seconds": checking,
    }


def print_covers(covers: list[dict[str, Any]]) -> None:
    """Print what was decided on whole neighbourhoods."""
    keys = ("norm", "d", "k", "kind", "eps", "name", "parameters", "status", "cubes", "margin")
    steps = ("decide", "recheck")
    print_table(
        "Whole neighbourhoods covered by cubes (c = 1/2, seconds)",
        [*keys, *steps],
        [[*(row[key] for key in keys), *(seconds_text(row[f"{step}_seconds"]) for step in steps)] for row in covers],
    )


def main(arguments: list[str] | None = None) -> int:
    """Run everything; return 1 if a network broke its promise."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=200, help="random pairs of sets")
    parser.add_argument("--seed", type=int, default=0, help="first seed")
    parser.add_argument("-o", "--output", type=Path, help="folder for robust_classifiers.json")
    options = parser.parse_args(arguments)
    ratio = Fraction(1, 2)
    times, sizes, covers = run_times(ratio), run_sizes(ratio), run_covers(ratio)
    seconds, pairs = timed(lambda: run_pairs(options.pairs, options.seed))
    document = {"machine": machine(), "pairs": pairs, "pairs_seconds": seconds, "sizes": sizes, "times": times}
    write_json(options.output, "robust_classifiers", {**document, "covers": covers})
    print_table(
        "Pairs of sets: promised margin proved on every ball",
        ["construction", "proved", "open", "wrong", "counted only", "balls"],
        [
            [name, *(tally.get(key, 0) for key in ("margin", "open", "WRONG", "counted")), pairs["balls"].get(name, 0)]
            for name, tally in pairs["found"].items()
        ],
    )
    keys = ("d", "eps", "interpolation", "cells", "shifted_cells", "too_small")
    print_table(
        "Enough for all sets, and certified too small (c = 1/2)",
        keys,
        [[f"{row[key]:,}" if isinstance(row[key], int) else row[key] for key in keys] for row in sizes],
    )
    print_covers(covers)
    keys = ("d", "points", "name", "parameters", "depth", "error", "margin")
    print_table(
        "Built and decided (c = 1/2, seconds)",
        [*keys, "build", "decide", "recheck"],
        [
            [
                *(row[key] for key in keys),
                *(seconds_text(row[f"{step}_seconds"]) for step in ("build", "decide", "recheck")),
            ]
            for row in times
        ],
    )
    return int(any(tally.get("WRONG") for tally in pairs["found"].values()))


if __name__ == "__main__":
    sys.exit(main())
