"""Write the certificate of a robust test error on labelled boxes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from constructions.data.norm_ball import NormBall
from constructions.errors import MalformedInput
from constructions.network.network_json import network_document
from constructions.network.relu_network import ReluNetwork
from constructions.sets.box import Box
from constructions.sets.box_mixture import BoxMixture
from constructions.sets.box_parts import halves, share_of
from verify.certificate import volume_checker
from verify.certificate.issue import write_whole

if TYPE_CHECKING:
    from verify.generalization.volume_search import Finding, Volumes

_MOST_HALVINGS = 2
_MOST_PIECES = 5000


def issue_volume(
    network: ReluNetwork, mixture: BoxMixture, ball: NormBall, volumes: Sequence[Volumes], path: Path
) -> Path:
    """Write the certificate; the file is complete or absent.

    Args:
        network: one output, or K outputs.
        mixture: the distribution.
        ball: norm and radius.
        volumes: what was found in each of its boxes.
        path: where to write.

    Returns:
        The path written. Its bounds are those that the checker's own rules prove.
    """
    maps = network_document(network)
    law = [
        {**_corners(box), "label": label, "probability": str(probability)}
        for box, label, probability in zip(mixture.boxes, mixture.labels, mixture.probabilities, strict=True)
    ]
    layers = volume_checker.read_network(maps, mixture.dim)
    evidence: list[dict[str, Any]] = []
    work, wrong, right = [_MOST_PIECES], Fraction(0), Fraction(0)
    for place, (label, found) in enumerate(zip(mixture.labels, volumes, strict=True)):
        judge = volume_checker.margins(layers, label)
        for finding in found.findings:
            for box, rule, shares in _proved(finding, judge, ball, work):
                mass = mixture.probabilities[place] * share_of(box, mixture.boxes[place])
                wrong, right = wrong + mass * shares[0], right + mass * shares[1]
                evidence.append({"part": place, **_corners(box), **rule})
    statement = {
        "kind": "robust-test-error",
        "norm": ball.norm,
        "radius": str(ball.radius),
        "dim": mixture.dim,
        "parts": len(law),
        "network": volume_checker.digest(maps),
        "law": volume_checker.digest(law),
        "lower": str(wrong),
        "upper": str(1 - right),
    }
    document = {
        "schema": volume_checker.SCHEMA,
        "statement": statement,
        "network": maps,
        "law": law,
        "evidence": evidence,
    }
    write_whole(path, json.dumps(document, separators=(",", ":")).encode())
    return path


def recheck_volume(target: Path) -> str:
    """Prove the statement of such a certificate again.

    Raises:
        MalformedInput: the certificate is rejected; the message says why.
    """
    try:
        return volume_checker.check(target)
    except volume_checker.Rejected as error:
        raise MalformedInput(f"{target.name}: rejected: {error}") from None


def _proved(
    finding: Finding, judge: Any, ball: NormBall, work: list[int]
) -> Iterator[tuple[Box, dict[str, Any], tuple[Fraction, Fraction]]]:
    """Return boxes with their rules, and the shares that the checker's rule proves wrong and right.

    A box said to be right is halved until the rule proves it, or the work is used up.
    """
    if finding.rule != "right":
        point = () if finding.mistake is None else (finding.mistake,)
        rule = {"rule": finding.rule} | ({"point": [str(x) for x in point[0]]} if point else {})
        sides = list(zip(finding.box.lower, finding.box.upper, strict=True))
        prove: Any = volume_checker.RULES[finding.rule]
        with suppress(volume_checker.Rejected):
            yield finding.box, rule, prove(judge, sides, ball.norm, ball.radius, *point)
        return
    waiting = [(finding.box, 0)]
    while waiting:
        box, depth = waiting.pop()
        sides = list(zip(box.lower, box.upper, strict=True))
        most = min(work[0], volume_checker.MOST_HALVINGS)
        needed = volume_checker.pieces_right(judge, sides, ball.norm, ball.radius, most)
        work[0] -= most if needed is None else needed
        if needed is not None:
            yield box, {"rule": "right"}, (Fraction(0), Fraction(1))
        elif depth < _MOST_HALVINGS and work[0] > 0 and len(parts := halves(box)) == 2:
            waiting += [(part, depth + 1) for part in parts]


def _corners(box: Box) -> dict[str, list[str]]:
    return {"lower": [str(x) for x in box.lower], "upper": [str(x) for x in box.upper]}
