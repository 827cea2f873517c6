"""The text that goes with a folder of instances."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from verify.instances.truth import ProvedInstance

_TEXT = """\
# Verification instances with proved answers

{count} questions about ReLU networks, drawn with seed {seed} at margin {margin}: {holds} hold, {violated} are violated.

| family | holds | violated |
|---|---|---|
{table}

## Files

* `instances.csv`: ONNX file, VNN-LIB 1.0 file and time limit, one question a line; `instances_2.0.csv` has the same
  questions in VNN-LIB 2.0.
* `ground_truth.csv`, `ground_truth.json`: the answers. `holds` is `unsat` in competitions, `violated` is `sat`.
* `certificates/`: a proof of every answer, which `checker.py` re-checks with Python's standard library alone.

## What is asked

Each VNN-LIB file describes a closed box and the outputs that would be wrong: at most 0 where the label is +1, at
least 0 where it is -1. An output of exactly 0 is wrong. The question is about real arithmetic, with every float of the
ONNX file taken as the binary fraction it is and every decimal of the VNN-LIB file as written; a tool that computes in
floats may answer otherwise, and is then wrong about this question.

`margin` is the exact minimum over the box of the label times the file's output, where it is known. `gap` is the
relative distance between the radii of two questions, one on either side of the largest radius at which the answer is
`holds`.

## Checking the answers again

    python -I checker.py certificates/NAME.json

states what is proved about which network and data, by hash; the network in the certificate is the one of the ONNX file.
"""


def readme_text(proved: Sequence[ProvedInstance], draw: dict[str, Any]) -> str:
    """Return the README of a folder of instances."""
    families = {one.instance.family: Counter[str]() for one in proved}
    for one in proved:
        families[one.instance.family][one.instance.answer] += 1
    total = Counter(one.instance.answer for one in proved)
    rows = [f"| {name} | {found['holds']} | {found['violated']} |" for name, found in families.items()]
    return _TEXT.format(
        count=len(proved),
        seed=draw["seed"],
        margin=draw["margin"],
        holds=total["holds"],
        violated=total["violated"],
        table="\n".join(rows),
    )
