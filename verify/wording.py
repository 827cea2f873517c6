"""Numbers and nouns for a reader."""

from __future__ import annotations


def counted(count: int, noun: str, plural: str = "") -> str:
    """Return a count with its noun, in the plural unless there is one.

    Args:
        count: how many.
        noun: for one.
        plural: for several, where it is not the noun with an s.

    Example:
        >>> counted(1, "parameter"), counted(1797, "point")
        ('1 parameter', '1,797 points')
    """
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {plural or noun + 's'}"
