"""The layers that count thresholds passed, modulo 2, with thresholds stored many to a weight."""

from __future__ import annotations

import itertools

import numpy as np

from constructions.memorizers.hashing.threshold_table import ThresholdTable, group_starts, group_words
from constructions.network.affine_map import AffineMap
from constructions.network.named_units import Row, maps_of_rows


def label_maps(thresholds: np.ndarray, table: ThresholdTable, first: int) -> list[AffineMap]:
    """Return maps from a place on the line to the label there.

    Between two thresholds ``t`` and ``u`` that follow each other, the output is exactly one
    label on ``[t + 1, u]``, and the other one beyond ``u + 1``. Nothing is promised between
    ``t`` and ``t + 1``. Places need not be integers.

    Theorem: lem:threshold-words

    Args:
        thresholds: increasing integers from 0.
        table: from ``smallest_table``, or any that fits.
        first: the label at 0, -1 or +1.

    Returns:
        Maps with ReLUs between them from one input, at least 0, to one output.
    """
    sums = label_sums(thresholds, table)
    output: dict[str, Row] = {"output": label_row(table, first)}
    return maps_of_rows([*sums, output], ["place"], label_unit(table))


def label_sums(thresholds: np.ndarray, table: ThresholdTable) -> list[dict[str, Row]]:
    """Return the layers before the output: from the unit ``place`` to ``flips`` and ``pairs``.

    Args:
        thresholds: increasing integers from 0.
        table: that fits.
    """
    starts = group_starts(thresholds, table)
    words = group_words(thresholds, table, starts)
    places = [int(thresholds[start]) for start in starts]
    return [*_lookup(places, words, table), *_reading(table), _parity(table)]


def label_row(table: ThresholdTable, first: int, shift: int = 0) -> Row:
    """Return ``label_unit(table)`` times (the label plus a shift), as a row over ``flips`` and ``pairs``."""
    return {"flips": -2 * first, "pairs": 4 * first}, (first + shift) * label_unit(table)


def label_unit(table: ThresholdTable) -> int:
    """Return the weight of one step of the place: with it all weights are integers."""
    return int(2 ** (table.folds + 2))


def idle_weights(thresholds: np.ndarray, table: ThresholdTable) -> int:
    """Return how many weights of the words vanish: equal neighbours, and a first word of 0."""
    words = group_words(thresholds, table, group_starts(thresholds, table))
    return 2 * sum(a == b for a, b in itertools.pairwise(words)) + (words[0] == 0)


def _lookup(places: list[int], words: list[int], table: ThresholdTable) -> list[dict[str, Row]]:
    """Return the layers that find the word of the group, and how far the place is ahead of its start.

    ``ahead`` is shifted so far that it stays positive whatever is subtracted later.
    """
    groups = range(1, len(words))
    above: dict[str, Row] = {"place": ({"place": 1}, 0)}
    for group, place in zip(groups, places, strict=True):
        above[f"from{group}"] = ({"place": 1}, -place)
        above[f"past{group}"] = ({"place": 1}, -place - 1)
    word: dict[str, int] = {}
    ahead, unit = {"place": label_unit(table)}, label_unit(table)
    before = [-1, *places]
    for group in groups:
        change = words[group] - words[group - 1]
        word |= {f"from{group}": change, f"past{group}": -change}
        if not table.start_digits:
            moved = unit * (before[group] - before[group - 1])
            ahead |= {f"from{group}": -moved, f"past{group}": moved}
    shift = unit * (_room(table) + 1)
    head = 2 ** table.widths[0]
    return [
        above,
        {"word": (word, words[0]), "ahead": (ahead, shift)},
        {
            "word": ({"word": 1}, 0),
            "fold": ({"word": 1}, -(2**table.folds)),
            "ahead": ({"ahead": 1, "word": -head}, 0),
        },
    ]


def _room(table: ThresholdTable) -> int:
    """Return a bound on all that is subtracted from the place."""
    return sum(2 ** (width - 1) for width in table.widths)


def _reading(table: ThresholdTable) -> list[dict[str, Row]]:
    """Return one layer per digit: a tent map of the word, and a test after each difference.

    Folding a word ``width`` times leaves what follows its first number, because all numbers
    are stored doubled. Before, ``2^width`` times the word was taken off ``ahead``; what is
    left of the word gives back the rest, so that the number alone is taken off.
    """
    half, widths = 2**table.folds, table.widths
    ends = _ends(table)
    layers: list[dict[str, Row]] = []
    for layer in range(1, table.folds + 2):
        last = layer > table.folds
        rows: dict[str, Row] = {}
        fold = {"word": 2, "fold": -4}
        rows["word"] = ({"word": 1}, 0) if last else (fold, 0)
        if layer < table.folds:
            rows["fold"] = (fold, -half)
        ended = ends.get(layer - 1)
        if not last:
            following = 0 if ended is None else 1 - 2 ** widths[ended + 1]
            rows["ahead"] = ({"ahead": 1, "word": following}, 0)
        rows |= _sum_of_tests(table, layer)
        if ended is not None and _is_tested(table, ended):
            test, shift = {"ahead": 1, "word": 1}, -label_unit(table) * _room(table)
            rows["from"], rows["past"] = (test, shift), (test, shift - label_unit(table))
        layers.append(rows)
    return layers


def _ends(table: ThresholdTable) -> dict[int, int]:
    """Return the number that is fully read after some folds, by the number of folds."""
    read, ends = 0, {}
    for number, width in enumerate(table.widths):
        read += width
        ends[read] = number
    return ends


def _is_tested(table: ThresholdTable, number: int) -> bool:
    """Return whether a number of a group is a difference, and not the group's start."""
    return number >= len(table.widths) - table.length


def _sum_of_tests(table: ThresholdTable, layer: int) -> dict[str, Row]:
    """Return the alternating sum of the tests made before, from the second layer after the first test on."""
    first = table.folds - (table.digits + 1) * (table.length - 1)
    if layer < first + 2:
        return {}
    row = {"sum": 1} if layer > first + 2 else {}
    ended = _ends(table).get(layer - 2)
    if ended is not None:
        sign = _sign(table, ended)
        row |= {"from": sign, "past": -sign}
    return {"sum": (row, 0)}


def _sign(table: ThresholdTable, number: int) -> int:
    return 1 if (number - len(table.widths) + table.length) % 2 == 0 else -1


def _parity(table: ThresholdTable) -> dict[str, Row]:
    """Return the sum of all tests and of the word's last digit, and what exceeds one of it."""
    sign = _sign(table, len(table.widths) - 1)
    total = {"from": sign, "past": -sign, "word": 4}
    if table.length > 1:
        total = {"sum": 1, **total}
    return {"flips": (total, 0), "pairs": (total, -label_unit(table))}
