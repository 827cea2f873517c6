"""Bits that depend on a purpose and a seed alone: SHAKE-256, the same on every machine."""

from __future__ import annotations

import hashlib
import operator
from typing import Any

from constructions.errors import UsageError

LARGEST_SEED = 2**63 - 1


def seeded_bytes(purpose: str, seed: int, count: int) -> bytes:
    """Return ``count`` bytes of SHAKE-256 of a text with the purpose and the seed.

    Raises:
        UsageError: the seed is not an integer from 0 to 2^63 - 1.
    """
    text = f"robustproofs hard distributions / {purpose} / seed {checked_seed(seed)}"
    return hashlib.shake_256(text.encode("utf-8")).digest(count)


def checked_seed(seed: Any) -> int:
    """Return a seed as an integer.

    Raises:
        UsageError: it is not an integer from 0 to 2^63 - 1.
    """
    try:
        value = operator.index(seed)
    except TypeError:
        raise UsageError(f"the seed must be an integer, got {seed!r}") from None
    if not 0 <= value <= LARGEST_SEED:
        raise UsageError(f"the seed must be an integer from 0 to {LARGEST_SEED}, got {value}")
    return value


def uniform_indices(size: int, count: int, seed: int) -> tuple[int, ...]:
    """Return independent indices, each exactly uniform on ``0..size-1``.

    Words of as many bits as ``size - 1`` has are read from the seeded bytes, and those
    that are too large are skipped.

    Args:
        size: at least 1, of any length.
        count: how many indices.
        seed: 0 to 2^63 - 1.

    Raises:
        UsageError: the seed or the count is out of range.
    """
    if count < 0:
        raise UsageError(f"cannot draw {count} indices")
    bits = (size - 1).bit_length()
    width = (bits + 7) // 8
    chosen: list[int] = []
    block = 0
    while len(chosen) < count:
        words = count - len(chosen)
        content = seeded_bytes(f"indices below {size:x}, block {block}", seed, width * words)
        for place in range(words):
            value = int.from_bytes(content[width * place : width * (place + 1)], "little") & ((1 << bits) - 1)
            if value < size:
                chosen.append(value)
        block += 1
    return tuple(chosen)
