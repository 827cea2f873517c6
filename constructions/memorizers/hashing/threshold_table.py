"""How thresholds on the integers are cut into groups, each of which is stored in one weight."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from constructions.exact.integer_arrays import largest_magnitude


@dataclass(frozen=True, slots=True)
class ThresholdTable:
    """A division of increasing thresholds into groups, with what reading a group costs.

    A group is a run of thresholds. All but the first group start at one, and store at most
    ``length`` further ones as differences of ``digits`` binary digits; the first group
    starts at 0, before every threshold.

    Attributes:
        digits: of a difference, at least 1.
        length: differences per group, at least 1.
        start_digits: of the start of a group, where it is stored with the differences; 0
            where steps subtract it.
        groups: number of groups.
    """

    digits: int
    length: int
    start_digits: int
    groups: int

    @property
    def folds(self) -> int:
        """Layers that read one digit each; a number takes one more than it has digits."""
        return sum(self.widths)

    @property
    def widths(self) -> tuple[int, ...]:
        """Folds for each number of a group, the start included where it is stored."""
        starts = (self.start_digits + 1,) if self.start_digits else ()
        return (*starts, *(self.digits + 1,) * self.length)

    @property
    def parameters(self) -> int:
        """Nonzero parameters of the maps behind the place on the line, for generic words.

        Steps, words and starts, then the layers that read, then the output.
        """
        lookup = (6 if self.start_digits else 8) * (self.groups - 1) + 9
        sums = (self.digits + 1) * (self.length - 1) + 2 * self.length - 3 if self.length > 1 else 0
        reading = 6 * self.folds - 3 + len(self.widths) - 1 + 6 * self.length + sums
        return lookup + reading + (13 if self.length > 1 else 11)


def smallest_table(thresholds: np.ndarray) -> ThresholdTable:
    """Return the table of the fewest parameters among all numbers of digits and many lengths.

    Args:
        thresholds: increasing integers from 0, shape (r,), r at least 1.

    Cost:
        O(r) comparisons for each number of digits, at most as many as the largest has.
    """
    farthest = int(thresholds[-1]) + 1
    best: ThresholdTable | None = None
    for digits in range(1, digits_needed(thresholds) + 1):
        runs = _runs(np.diff(thresholds), digits)
        for length in table_lengths(len(thresholds), digits):
            groups = _groups_of(runs, length)
            for start_digits in (0, farthest.bit_length()):
                table = ThresholdTable(digits, length, start_digits, groups)
                if best is None or table.parameters < best.parameters:
                    best = table
    assert best is not None
    return best


def alike_tables(lists: Sequence[np.ndarray]) -> list[ThresholdTable]:
    """Return tables for several lists of thresholds, read in the same number of layers.

    Args:
        lists: at least one, each increasing integers from 0.

    Returns:
        One table per list, with the same digits and length, of the fewest parameters together.
    """
    longest = max(len(thresholds) for thresholds in lists)
    choices = []
    for digits in range(1, max(map(digits_needed, lists)) + 1):
        runs = [_runs(np.diff(thresholds), digits) for thresholds in lists]
        choices += [
            [ThresholdTable(digits, length, 0, _groups_of(entry, length)) for entry in runs]
            for length in table_lengths(longest, digits)
        ]
    return min(choices, key=lambda tables: sum(table.parameters for table in tables))


def digits_needed(thresholds: np.ndarray) -> int:
    """Return how many binary digits hold every difference of neighbours, at least 1."""
    return max(1, largest_magnitude(np.diff(thresholds)).bit_length())


def table_lengths(count: int, digits: int) -> list[int]:
    """Return group lengths about the one that balances groups and layers.

    Args:
        count: number of thresholds.
        digits: of a difference.
    """
    middle = max(1, math.isqrt(8 * count // (7 * digits + 16)))
    return list(range(max(1, middle // 3), min(max(1, count), 2 * middle + 2) + 1))


def group_starts(thresholds: np.ndarray, table: ThresholdTable) -> list[int]:
    """Return the index of the threshold at which each group after the first starts."""
    first, others = _runs(np.diff(thresholds), table.digits)
    starts, begin = list(range(table.length, first, table.length + 1)), first
    for count in others:
        starts += range(begin, begin + int(count), table.length + 1)
        begin += int(count)
    return starts


def group_words(thresholds: np.ndarray, table: ThresholdTable, starts: list[int]) -> list[int]:
    """Return the numbers of every group as one integer below ``2^(folds + 1)``.

    Differences of 0 come before the others where a group is not full: each flips the label
    at the start of the group. The last digit says whether the label there must be flipped
    once more.
    """
    return [_word(table, numbers, number) for number, numbers in _groups(thresholds, table, starts)]


def _groups(thresholds: np.ndarray, table: ThresholdTable, starts: list[int]) -> Iterator[tuple[int, list[int]]]:
    """Yield for each group the number of thresholds up to its start, and its numbers."""
    ends = [*starts, len(thresholds)]
    place, begin = -1, 0
    for group, end in enumerate(ends):
        if group:
            place, begin = int(thresholds[starts[group - 1]]), starts[group - 1] + 1
        inner = [place, *(int(value) for value in thresholds[begin:end])]
        differences = [after - before for before, after in itertools.pairwise(inner)]
        padding = [0] * (table.length - len(differences))
        yield begin, [*([place + 1] if table.start_digits else []), *padding, *differences]


def _word(table: ThresholdTable, numbers: list[int], passed: int) -> int:
    word = 0
    for width, number in zip(table.widths, numbers, strict=True):
        word = (word << width) + 2 * number
    flips = numbers[-table.length :].count(0) + passed
    return 2 * word + flips % 2


def _groups_of(runs: tuple[int, np.ndarray], length: int) -> int:
    """Return how many groups of a length the runs are cut into."""
    first, others = runs
    lengths, counts = np.unique(others, return_counts=True)
    later = int((counts * -(-lengths // (length + 1))).sum())
    return 1 + max(0, -(-(first - length) // (length + 1))) + later


def _runs(steps: np.ndarray, digits: int) -> tuple[int, np.ndarray]:
    """Return how many thresholds follow each other by small steps: at the start, and from there on."""
    breaks = np.flatnonzero(np.asarray(steps >= 2**digits)) + 1
    ends = np.concatenate([[0], breaks, [len(steps) + 1]])
    counts = np.diff(ends)
    return int(counts[0]), counts[1:]
