"""Claims about certified size bounds, alone and beside a network that is large enough."""

from __future__ import annotations

from verify.capacity.size_bound import SizeBound
from verify.verdict import Status, Verdict


def size_bound_found(bound: SizeBound, name: str = "size_bound") -> Verdict:
    """State a certified size; it promises nothing but itself."""
    return Verdict(name, "holds", bound.evidence, str(bound.size), None, None, bound.method, detail=_sentence(bound))


def size_bound_at_least(bound: SizeBound, promised: int, meaning: str, name: str = "size_bound") -> Verdict:
    """Judge "networks of ``promised`` parameters are too small".

    Below the promise nothing is refuted: a sharper count might still prove it.
    """
    status: Status = "holds" if bound.size >= promised else "unknown"
    detail = f"{_sentence(bound)}; promised: {meaning}"
    return Verdict(
        name, status, bound.evidence, str(bound.size), str(promised), "at least", bound.method, detail=detail
    )


def built_above_bound(parameters: int, bound: SizeBound, name: str = "sandwich") -> Verdict:
    """Judge "the explicit network is larger than the size certified to be too small"."""
    status: Status = "holds" if parameters > bound.size else "violated"
    ratio = f"; ratio {parameters / bound.size:.4g}" if 0 < bound.size < 2**200 else ""
    return Verdict(
        name,
        status,
        bound.evidence,
        str(parameters),
        str(bound.size),
        "more than",
        "count",
        detail=f"{parameters} parameters suffice for every labelling, {bound.size} do not{ratio}",
    )


def _sentence(bound: SizeBound) -> str:
    asked = bound.question
    who = "some labelling" if asked.failure == 1 else f"a random labelling except with probability {asked.failure}"
    return f"at most {bound.size} parameters: error above {asked.error} of the {asked.points} points for {who}"
