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


def built_above_bound(parameters: int, bound: SizeBound, name: str = "sandwich", depth: int | None = None) -> Verdict:
    """Judge "the explicit network is larger than the size certified to be too small".

    Args:
        parameters: of the explicit network, for the worst labelling.
        bound: one that covers the explicit network.
        name: of the claim.
        depth: of the explicit network, needed when the bound is for shallow ones.

    Raises:
        ValueError: the bound does not cover the explicit network, so nothing follows.
    """
    asked = bound.question
    is_shallow = asked.depth is None or (depth is not None and depth <= asked.depth)
    if bound.method == "precision" or not is_shallow:
        raise ValueError(f"a bound for networks {bound.networks} does not cover this one")
    status: Status = "holds" if parameters > bound.size else "violated"
    ratio = f"; {_ratio(parameters, bound.size)} times as many" if bound.size else ""
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


def _ratio(above: int, below: int) -> str:
    """Return a quotient of integers of any size to three decimals, rounded down."""
    thousandths = 1000 * above // below
    return f"{thousandths // 1000}.{thousandths % 1000:03d}"


def _sentence(bound: SizeBound) -> str:
    asked = bound.question
    who = "some labelling" if asked.failure == 1 else f"a random labelling except with probability {asked.failure}"
    kind = f" {bound.networks}" if bound.networks else ""
    wrong = f"error above {asked.error} of the {asked.points} points for {who}"
    return f"networks{kind} of at most {bound.size} parameters: {wrong}"
