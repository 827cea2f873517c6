"""Certificates of volumes that just miss: each has one thing wrong, and a conclusion that follows from it.

Compare with ``verify.certificate.issue_volume``.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from constructions.data.norm_ball import NormBall
from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork
from constructions.sets.box import Box
from constructions.sets.box_mixture import BoxMixture
from verify.certificate.issue_volume import issue_volume
from verify.generalization.volume_search import Finding, Volumes

Document = dict[str, Any]

_CUBE = BoxMixture([Box([0, 0, 0], [1, 1, 1])], [1], [1])


@dataclass(frozen=True, slots=True)
class VolumeTwin:
    """A certificate with one wrong step.

    Attributes:
        build: returns the document; the first line of its docstring says what is wrong.
        reason: part of what the checker must say.
    """

    build: Callable[[], Document]
    reason: str

    @property
    def name(self) -> str:
        """The twin's name."""
        return self.build.__name__


def folded_network() -> ReluNetwork:
    """Return ``|x - 1/2| + 0 y + 0 z - 1/8``, in three dimensions: wrong on a slab of width 1/4."""
    return ReluNetwork([AffineMap([[1, 0, 0], [-1, 0, 0]], ["-1/2", "1/2"]), AffineMap([[1, 1]], ["-1/8"])])


def genuine_volumes() -> Document:
    """Right left of the slab grown by 1/8, wrong in the middle of it, right on the other side."""
    return _issued([_right("0", "15/64"), _wrong("3/8", "5/8"), _right("49/64", "1")])


def wrong_box_as_wide_as_the_ball() -> Document:
    """The centres said to be near a wrong point reach the radius and a bit."""
    document = genuine_volumes()
    document["evidence"][1]["upper"][0] = "41/64"
    return _concluded(document, wrong=Fraction(17, 64))


def boxes_that_overlap() -> Document:
    """The box proved wrong is counted a second time."""
    document = genuine_volumes()
    document["evidence"].append(document["evidence"][1])
    return _concluded(document, wrong=Fraction(1, 2))


def right_up_to_the_slab() -> Document:
    """A box is said to be right because all its centres are, whatever lies near them."""
    document = genuine_volumes()
    document["evidence"][0]["upper"][0] = "23/64"
    return _concluded(document, right=Fraction(23 + 15, 64))


def wrong_at_a_right_point() -> Document:
    """The point said to be wrong is right."""
    document = genuine_volumes()
    document["evidence"][1]["point"][0] = "7/8"
    return document


def a_plane_through_a_kink() -> Document:
    """A box around a kink is said to have an affine network."""
    document = genuine_volumes()
    del document["evidence"][1]["point"]
    document["evidence"][1]["rule"] = "affine"
    return document


def polygons_in_space() -> Document:
    """Areas are counted where there are three dimensions."""
    document = genuine_volumes()
    del document["evidence"][1]["point"]
    document["evidence"][1]["rule"] = "plane"
    return document


def a_box_beyond_its_part() -> Document:
    """The box proved right lies outside the distribution's."""
    document = genuine_volumes()
    document["evidence"][2]["upper"][0] = "2"
    return _concluded(document, right=Fraction(15 + 15 + 64, 64))


def a_closer_conclusion() -> Document:
    """The stated lower bound is above the proved one."""
    document = genuine_volumes()
    document["statement"]["lower"] = "1/2"
    return document


def another_label() -> Document:
    """The label of the distribution is turned, with its hash."""
    from verify.certificate.volume_checker import digest

    document = genuine_volumes()
    document["law"][0]["label"] = -1
    document["statement"]["law"] = digest(document["law"])
    return document


def another_radius() -> Document:
    """The statement speaks of a smaller radius than the wrong point needs."""
    document = genuine_volumes()
    document["statement"]["radius"] = "1/16"
    return document


VOLUME_TWINS: tuple[VolumeTwin, ...] = (
    VolumeTwin(wrong_box_as_wide_as_the_ball, "too far"),
    VolumeTwin(boxes_that_overlap, "overlap"),
    VolumeTwin(right_up_to_the_slab, "not proved right"),
    VolumeTwin(wrong_at_a_right_point, "is right"),
    VolumeTwin(a_plane_through_a_kink, "affine"),
    VolumeTwin(polygons_in_space, "for the plane"),
    VolumeTwin(a_box_beyond_its_part, "outside its part"),
    VolumeTwin(a_closer_conclusion, "stated bounds"),
    VolumeTwin(another_label, "not proved right"),
    VolumeTwin(another_radius, "too far"),
)


def _right(low: str, high: str) -> Finding:
    return Finding(Box([low, 0, 0], [high, 1, 1]), "right")


def _wrong(low: str, high: str) -> Finding:
    middle = Fraction(1, 2)
    return Finding(Box([low, "3/8", "3/8"], [high, "5/8", "5/8"]), "wrong", (middle, middle, middle))


def _issued(findings: list[Finding]) -> Document:
    with tempfile.TemporaryDirectory() as folder:
        volumes = [Volumes(findings=findings)]
        path = issue_volume(folded_network(), _CUBE, NormBall("linf", "1/8"), volumes, Path(folder) / "volumes.json")
        document: Document = json.loads(path.read_text(encoding="utf-8"))
        return document


def _concluded(document: Document, wrong: Fraction | None = None, right: Fraction | None = None) -> Document:
    """Return the document with the conclusion of its evidence: shares of the x axis, times 1/16 if wrong."""
    if wrong is not None:
        document["statement"]["lower"] = str(wrong / 16)
    if right is not None:
        document["statement"]["upper"] = str(1 - right)
    return document
