"""The search tree, compiled: split the worst open node, bound its two children, repeat.

Open nodes live in slots of a pool; the tree itself keeps splits and leaves only. The
loop comes back to its caller after a number of nodes, when a point looks wrong, or when
a node has every unit decided and is still not closed.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from verify.branching.relaxation_kernel import (
    SLOPES,
    ascent,
    default_slope,
    linear_minimum,
    lower_bound,
    output_at,
    refresh_layer,
    walk_down,
)

OPEN, LEAF = -2, -1
DONE, PAUSED, CANDIDATE, FULL = 0, 1, 2, 3
FREE, STUCK = np.inf, 1e300
DECAY, FIRST, SECOND = 0.97, 0.9, 0.999
BETA_BITS, COARSE_BITS, COARSE = 10, 3, 5
MOST_ROUNDS, HOPE = 12, 4.0
WALK = 24


@nb.njit(nogil=True, cache=True)
def branch_unit(below, above, mus):  # type: ignore[no-untyped-def]
    """Return the undecided unit whose relaxation loses most, -1 if every unit is decided."""
    best, unit = -1.0, -1
    for i in range(below.shape[0]):
        low, high = below[i], above[i]
        if low < 0 < high:
            score = 1e-3 * abs(mus[i]) * min(high, -low)
            if mus[i] < 0:
                score += mus[i] * high * low / (high - low)
            if score > best:
                best, unit = score, i
    return unit


@nb.njit(nogil=True, cache=True)
def widest_input(form, box):  # type: ignore[no-untyped-def]
    """Return the coordinate along which the bound varies most."""
    best, axis = -1.0, 0
    for j in range(form.shape[0]):
        score = (abs(form[j]) + 1e-6) * (box[1, j] - box[0, j])
        if score > best:
            best, axis = score, j
    return axis


@nb.njit(nogil=True, cache=True)
def undecided(below, above):  # type: ignore[no-untyped-def]
    """Return how many units are neither on nor off."""
    count = 0
    for i in range(below.shape[0]):
        if below[i] < 0 < above[i]:
            count += 1
    return count


@nb.njit(nogil=True, cache=True)
def first_layer(net, geometry, below, above, box, place):  # type: ignore[no-untyped-def]
    """Tighten the first layer from the input box; false if an interval is empty."""
    sizes, weights, w_at, u_at, bias, wout, bout = net
    centre, radius, norm = geometry
    inputs = sizes[0]
    if sizes.shape[0] == 1:
        return True
    form = np.empty(inputs)
    for k in range(sizes[1]):
        start = w_at[1] + k * inputs
        for j in range(inputs):
            form[j] = weights[start + j]
        low = bias[k] + linear_minimum(form, centre, radius, norm, box[0], box[1], place)
        for j in range(inputs):
            form[j] = -form[j]
        high = bias[k] - linear_minimum(form, centre, radius, norm, box[0], box[1], place)
        below[k] = max(below[k], low)
        above[k] = min(above[k], high)
        if below[k] > above[k]:
            return False
    return True


@nb.njit(nogil=True, cache=True)
def rounded_multipliers(slopes, betas, phase, levels, bits, slopes_out, betas_out):  # type: ignore[no-untyped-def]
    """Round slopes to equal levels and betas to few bits, as a certificate keeps them."""
    largest = 0.0
    for i in range(slopes.shape[0]):
        if phase[i] != 0:
            largest = max(largest, betas[i])
    unit = 1.0
    if largest > 0:
        unit = 2.0 ** (np.ceil(np.log2(largest)) - bits)
    for i in range(slopes.shape[0]):
        slopes_out[i] = np.rint(slopes[i] * levels) / levels
        betas_out[i] = np.rint(betas[i] / unit) * unit if phase[i] != 0 else 0.0


@nb.njit(nogil=True, cache=True)
def optimise(net, geometry, below, above, box, phase, slopes, betas, steps, target, memory, moments, place, best):  # type: ignore[no-untyped-def]
    """Raise the bound by a few Adam steps; return it, with rounded multipliers if above target.

    ``slopes`` and ``betas`` end as the last iterate; ``best`` receives the rounded ones.
    """
    to_slopes, to_betas, first_s, second_s, first_b, second_b, inner, outer = moments
    best_slopes, best_betas = best
    first_s[:] = 0.0
    second_s[:] = 0.0
    first_b[:] = 0.0
    second_b[:] = 0.0
    top, before, last = -np.inf, -np.inf, steps
    units = below.shape[0]
    for step in range(MOST_ROUNDS * steps + 1):
        value = lower_bound(net, geometry, below, above, box, phase, slopes, betas, memory, place)
        top = max(top, value)
        if value > target:
            for bits in (COARSE_BITS, BETA_BITS):
                levels = COARSE if bits == COARSE_BITS else SLOPES
                rounded_multipliers(slopes, betas, phase, levels, bits, best_slopes, best_betas)
                value = lower_bound(net, geometry, below, above, box, phase, best_slopes, best_betas, memory, place)
                if value > target:
                    return value, True
        if step == last:
            # go on while the last steps gained enough to hope for the rest
            if target - top > HOPE * (top - before):
                break
            before, last = top, last + steps
        if step == last - steps:
            before = top
        ascent(net, below, above, phase, memory, place, to_slopes, to_betas, inner, outer)
        scale = 0.0
        for i in range(units):
            scale = max(scale, abs(memory[0][i]))
        rate = DECAY**step
        c1, c2 = 1 - FIRST ** (step + 1), 1 - SECOND ** (step + 1)
        for i in range(units):
            if below[i] < 0 < above[i]:
                g = to_slopes[i]
                first_s[i] = FIRST * first_s[i] + (1 - FIRST) * g
                second_s[i] = SECOND * second_s[i] + (1 - SECOND) * g * g
                if second_s[i] > 0:
                    move = 0.15 * rate * (first_s[i] / c1) / (np.sqrt(second_s[i] / c2) + 1e-12)
                    slopes[i] = min(1.0, max(0.0, slopes[i] + move))
            elif phase[i] != 0:
                g = to_betas[i]
                first_b[i] = FIRST * first_b[i] + (1 - FIRST) * g
                second_b[i] = SECOND * second_b[i] + (1 - SECOND) * g * g
                if second_b[i] > 0:
                    move = 0.1 * scale * rate * (first_b[i] / c1) / (np.sqrt(second_b[i] / c2) + 1e-12)
                    betas[i] = max(0.0, betas[i] + move)
    return top, False


@nb.njit(nogil=True, cache=True)
def bound_node(net, geometry, pool, slot, steps, target, memory, moments, place, best, leaf_rows, leaf_count):  # type: ignore[no-untyped-def]
    """Bound the node of a slot: returns (closed, leaf row or -1); open ones get bound and branch."""
    below, above, slopes, betas, phase, boxes, bounds, ids, branch = pool
    units = below.shape[1]
    plain_slopes, plain_betas = best
    for i in range(units):
        plain_slopes[i] = default_slope(below[slot, i], above[slot, i])
        plain_betas[i] = 0.0
    value = lower_bound(
        net, geometry, below[slot], above[slot], boxes[slot], phase[slot], plain_slopes, plain_betas, memory, place
    )
    if value > target:
        return True, -1
    if steps > 0:
        improved, closed = optimise(
            net, geometry, below[slot], above[slot], boxes[slot], phase[slot], slopes[slot], betas[slot],
            steps, target, memory, moments, place, best,
        )  # fmt: skip
        value = max(value, improved)
        if closed:
            for i in range(units):
                used = below[slot, i] < 0 < above[slot, i] and memory[0][i] > 0
                used = used and best[0][i] != default_slope(below[slot, i], above[slot, i])
                leaf_rows[0][leaf_count, i] = np.int16(np.rint(best[0][i] * SLOPES)) if used else -1
                leaf_rows[1][leaf_count, i] = best[1][i]
            return True, leaf_count
    bounds[slot] = max(value, bounds[slot])
    branch[slot] = branch_unit(below[slot], above[slot], memory[0])
    return False, -1


@nb.njit(nogil=True, cache=True)
def worst_slot(bounds, used):  # type: ignore[no-untyped-def]
    """Return the open slot with the least bound and a free one, -1 where there is none."""
    worst, slot, spare = STUCK, -1, -1
    for s in range(used):
        if bounds[s] < worst:
            worst, slot = bounds[s], s
        elif bounds[s] == FREE:
            spare = s
    return slot, spare


@nb.njit(nogil=True, cache=True)
def explore(net, geometry, pool, tree, leaf_rows, counts, options, memory, moments, scratch, place, best, candidate):  # type: ignore[no-untyped-def]
    """Split open nodes, worst first, until none is left or the caller is needed.

    ``counts`` holds nodes in the tree, leaf rows in use, and slots ever used; all are 0
    before the first call, which bounds the root in slot 0 and looks for a wrong point.
    """
    below, above, slopes, betas, phase, boxes, bounds, ids, branch = pool
    split, child, leaf, at = tree
    steps, target, budget, by_input, wrong_below = options
    sizes, u_at = net[0], net[3]
    units, depth = below.shape[1], sizes.shape[0] - 1
    for _ in range(budget):
        is_root = counts[0] == 0
        slot, spare, unit, left, sides = 0, 0, -1, 0, 1
        middle, parent_bound, seen = 0.0, -np.inf, np.inf
        if is_root:
            counts[0], counts[2] = 1, 1
        else:
            slot, spare = worst_slot(bounds, counts[2])
            if slot < 0:
                return DONE
            if spare < 0:
                if counts[2] == bounds.shape[0]:
                    return FULL
                spare = counts[2]
                counts[2] += 1
            if counts[0] + 2 > split.shape[0] or counts[1] + 2 > leaf_rows[0].shape[0]:
                return FULL
            node, unit, left, sides = ids[slot], branch[slot], counts[0], 2
            counts[0] += 2
            child[node] = left
            split[node] = unit
            if unit >= units:
                middle = 0.5 * (boxes[slot, 0, unit - units] + boxes[slot, 1, unit - units])
                at[node] = middle
            parent_bound = bounds[slot]
            below[spare] = below[slot]
            above[spare] = above[slot]
            slopes[spare] = slopes[slot]
            betas[spare] = betas[slot]
            phase[spare] = phase[slot]
            boxes[spare] = boxes[slot]
        for side in range(sides):
            here = slot if side == 0 else spare
            name = left + side
            split[name], leaf[name] = OPEN, -1
            bounds[here], ids[here] = parent_bound, name
            start, alive = 1, True
            if 0 <= unit < units:
                if side == 0:
                    above[here, unit] = 0.0
                    phase[here, unit] = -1
                else:
                    below[here, unit] = 0.0
                    phase[here, unit] = 1
                while start < depth and unit >= u_at[start + 1]:
                    start += 1
            else:
                if not is_root:
                    boxes[here, 1 - side, unit - units] = middle
                alive = first_layer(net, geometry, below[here], above[here], boxes[here], place)
            for layer in range(start + 1, depth + 1):
                if alive:
                    alive = refresh_layer(layer, is_root, net, geometry, below[here], above[here], boxes[here], scratch)
            closed, row = True, -1
            if alive:
                if is_root:
                    for i in range(units):
                        slopes[0, i] = default_slope(below[0, i], above[0, i])
                closed, row = bound_node(
                    net, geometry, pool, here, steps, target, memory, moments, place, best, leaf_rows, counts[1]
                )
                value = output_at(net, place, moments[6], moments[7])
                if value < seen:
                    seen = value
                    candidate[:] = place
            if closed:
                split[name] = LEAF
                bounds[here] = FREE
                if row >= 0:
                    leaf[name] = row
                    counts[1] += 1
            elif branch[here] < 0:
                bounds[here] = STUCK
            elif by_input and undecided(below[here], above[here]) >= by_input:
                branch[here] = units + widest_input(memory[4][: sizes[0]], boxes[here])
        if is_root and bounds[0] != FREE:
            for tried in range(2):
                for j in range(place.shape[0]):
                    start_at = place[j] if tried == 0 else geometry[0][j]
                    scratch[4][j] = min(max(start_at, boxes[0, 0, j]), boxes[0, 1, j])
                if seen > wrong_below:
                    seen = walk_down(
                        net, geometry, boxes[0], scratch[4], WALK, moments[0], moments[6], moments[7], memory[4],
                        candidate,
                    )  # fmt: skip
        if seen <= wrong_below:
            return CANDIDATE
    return PAUSED
