"""Compiled maximum flow on a bipartite graph of bit rows, which can go on when conflicts are added.

Flow goes from plus points, which supply their weight, over conflicts to minus points, which
take theirs. The plus points that can still be reached from one with supply left form a
forest of alternating paths. As long as no minus point of the forest can take more, the flow
is maximum, and a further conflict matters only if it starts inside the forest and ends
outside: then the forest grows, and is grown anew only after a path was used.
"""

from __future__ import annotations

from typing import NamedTuple

import numba as nb
import numpy as np

_ONE = np.uint64(1)


class FlowState(NamedTuple):
    """The graph, the flow and the forest, n plus points and m minus points.

    Attributes:
        rows: conflicts, a row of bits for each plus point.
        supply: what each plus point can still give, int64, shape (n,).
        demand: what each minus point can still take, int64, shape (m,).
        flow: amounts, int64, shape (n, m).
        carriers: for each minus point a row of bits, the plus points that send it something.
        reached_plus: bits of the plus points in the forest.
        reached_minus: bits of the minus points in the forest.
        giver: for each minus point in the forest, the plus point before it.
        taker: for each plus point in the forest, the minus point before it, -1 at a root.
        queue: plus points whose conflicts are still to be followed.
    """

    rows: np.ndarray
    supply: np.ndarray
    demand: np.ndarray
    flow: np.ndarray
    carriers: np.ndarray
    reached_plus: np.ndarray
    reached_minus: np.ndarray
    giver: np.ndarray
    taker: np.ndarray
    queue: np.ndarray


def flow_state(rows: np.ndarray, supply: np.ndarray, demand: np.ndarray) -> FlowState:
    """Return the state without any flow; the arrays are copied."""
    count, width = len(supply), len(demand)
    words = -(-count // 64)
    return FlowState(
        rows.astype(np.uint64),
        supply.astype(np.int64),
        demand.astype(np.int64),
        np.zeros((count, width), dtype=np.int64),
        np.zeros((width, words), dtype=np.uint64),
        np.zeros(words, dtype=np.uint64),
        np.zeros(rows.shape[1], dtype=np.uint64),
        np.full(width, -1, dtype=np.int64),
        np.full(count, -1, dtype=np.int64),
        np.zeros(count, dtype=np.int64),
    )


@nb.njit(nogil=True, cache=True)
def maximize(state):  # type: ignore[no-untyped-def]
    """Raise the flow to its maximum, grow the forest, and return what was added."""
    added = np.int64(0)
    for u in range(state.supply.shape[0]):
        for word in range(state.rows.shape[1]):
            if state.supply[u] == 0:
                break
            bits = state.rows[u, word]
            while bits and state.supply[u] > 0:
                v = 64 * word + _lowest(bits)
                bits &= bits - _ONE
                if state.demand[v] > 0:
                    state.giver[v], state.taker[u] = u, -1
                    added += _push(state, v)
    return added + _augment(state)


@nb.njit(nogil=True, cache=True)
def add_conflicts(state, us, vs, ends, totals):  # type: ignore[no-untyped-def]
    """Add conflicts group by group to a maximum flow, and keep it maximum.

    ``totals[g]`` becomes what was added to the flow by the groups up to g; group g is made
    of the conflicts from ``ends[g - 1]`` up to ``ends[g]``.
    """
    added = np.int64(0)
    start = 0
    for group in range(ends.shape[0]):
        for place in range(start, ends[group]):
            added += _add(state, us[place], vs[place])
        start = ends[group]
        totals[group] = added


@nb.njit(nogil=True, cache=True)
def _add(state, u, v):  # type: ignore[no-untyped-def]
    """Add one conflict; return what it adds to the maximum flow."""
    state.rows[u, v >> 6] |= _ONE << np.uint64(v & 63)
    if not _has(state.reached_plus, u) or _has(state.reached_minus, v):
        return np.int64(0)
    tail = _reach(state, u, v, 0)
    found = v if state.demand[v] > 0 else _grow(state, tail)
    return np.int64(0) if found < 0 else _push(state, found) + _augment(state)


@nb.njit(nogil=True, cache=True)
def _augment(state):  # type: ignore[no-untyped-def]
    """Use paths until none is left; the forest of the last search stays."""
    added = np.int64(0)
    while True:
        state.reached_plus[:] = 0
        state.reached_minus[:] = 0
        tail = 0
        for u in range(state.supply.shape[0]):
            if state.supply[u] > 0:
                state.reached_plus[u >> 6] |= _ONE << np.uint64(u & 63)
                state.taker[u] = -1
                state.queue[tail] = u
                tail += 1
        found = _grow(state, tail)
        if found < 0:
            return added
        added += _push(state, found)


@nb.njit(nogil=True, cache=True)
def _grow(state, tail):  # type: ignore[no-untyped-def]
    """Follow the conflicts of the queue; return a minus point that can take more, or -1."""
    head = 0
    while head < tail:
        u = state.queue[head]
        head += 1
        for word in range(state.rows.shape[1]):
            bits = state.rows[u, word] & ~state.reached_minus[word]
            while bits:
                v = 64 * word + _lowest(bits)
                bits &= bits - _ONE
                tail = _reach(state, u, v, tail)
                if state.demand[v] > 0:
                    return v
    return -1


@nb.njit(nogil=True, cache=True)
def _reach(state, u, v, tail):  # type: ignore[no-untyped-def]
    """Take a minus point into the forest after ``u``, and queue what sends it something."""
    state.reached_minus[v >> 6] |= _ONE << np.uint64(v & 63)
    state.giver[v] = u
    for word in range(state.reached_plus.shape[0]):
        bits = state.carriers[v, word] & ~state.reached_plus[word]
        state.reached_plus[word] |= bits
        while bits:
            further = 64 * word + _lowest(bits)
            bits &= bits - _ONE
            state.taker[further] = v
            state.queue[tail] = further
            tail += 1
    return tail


@nb.njit(nogil=True, cache=True)
def _push(state, last):  # type: ignore[no-untyped-def]
    """Send as much as possible along the path that ends in ``last``; return how much."""
    amount, v = state.demand[last], last
    while True:
        u = state.giver[v]
        v = state.taker[u]
        amount = min(amount, state.supply[u] if v < 0 else state.flow[u, v])
        if v < 0:
            break
    state.demand[last] -= amount
    v = last
    while True:
        u = state.giver[v]
        state.flow[u, v] += amount
        state.carriers[v, u >> 6] |= _ONE << np.uint64(u & 63)
        v = state.taker[u]
        if v < 0:
            state.supply[u] -= amount
            return amount
        state.flow[u, v] -= amount
        if state.flow[u, v] == 0:
            state.carriers[v, u >> 6] &= ~(_ONE << np.uint64(u & 63))


@nb.njit(nogil=True, cache=True)
def _has(bits, index):  # type: ignore[no-untyped-def]
    return (bits[index >> 6] >> np.uint64(index & 63)) & _ONE == _ONE


@nb.njit(nogil=True, cache=True)
def _lowest(bits):  # type: ignore[no-untyped-def]
    """Return the place of the lowest bit that is set: the number of bits below it."""
    below = (bits & (~bits + _ONE)) - _ONE
    below -= (below >> _ONE) & np.uint64(0x5555555555555555)
    below = (below & np.uint64(0x3333333333333333)) + ((below >> np.uint64(2)) & np.uint64(0x3333333333333333))
    below = (below + (below >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((below * np.uint64(0x0101010101010101)) >> np.uint64(56))
