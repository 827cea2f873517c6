"""Backward linear relaxation of one node of the search tree, compiled, in floats.

A node knows an interval of every hidden unit. Going backwards from a linear form, a unit
with coefficient ``mu`` on its output gets a coefficient ``nu`` on its input; whatever
``nu`` is, ``min over z of mu * relu(z) - nu * z`` bounds what is lost. Units that are on
or off lose nothing. Nothing here is trusted: the rule is evaluated again exactly, or with
rigorous rounding, before a verdict rests on it.

Arrays of the network: ``sizes[0]`` inputs and ``sizes[l]`` units of hidden layer l, with
weights ``weights[w_at[l]:]`` row by row, and units numbered through from ``u_at[l]``.
"""

from __future__ import annotations

import numba as nb
import numpy as np

LINF, L1, L2 = 0, 1, 2
SLOPES = 255
FAST = {"reassoc", "contract"}


@nb.njit(nogil=True, cache=True)
def linear_minimum(form, centre, radius, norm, low, high, place):  # type: ignore[no-untyped-def]
    """Return a lower bound of ``form . x`` on the ball within the box; ``place`` gets its minimiser."""
    value = 0.0
    for j in range(form.shape[0]):
        place[j] = low[j] if form[j] > 0 else high[j]
        value += form[j] * place[j]
    if norm == LINF:
        return value
    around = 0.0
    if norm == L2:
        square = 0.0
        for j in range(form.shape[0]):
            around += form[j] * centre[j]
            square += form[j] * form[j]
        length = np.sqrt(square)
        around -= radius * length
        if around > value:
            for j in range(form.shape[0]):
                shift = radius * form[j] / length if length > 0 else 0.0
                place[j] = min(max(centre[j] - shift, low[j]), high[j])
    else:
        peak = 0
        for j in range(form.shape[0]):
            around += form[j] * centre[j]
            if abs(form[j]) > abs(form[peak]):
                peak = j
        around -= radius * abs(form[peak])
        if around > value:
            for j in range(form.shape[0]):
                place[j] = min(max(centre[j], low[j]), high[j])
            side = -1.0 if form[peak] > 0 else 1.0
            place[peak] = min(max(centre[peak] + side * radius, low[peak]), high[peak])
    return max(value, around)


@nb.njit(nogil=True, cache=True)
def default_slope(low, high):  # type: ignore[no-untyped-def]
    """Return the lower slope of an undecided unit; the odd ratio keeps away from symmetric ties."""
    return 1.0 if 1024.0 * high > -1025.0 * low else 0.0


@nb.njit(nogil=True, cache=True, fastmath=FAST)
def add_rows(out, width, shares, starts, count, weights):  # type: ignore[no-untyped-def]
    """Add multiples of weight rows to ``out``, four rows in one pass."""
    done = 0
    while done + 4 <= count:
        a, b, c, d = shares[done], shares[done + 1], shares[done + 2], shares[done + 3]
        i, k, m, n = starts[done], starts[done + 1], starts[done + 2], starts[done + 3]
        for j in range(width):
            out[j] += a * weights[i + j] + b * weights[k + j] + c * weights[m + j] + d * weights[n + j]
        done += 4
    while done < count:
        a, i = shares[done], starts[done]
        for j in range(width):
            out[j] += a * weights[i + j]
        done += 1


@nb.njit(nogil=True, cache=True)
def _push_back(rows, const, count, layer, sizes, weights, w_at, u_at, bias, below, above, work):  # type: ignore[no-untyped-def]
    """Replace ``count`` forms over the outputs of ``layer`` by forms over those of the layer before."""
    width, before = sizes[layer], sizes[layer - 1]
    first = u_at[layer]
    shares, starts = np.empty(width), np.empty(width, np.int64)
    for t in range(count):
        for j in range(before):
            work[t, j] = 0.0
        used = 0
        for k in range(width):
            mu = rows[t, k]
            low, high = below[first + k], above[first + k]
            if mu == 0.0 or high <= 0:
                continue
            nu = mu
            if low < 0:
                if mu > 0:
                    nu = mu * default_slope(low, high)
                else:
                    nu = mu * (high / (high - low))
                    const[t] -= nu * low
            if nu == 0.0:
                continue
            const[t] += nu * bias[first + k]
            shares[used], starts[used] = nu, w_at[layer] + k * before
            used += 1
        add_rows(work[t], before, shares, starts, used, weights)
    for t in range(count):
        for j in range(before):
            rows[t, j] = work[t, j]


@nb.njit(nogil=True, cache=True)
def refresh_layer(layer, every, net, geometry, below, above, box, scratch):  # type: ignore[no-untyped-def]
    """Tighten the intervals of a layer from those of the layers before; false if one is empty.

    Only undecided units are looked at, unless ``every``.
    """
    sizes, weights, w_at, u_at, bias, wout, bout = net
    centre, radius, norm = geometry
    rows, work, const, chosen, place = scratch
    before, first = sizes[layer - 1], u_at[layer]
    count = 0
    for k in range(sizes[layer]):
        if every or (below[first + k] < 0 < above[first + k]):
            chosen[count] = k
            start = w_at[layer] + k * before
            for j in range(before):
                rows[2 * count, j] = weights[start + j]
                rows[2 * count + 1, j] = -weights[start + j]
            const[2 * count] = bias[first + k]
            const[2 * count + 1] = -bias[first + k]
            count += 1
    for inner in range(layer - 1, 0, -1):
        _push_back(rows, const, 2 * count, inner, sizes, weights, w_at, u_at, bias, below, above, work)
    inputs = sizes[0]
    for t in range(count):
        unit = first + chosen[t]
        low = const[2 * t] + linear_minimum(rows[2 * t, :inputs], centre, radius, norm, box[0], box[1], place)
        high = -const[2 * t + 1] - linear_minimum(rows[2 * t + 1, :inputs], centre, radius, norm, box[0], box[1], place)
        below[unit] = max(below[unit], low)
        above[unit] = min(above[unit], high)
        if below[unit] > above[unit]:
            return False
    return True


@nb.njit(nogil=True, cache=True)
def lower_bound(net, geometry, below, above, box, phase, slopes, betas, memory, place):  # type: ignore[no-untyped-def]
    """Return a lower bound of the output under multipliers; ``memory`` keeps mu, nu and ratios.

    ``slopes`` are the lower slopes of undecided units, ``betas`` the multipliers of the
    split ones (``phase`` is +1, -1, or 0 where not split).
    """
    sizes, weights, w_at, u_at, bias, wout, bout = net
    centre, radius, norm = geometry
    mus, nus, rates, lows, form = memory
    depth = sizes.shape[0] - 1
    value = bout
    shares, starts = np.empty(mus.shape[0]), np.empty(mus.shape[0], np.int64)
    for k in range(sizes[depth]):
        if depth > 0:
            mus[u_at[depth] + k] = wout[k]
        else:
            form[k] = wout[k]
    for layer in range(depth, 0, -1):
        first, before = u_at[layer], sizes[layer - 1]
        for j in range(before):
            form[j] = 0.0
        used = 0
        for k in range(sizes[layer]):
            unit = first + k
            mu, low, high = mus[unit], below[unit], above[unit]
            if low >= 0:
                rate = 1.0
            elif high <= 0:
                rate = 0.0
            elif mu >= 0:
                rate = slopes[unit]
            else:
                rate = high / (high - low)
            nu = rate * mu - phase[unit] * betas[unit]
            # smallest of mu * relu(z) - nu * z over z in {low, 0, high}
            at_low = mu * max(low, 0.0) - nu * low
            at_high = mu * max(high, 0.0) - nu * high
            least, where = at_low, low
            if at_high < least:
                least, where = at_high, high
            if low < 0 < high and least > 0:
                least, where = 0.0, 0.0
            value += least + nu * bias[unit]
            nus[unit], rates[unit], lows[unit] = nu, rate, where
            if nu != 0.0:
                shares[used], starts[used] = nu, w_at[layer] + k * before
                used += 1
        add_rows(form, before, shares, starts, used, weights)
        if layer > 1:
            for j in range(before):
                mus[u_at[layer - 1] + j] = form[j]
    return value + linear_minimum(form[: sizes[0]], centre, radius, norm, box[0], box[1], place)


@nb.njit(nogil=True, cache=True, fastmath=FAST)
def ascent(net, below, above, phase, memory, place, to_slopes, to_betas, inner, outer):  # type: ignore[no-untyped-def]
    """Write the supergradient of the bound just computed with respect to slopes and betas."""
    sizes, weights, w_at, u_at, bias, wout, bout = net
    mus, nus, rates, lows, form = memory
    for j in range(sizes[0]):
        inner[j] = place[j]
    for layer in range(1, sizes.shape[0]):
        first, before = u_at[layer], sizes[layer - 1]
        for k in range(sizes[layer]):
            unit = first + k
            start = w_at[layer] + k * before
            z = bias[unit]
            for j in range(before):
                z += weights[start + j] * inner[j]
            slack = z - lows[unit]
            to_slopes[unit] = 0.0
            to_betas[unit] = 0.0
            if below[unit] < 0 < above[unit]:
                if mus[unit] > 0:
                    to_slopes[unit] = mus[unit] * slack
            elif phase[unit] != 0:
                to_betas[unit] = -phase[unit] * slack
            outer[k] = max(lows[unit], 0.0) + rates[unit] * slack
        for k in range(sizes[layer]):
            inner[k] = outer[k]


@nb.njit(nogil=True, cache=True, fastmath=FAST)
def output_at(net, place, inner, outer):  # type: ignore[no-untyped-def]
    """Return the float output of the network at a point."""
    sizes, weights, w_at, u_at, bias, wout, bout = net
    for j in range(sizes[0]):
        inner[j] = place[j]
    for layer in range(1, sizes.shape[0]):
        first, before = u_at[layer], sizes[layer - 1]
        for k in range(sizes[layer]):
            start = w_at[layer] + k * before
            z = bias[first + k]
            for j in range(before):
                z += weights[start + j] * inner[j]
            outer[k] = max(z, 0.0)
        for k in range(sizes[layer]):
            inner[k] = outer[k]
    value = bout
    for k in range(sizes[sizes.shape[0] - 1]):
        value += wout[k] * inner[k]
    return value


@nb.njit(nogil=True, cache=True, fastmath=FAST)
def slope_at(net, place, signs, inner, outer, form):  # type: ignore[no-untyped-def]
    """Return the float output at a point; ``form`` receives its gradient."""
    sizes, weights, w_at, u_at, bias, wout, bout = net
    value = output_at(net, place, inner, outer)
    depth = sizes.shape[0] - 1
    for j in range(sizes[0]):
        inner[j] = place[j]
    for layer in range(1, depth + 1):
        first, before = u_at[layer], sizes[layer - 1]
        for k in range(sizes[layer]):
            start = w_at[layer] + k * before
            z = bias[first + k]
            for j in range(before):
                z += weights[start + j] * inner[j]
            signs[first + k] = 1.0 if z > 0 else 0.0
            outer[k] = max(z, 0.0)
        for k in range(sizes[layer]):
            inner[k] = outer[k]
    for k in range(sizes[depth]):
        outer[k] = wout[k]
    for layer in range(depth, 0, -1):
        first, before = u_at[layer], sizes[layer - 1]
        for j in range(before):
            form[j] = 0.0
        for k in range(sizes[layer]):
            nu = outer[k] * signs[first + k]
            if nu != 0.0:
                start = w_at[layer] + k * before
                for j in range(before):
                    form[j] += nu * weights[start + j]
        for j in range(before):
            outer[j] = form[j]
    if depth == 0:
        for j in range(sizes[0]):
            form[j] = wout[j]
    return value


@nb.njit(nogil=True, cache=True)
def walk_down(net, geometry, box, start, rounds, signs, inner, outer, form, best):  # type: ignore[no-untyped-def]
    """Walk from a point towards minimisers of the local linear form; return the least output met."""
    centre, radius, norm = geometry
    dim = centre.shape[0]
    here, corner, gradient = start.copy(), np.empty(dim), np.empty(dim)
    least = np.inf
    for step in range(rounds):
        value = slope_at(net, here, signs, inner, outer, form)
        if value < least:
            least = value
            best[:] = here
        for j in range(dim):
            gradient[j] = form[j]
        linear_minimum(gradient, centre, radius, norm, box[0], box[1], corner)
        value = output_at(net, corner, inner, outer)
        if value < least:
            least = value
            best[:] = corner
        if least <= 0:
            break
        share = 2.0 / (step + 3.0)
        for j in range(dim):
            here[j] += share * (corner[j] - here[j])
    return least
