"""What the complete verifiers are given: four families of networks, balls and known answers."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.common import progress
from benchmarks.hard_boundary import boundary_groups
from benchmarks.our_side import sample_of
from benchmarks.trained_networks import (
    RANDOM,
    TRAINING_POINTS,
    TRAININGS,
    RandomWeights,
    Training,
    digits,
    network_file,
    random_centres,
)

if TYPE_CHECKING:
    from constructions import LabelledPoints

_POINTS = 20
_FEW_DIGITS = 200
_TINY = Fraction(1, 2**20)

FAMILIES = ("boundary", "trained", "random", "constructions")

# Radii at which an attack leaves about half of the first 20 held-out points, or that stand for themselves.
TRAINED_RADII = (
    ("2x32 adversarial", "1/5"),
    ("2x64 adversarial", "3/20"),
    ("3x32 adversarial", "3/20"),
    ("4x32 adversarial", "3/20"),
    ("4x48 adversarial", "3/20"),
    ("2x128 adversarial", "1/10"),
    ("2x128 adversarial", "3/20"),
    ("10 classes adversarial", "3/20"),
    ("2x32 plain", "13/200"),
    ("2x64 plain", "7/100"),
    ("3x32 plain", "7/100"),
    ("4x32 plain", "1/20"),
    ("4x48 plain", "13/200"),
    ("2x128 plain", "13/200"),
)
RANDOM_RADII = (
    ("random 6-16-16", "3/32"),
    ("random 8-24-24", "3/32"),
    ("random 10-16-16-16", "1/16"),
    ("random 12-40-40", "3/64"),
    ("random 12-40-40", "1/8"),
    ("random 20-50-50-50", "3/64"),
)


@dataclass(frozen=True)
class Case:
    """One row of a table for every tool: files, and the balls to decide on them.

    Attributes:
        family: one of ``FAMILIES``.
        name: as in the table.
        jobs: one a file, as the adapters read them; ``sample`` lists the balls to decide.
        truths: ``robust``, ``violated`` or ``None``, one per sampled ball of every job in turn.
        stated: of every such ball, whether its sides are float64 numbers, so that any tool can state it.
    """

    family: str
    name: str
    jobs: tuple[dict[str, Any], ...]
    truths: tuple[str | None, ...]
    stated: tuple[bool, ...]

    @cached_property
    def digest(self) -> str:
        """A hash of the files and the balls."""
        found = hashlib.sha256()
        for job in self.jobs:
            found.update(Path(job["onnx"]).read_bytes())
            found.update(json.dumps([job[key] for key in sorted(job) if key != "onnx"]).encode())
        return found.hexdigest()[:16]


def cases(families: Sequence[str], points: int, boundary_points: int, folder: Path) -> Iterator[Case]:
    """Yield the cases of the families, their files in ``folder``.

    Args:
        families: some of ``FAMILIES``.
        points: most balls of a case.
        boundary_points: most balls of a group of the boundary family; 0 for all.
        folder: of the network files; those that are there are not made again.
    """
    for family in families:
        if family == "boundary":
            yield from boundary(boundary_points, folder)
        elif family == "trained":
            yield from (trained(name, radius, points, folder) for name, radius in TRAINED_RADII)
        elif family == "random":
            yield from (random_case(name, radius, points, folder) for name, radius in RANDOM_RADII)
        else:
            yield from constructions(points, folder)


def boundary(points: int, folder: Path) -> Iterator[Case]:
    """Yield the hard boundary family, a case for every group."""
    for name, group in boundary_groups().items():
        place = folder / "boundary" / name.replace(" ", "-")
        place.mkdir(parents=True, exist_ok=True)
        # Drawn, for the answers alternate in the order of the group.
        drawn = random.Random(0).sample(range(len(group)), min(points or len(group), len(group)))
        members = [group[index] for index in sorted(drawn)]
        jobs = tuple(member.job(place / f"{number}.onnx") for number, member in enumerate(members))
        truths = tuple("robust" if member.robust else "violated" for member in members)
        yield Case("boundary", name, jobs, truths, tuple(member.is_float64 for member in members))


def _case(family: str, name: str, job: dict[str, Any], truth: str | None = None) -> Case:
    """Return a case of one file; ``truth`` is the answer for all its balls."""
    sides = [Fraction(value, job["scale"]) + sign * Fraction(job["radius"]) for value in range(17) for sign in (-1, 1)]
    stated = all(Fraction(float(side)) == side for side in sides)
    count = len(job["sample"])
    return Case(family, name, (job,), (truth,) * count, (stated,) * count)


def trained(name: str, radius: str, points: int, folder: Path) -> Case:
    """Return held-out digits, the first ones or some of the first twenty, on a trained network."""
    settings = _named(TRAININGS, name)
    pixels, shown = digits()
    chosen = [TRAINING_POINTS + index for index in sample_of(max(_POINTS, points), points)]
    labels = shown[chosen] if settings.widths[-1] > 1 else 1 - 2 * (shown[chosen] % 2)
    job = _job(network_file(settings, folder), 16, radius, pixels[chosen].tolist(), labels.tolist())
    return _case("trained", f"{name}, {radius}", job)


def random_case(name: str, radius: str, points: int, folder: Path) -> Case:
    """Return balls around random centres with the label that the network gives the centre."""
    from constructions import ReluNetwork

    settings = _named(RANDOM, name)
    path = network_file(settings, folder)
    centres = random_centres(settings.widths[0], max(_POINTS, points))[sample_of(max(_POINTS, points), points)]
    network = ReluNetwork.from_onnx(path)
    labels = [1 if network([Fraction(int(v), 16) for v in centre])[0] > 0 else -1 for centre in centres]
    job = _job(path, 16, radius, centres.tolist(), labels)
    return _case("random", f"{name}, {radius}", job)


def constructions(points: int, folder: Path) -> Iterator[Case]:
    """Yield memorizers of digits at the radius they are built for and near the largest that holds."""
    from constructions import load_data, memorize_with_box_bumps, memorize_with_literals

    built = Fraction(3, 32)
    data = load_data("digits:even-odd")
    few = data.subset(range(_FEW_DIGITS))
    literals, boxes = folder / "literals-3-32.onnx", folder / f"box-3-32-{_FEW_DIGITS}.onnx"
    for path, build, on in ((literals, memorize_with_literals, data), (boxes, memorize_with_box_bumps, few)):
        if not path.is_file():
            progress(f"making the network {path.stem}")
            path.parent.mkdir(parents=True, exist_ok=True)
            build(on, built).to_onnx(path)
    yield _memorizer("literals at 3/32", literals, data, built, points, "robust")
    for radius in (Fraction(7, 64), Fraction(1, 8)):
        yield _memorizer(f"literals at {radius}", literals, data, radius, points, None)
    yield _memorizer(f"{_FEW_DIGITS} boxes at 3/32", boxes, few, built, points, "robust")
    # A bump falls by 1/gap per unit of l1 distance to its box, and the sign turns at 1/2.
    separation = few.separation()
    assert separation is not None
    largest = built + (separation - 2 * built) / (2 * few.dim)
    yield _memorizer(f"{_FEW_DIGITS} boxes at the largest - 2^-20", boxes, few, largest - _TINY, points, None)
    yield _memorizer(f"{_FEW_DIGITS} boxes at the largest", boxes, few, largest, points, None)


def _memorizer(name: str, path: Path, data: LabelledPoints, radius: Fraction, points: int, truth: str | None) -> Case:
    job = _job(path, data.scale, str(radius), data.numerators.tolist(), list(data.labels))
    job["sample"] = sample_of(len(data), points)
    return _case("constructions", name, job, truth)


def _named(settings: Sequence[Any], name: str) -> Training | RandomWeights:
    return next(one for one in settings if one.name == name)


def _job(path: Path, scale: int, radius: str, points: list[list[int]], labels: list[int]) -> dict[str, Any]:
    return {
        "onnx": str(path.absolute()),
        "scale": scale,
        "radius": radius,
        "points": points,
        "labels": [int(label) for label in labels],
        "sample": list(range(len(points))),
        "batch": False,
    }
