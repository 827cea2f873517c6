"""Certificates of whole neighbourhoods: accepted alone, and rejected wherever their meaning is changed."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from constructions import AffineMap, BoxUnion, LabelledSets, MalformedInput, ReluNetwork, UsageError
from constructions.classifiers.cells import build_cells, plan_cells
from constructions.classifiers.separated_sets import separated_sets
from constructions.sets.point_set import PointSet
from constructions.sets.polytope import Polytope
from constructions.sets.set_union import SetUnion
from verify.certificate import checker, cover_checker
from verify.certificate.cover_checker import Rejected, check
from verify.certificate.issue import recheck
from verify.neighbourhoods.error import neighbourhood_error

Document = dict[str, Any]
TRIANGLE = Polytope.of_vertices([[0, 0], ["1/4", 0], [0, "1/4"]])
CORNER = Polytope.of_halfspaces([[1, 0], [0, 1], [-1, -1]], [1, 1, "-7/4"])
BOXES: tuple[PointSet, PointSet] = (
    BoxUnion.of([([0, 0], ["1/4", "1/4"])]),
    BoxUnion.of([(["3/4", "3/4"], [1, 1]), ([1, 0], [1, 0])]),
)
POLYTOPES: tuple[PointSet, PointSet] = (TRIANGLE, SetUnion([CORNER, BoxUnion.of([([1, 0], [1, "1/8"])])]))


def issued(folder: Path, sides: tuple[PointSet, PointSet] = BOXES, norm: str = "l2") -> Path:
    bare = separated_sets(LabelledSets(*sides), 0, None, norm)
    sets = separated_sets(LabelledSets(*sides), bare.eps / 2, bare.eps, norm)
    plan = plan_cells(sets)
    result = neighbourhood_error(
        build_cells(plan), sets.sets, norm, sets.radius, first=plan.grid.first, side=plan.grid.side, margin=1
    )
    assert result.status == "robust" and result.smallest_margin == 1
    return result.certificate(folder / "certificate.json")


@pytest.mark.theorem("robust-classifier", claims=["robust_error", "margin"])
@pytest.mark.parametrize(
    ("sides", "norm"), [(BOXES, "l2"), (BOXES, "l1"), (POLYTOPES, "linf"), (POLYTOPES, "l2"), (POLYTOPES, "l1")]
)
def test_a_certificate_is_proved_again_by_two_plain_files(
    sides: tuple[PointSet, PointSet], norm: str, tmp_path: Path
) -> None:
    path = issued(tmp_path, sides, norm)
    sentence = check(path)
    assert sentence == recheck(path) and f"within {norm} radius" in sentence and "margin 1, on" in sentence
    alone = tmp_path / "alone"
    alone.mkdir()
    for module in (checker, cover_checker):
        assert module.__file__ is not None
        shutil.copy(module.__file__, alone)
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(alone / "cover_checker.py"), str(path)], capture_output=True, text=True
    )
    assert done.returncode == 0 and sentence in done.stdout


def level_of(document: Document, folder: Path, change: Callable[[Document], None], place: int = 0) -> None:
    """Change the file of a level and its hash."""
    entry = document["levels"][place]
    path = folder / entry["file"]
    level = json.loads(path.read_text())
    change(level)
    path.write_text(json.dumps(level))
    entry["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()


def drop_a_cube(level: Document) -> None:
    """Leave out the last cube of a level and restate everything else so that the level itself is true."""
    count = level["statement"]["points"] - 1
    for group in level["robust"]:
        group["indices"] = [index for index in group["indices"] if index < count]
        group["hints"] = None
    level["robust"] = [group for group in level["robust"] if group["indices"]]
    level["data"]["points"].pop()
    level["data"]["labels"].pop()
    level["statement"]["points"] = count
    flat = [value for row in level["data"]["points"] for value in row]
    header = f"{count} {len(flat) // count} {level['data']['scale']}\n".encode()
    body = checker._words(level["data"]["labels"]) + checker._words(flat)
    level["statement"]["data"] = hashlib.sha256(header + body).hexdigest()


def larger_box(document: Document) -> None:
    document["sets"]["positive"][0]["upper"] = ["1/2", "1/4"]


def another_piece(document: Document) -> None:
    document["sets"]["positive"].append({"kind": "box", "lower": ["1", "1/2"], "upper": ["1", "1/2"]})


def no_pieces(document: Document) -> None:
    document["sets"]["positive"] = []


def empty_box(document: Document) -> None:
    document["sets"]["positive"][0]["lower"] = ["1/2", "0"]


def swapped(document: Document) -> None:
    sides = document["sets"]
    sides["positive"], sides["negative"] = sides["negative"], sides["positive"]


def larger_radius(document: Document) -> None:
    document["statement"]["radius"] = str(Fraction(document["statement"]["radius"]) * Fraction(11, 10))


def negative_radius(document: Document) -> None:
    document["statement"]["radius"] = "-1"


def wider_norm(document: Document) -> None:
    document["statement"]["norm"] = "linf"


def unknown_norm(document: Document) -> None:
    document["statement"]["norm"] = "l3"


def larger_margin(document: Document) -> None:
    document["statement"]["margin"] = "2"


def smaller_margin(document: Document) -> None:
    document["statement"]["margin"] = "1/2"


def another_network(document: Document) -> None:
    document["statement"]["network"] = "0" * 64


def another_count(document: Document) -> None:
    document["statement"]["nonzero"] += 1


def moved_grid(document: Document) -> None:
    document["grid"]["first"] = str(Fraction(document["grid"]["first"]) + Fraction(1, 3))


def coarser_grid(document: Document) -> None:
    document["grid"]["side"] = str(2 * Fraction(document["grid"]["side"]))


def flat_grid(document: Document) -> None:
    document["grid"]["side"] = "0"


def fewer_levels(document: Document) -> None:
    document["levels"].pop()


def no_levels(document: Document) -> None:
    document["levels"] = []


def doubled_level(document: Document) -> None:
    document["levels"].append(document["levels"][0])


def renamed_level(document: Document) -> None:
    document["levels"][0]["level"] += 1


def another_schema(document: Document) -> None:
    document["schema"] = "robustproofs/neighbourhood/2"


FORGERIES = [
    larger_box, another_piece, no_pieces, empty_box, swapped, larger_radius, negative_radius, wider_norm, unknown_norm,
    larger_margin, smaller_margin, another_network, another_count, moved_grid, coarser_grid, flat_grid, fewer_levels,
    no_levels, doubled_level, renamed_level, another_schema,
]  # fmt: skip


def rejected(document: Document, path: Path) -> None:
    path.write_text(json.dumps(document))
    with pytest.raises((Rejected, KeyError, ValueError, TypeError)):
        check(path)
    with pytest.raises(MalformedInput):
        recheck(path)
    assert cover_checker.main([str(path)]) == 5


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda forge: forge.__name__)
def test_a_forgery_is_rejected(forge: Callable[[Document], None], tmp_path: Path) -> None:
    path = issued(tmp_path)
    document = json.loads(path.read_text())
    forge(document)
    rejected(document, path)


@pytest.mark.parametrize("place", [0, -1])
def test_a_cube_left_out_is_noticed_though_its_level_is_still_true(place: int, tmp_path: Path) -> None:
    path = issued(tmp_path)
    document = json.loads(path.read_text())
    level_of(document, tmp_path, drop_a_cube, place)
    level = tmp_path / document["levels"][place]["file"]
    assert "proved" in checker.check(level)
    rejected(document, path)


def test_a_level_that_is_changed_or_about_something_else_is_rejected(tmp_path: Path) -> None:
    path = issued(tmp_path)
    document = json.loads(path.read_text())
    level = tmp_path / document["levels"][0]["file"]
    text = level.read_text()
    level.write_text(text + " ")
    with pytest.raises(Rejected, match="hash"):
        check(path)
    for key, value in (("radius", "1/1000"), ("norm", "l2"), ("upper", "1/2")):
        level.write_text(text)
        changed = json.loads(json.dumps(document))
        level_of(changed, tmp_path, lambda entry, k=key, v=value: entry["statement"].update({k: v}))  # type: ignore[misc]
        rejected(changed, path)


def longer_slope(document: Document) -> None:
    """A functional of twice the length with the bound of the short one would prove twice the distance."""
    for side in document["sets"].values():
        for piece in side:
            for found in piece.get("separators", ()):
                found["slope"] = [str(2 * Fraction(value)) for value in found["slope"]]


def smaller_multipliers(document: Document) -> None:
    for found in document["sets"]["negative"][0]["separators"]:
        found["multipliers"] = [str(Fraction(value) / 2) for value in found["multipliers"]]


def negative_multipliers(document: Document) -> None:
    found = document["sets"]["negative"][0]
    row = [str(-Fraction(value)) for value in found["rows"][0]]
    found["separators"].append({"slope": row, "multipliers": ["-1", "0", "0"]})


def no_separators(document: Document) -> None:
    for side in document["sets"].values():
        for piece in side:
            if "separators" in piece:
                piece["separators"] = []


def farther_half_space(document: Document) -> None:
    document["sets"]["negative"][0]["right"][2] = "-1"


def one_more_vertex(document: Document) -> None:
    document["sets"]["positive"][0]["points"].append(["1/2", "1/2"])


@pytest.mark.parametrize(
    "forge",
    [longer_slope, smaller_multipliers, negative_multipliers, no_separators, farther_half_space, one_more_vertex],
    ids=lambda forge: forge.__name__,
)
def test_a_forged_polytope_is_rejected(forge: Callable[[Document], None], tmp_path: Path) -> None:
    path = issued(tmp_path, POLYTOPES)
    document = json.loads(path.read_text())
    forge(document)
    rejected(document, path)


def test_what_is_not_proved_has_no_certificate(tmp_path: Path) -> None:
    line = ReluNetwork([AffineMap([[1, 1]], ["-1/4"])])
    result = neighbourhood_error(line, LabelledSets(BOXES[1], BOXES[0]), "l2", "1/8")
    assert result.status == "violated"
    with pytest.raises(UsageError, match="nothing to certify"):
        result.certificate(tmp_path / "certificate.json")
