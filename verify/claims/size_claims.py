"""Claims about the size of a network."""

from __future__ import annotations

from constructions.network.relu_network import ReluNetwork
from verify.verdict import Status, Verdict


def parameters_at_most(network: ReluNetwork, promised: int, formula: str, name: str = "parameters") -> Verdict:
    """Judge "the network has at most ``promised`` nonzero parameters"."""
    measured = network.size.nonzero
    status: Status = "holds" if measured <= promised else "violated"
    return Verdict(name, status, "exact", str(measured), str(promised), "at most", "count", detail=formula)


def parameters_equal(network: ReluNetwork, closed_form: int, name: str = "count") -> Verdict:
    """Judge "the closed form counts the network's nonzero parameters exactly"."""
    measured = network.size.nonzero
    status: Status = "holds" if measured == closed_form else "violated"
    return Verdict(name, status, "exact", str(measured), str(closed_form), "equal", "count")
