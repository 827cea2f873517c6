"""Re-check a certificate of robust error with nothing but the standard library.

Run alone: ``python -I checker.py CERTIFICATE``. Exit code 0: every bound of the statement
was proved again from the weights and the points; 5: the certificate was rejected, with
one line that says why. This file shares no code with the program that wrote the
certificate, and reads its statement but never its conclusion.

What is proved: for every point listed as robust, ``label * f(x') >= margin > 0`` for all
x' in the closed ball around it (for K outputs, the label's output exceeds every other by
the margin); for every point listed as violated, the given x' lies in the closed ball and
has ``label * f(x') <= 0``. The robust error then lies between the two shares.

How: integers only. The network's denominators are cleared layer by layer, every bound is
interval arithmetic, and a hint may name the one term that makes a unit zero; or squared
distances to the centres of paraboloids are compared; or a ball is cut into places where
a part of the network is constant, or into simplices on which the network is affine.
Hints are never trusted: a wrong one makes the proof fail.
"""

import base64
import hashlib
import json
import math
import sys
import zlib
from array import array
from bisect import bisect_left, bisect_right
from fractions import Fraction
from itertools import permutations, product
from operator import mul
from pathlib import Path

SCHEMA = "robustproofs/certificate/1"
NETWORK_SCHEMA = "robustproofs/network/1"
OTHERS = {
    "robustproofs/count-certificate/1": "count_checker.py",
    "robustproofs/cover-certificate/1": "count_checker.py",
    "robustproofs/neighbourhood/1": "cover_checker.py",
    "robustproofs/volume-certificate/1": "volume_checker.py",
}
LARGEST_FILE = 2**31
LARGEST_DIGITS = 100_000
LARGEST_TREES = 2**28
MOST_BITS = 2**16
FULL, FREE, CENTRE = 65535, 65534, 65533
RULES = ("interval", "paired", "affine", "tree", "separable", "votes", "simplices", "pieces")
STATEMENT_KEYS = {
    "kind", "norm", "radius", "domain", "points", "dim", "network", "data", "nonzero", "lower", "upper", "margin",
}  # fmt: skip


class Rejected(Exception):
    """The certificate is malformed or does not prove its statement."""


def need(condition, message):
    """Reject unless ``condition``."""
    if not condition:
        raise Rejected(message)


# Reading -------------------------------------------------------------------------------


def read_json(path):
    """Read JSON strictly: bounded size, no duplicate keys, no NaN, no floats."""
    need(path.is_file(), f"there is no file {path.name}")
    need(path.stat().st_size <= LARGEST_FILE, f"{path.name} is too large")

    def unique(pairs):
        result = dict(pairs)
        need(len(result) == len(pairs), "a key appears twice")
        return result

    def refuse(text):
        raise Rejected(f"{text[:40]} is not an exact number")

    try:
        text = path.read_bytes().decode("utf-8")
        return json.loads(text, object_pairs_hook=unique, parse_constant=refuse, parse_float=refuse)
    except (ValueError, RecursionError) as error:
        raise Rejected(f"{path.name} is not valid JSON: {error}") from None


def refuse_other(document):
    """Return a document, unless its schema is that of another checker."""
    schema = document.get("schema") if isinstance(document, dict) else None
    other = OTHERS.get(schema) if isinstance(schema, str) else None
    need(other is None, f"this is a certificate for {other}")
    return document


def keys(document, wanted, name):
    """Require an object with exactly these keys."""
    need(isinstance(document, dict) and set(document) == set(wanted), f"{name} must have the keys {sorted(wanted)}")
    return document


def integer(value):
    """Read an integer: plain, or hexadecimal text."""
    if type(value) is int:
        return value
    text = value if isinstance(value, str) else ""
    body = text[1:] if text.startswith("-") else text
    need(body.startswith("0x") and len(body) <= LARGEST_DIGITS, "an integer is malformed")
    try:
        return int(text, 16)
    except ValueError:
        raise Rejected("an integer is malformed") from None


def fraction(text):
    """Read "p/q" or "p" in lowest terms."""
    need(isinstance(text, str) and 0 < len(text) <= LARGEST_DIGITS, "a fraction must be text such as 3/32")
    parts = text.split("/")
    need(
        len(parts) <= 2 and all(p.removeprefix("-").isascii() and p.removeprefix("-").isdigit() for p in parts),
        f"{text[:40]} is not a fraction",
    )
    try:
        value = Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise Rejected(f"{text[:40]} is not a fraction") from None
    need(str(value) == text, f"{text[:40]} is not in lowest terms")
    return value


def integers(values, name):
    """Read a list of integers."""
    need(isinstance(values, list), f"{name} must be a list")
    return [integer(value) for value in values]


def beside(path, entry, name):
    """Return a file next to the certificate, its content matching the recorded hash."""
    file_name = entry["file"]
    need(
        isinstance(file_name, str) and file_name == Path(file_name).name and file_name, f"{name} file name is not plain"
    )
    target = path.parent / file_name
    need(target.is_file(), f"there is no file {file_name}")
    need(target.stat().st_size <= LARGEST_FILE, f"{file_name} is too large")
    found = hashlib.sha256(target.read_bytes()).hexdigest()
    need(found == entry["sha256"], f"{file_name} does not match its hash")
    return target


class Layer:
    """Integer rows over one denominator: ``terms[i]`` are (unit, weight) pairs."""

    def __init__(self, document):
        keys(document, ("shape", "denominator", "row_starts", "columns", "values", "bias"), "a map")
        shape = integers(document["shape"], "shape")
        need(len(shape) == 2 and shape[0] >= 1 and shape[1] >= 1, "a map has an impossible shape")
        self.outputs, self.inputs = shape
        self.denominator = integer(document["denominator"])
        need(self.denominator >= 1, "a denominator must be positive")
        starts, columns = integers(document["row_starts"], "row_starts"), integers(document["columns"], "columns")
        values, self.bias = integers(document["values"], "values"), integers(document["bias"], "bias")
        need(len(starts) == self.outputs + 1 and starts[0] == 0 and starts[-1] == len(columns), "row_starts are wrong")
        need(len(values) == len(columns) and len(self.bias) == self.outputs, "a map has lists of wrong length")
        self.terms = []
        for first, last in zip(starts, starts[1:]):
            need(first <= last, "row_starts must not decrease")
            row = columns[first:last]
            need(all(a < b for a, b in zip(row, row[1:])), "columns must increase within a row")
            need(not row or (row[0] >= 0 and row[-1] < self.inputs), "a column is out of range")
            self.terms.append(list(zip(row, values[first:last])))
        need(0 not in values, "a stored weight is zero")
        self.nonzero = sum(1 for value in values if value) + sum(1 for value in self.bias if value)


def read_network(document):
    """Return the layers and the hash of a network document."""
    keys(document, ("schema", "maps"), "the network")
    need(document["schema"] == NETWORK_SCHEMA, "the network has an unknown schema")
    need(isinstance(document["maps"], list) and document["maps"], "the network has no maps")
    layers = [Layer(entry) for entry in document["maps"]]
    for before, after in zip(layers, layers[1:]):
        need(before.outputs == after.inputs, "consecutive maps do not fit")
    text = json.dumps(document, separators=(",", ":"), sort_keys=True)
    return layers, hashlib.sha256(text.encode()).hexdigest()


class Data:
    """Labelled integer points over one scale, rows read on demand."""

    def __init__(self, document, path, count, dim):
        self.count, self.dim = count, dim
        stored = "file" in document if isinstance(document, dict) else False
        wanted = ("scale", "labels", "file", "sha256", "type") if stored else ("scale", "labels", "points")
        keys(document, wanted, "the data")
        self.scale = integer(document["scale"])
        need(self.scale >= 1, "the scale must be positive")
        self.labels = integers(document["labels"], "labels")
        need(len(self.labels) == count, "there are not as many labels as points")
        if stored:
            need(document["type"] in ("B", "h", "i", "q"), "the points have an unknown type")
            self.flat = array(document["type"])
            self.flat.frombytes(beside(path, document, "the points").read_bytes())
            if sys.byteorder == "big":
                self.flat.byteswap()
        else:
            rows = document["points"]
            need(isinstance(rows, list) and len(rows) == count, "there are not as many rows as points")
            self.flat = []
            for row in rows:
                need(isinstance(row, list) and len(row) == dim, "a point has the wrong number of coordinates")
                self.flat.extend(integers(row, "a point"))
        need(len(self.flat) == count * dim, "the points have the wrong size")

    def row(self, index):
        """Return the integer coordinates of one point."""
        return list(self.flat[index * self.dim : (index + 1) * self.dim])

    def digest(self):
        """Return the hash of points and labels in canonical form."""
        small = max(self.flat) < 2**63 and min(self.flat) > -(2**63)
        body = _words(self.flat) if small else " ".join(map(str, self.flat)).encode()
        header = f"{self.count} {self.dim} {self.scale}{'' if small else ' decimal'}\n".encode()
        need(all(abs(label) < 2**31 for label in self.labels), "a label is out of range")
        return hashlib.sha256(header + _words(self.labels) + body).hexdigest()


def _words(values):
    words = array("q", values)
    if sys.byteorder == "big":
        words.byteswap()
    return words.tobytes()


# Proving -------------------------------------------------------------------------------


def root_up(square):
    """Return the smallest integer whose square is at least ``square``."""
    root = math.isqrt(square)
    return root if root * root == square else root + 1


class Balls:
    """The balls of a statement, as integers in units of ``1 / unit``."""

    def __init__(self, statement, scale, finer=1):
        domain = statement["domain"]
        corners = [] if domain is None else [fraction(v) for side in ("lower", "upper") for v in domain[side]]
        unit = math.lcm(scale, statement["radius"].denominator, *(value.denominator for value in corners)) * finer
        self.factor = unit // scale
        self.radius = int(statement["radius"] * unit)
        self.norm = statement["norm"]
        count = len(corners) // 2
        self.box = [(int(low * unit), int(high * unit)) for low, high in zip(corners[:count], corners[count:])]
        self.unit = unit

    def length(self, weights):
        """Return how far a linear form with these weights moves over the ball, rounded up."""
        if self.norm == "linf":
            return self.radius * sum(abs(w) for w in weights)
        if self.norm == "l1":
            return self.radius * max((abs(w) for w in weights), default=0)
        return root_up(self.radius * self.radius * sum(w * w for w in weights))

    def sides(self, point):
        """Return centre, lowest and highest coordinates of the ball's box within the domain."""
        centre = [value * self.factor for value in point]
        low = [value - self.radius for value in centre]
        high = [value + self.radius for value in centre]
        if self.box:
            low = [max(value, side[0]) for value, side in zip(low, self.box)]
            high = [min(value, side[1]) for value, side in zip(high, self.box)]
        return centre, low, high

    def empty(self, low, high):
        """Return whether no perturbation lies in the domain."""
        return any(a > b for a, b in zip(low, high))


class Prover(Balls):
    """A margin network (all outputs positive where right) on balls, as integers.

    Layer l is in units of 1/units[l]; ``terms`` and ``bias`` are integers.
    """

    def __init__(self, layers, label, statement, scale):
        super().__init__(statement, scale)
        unit = self.unit
        self.terms, self.bias = [], []
        for layer in layers[:-1]:
            self.terms.append(layer.terms)
            self.bias.append([value * unit for value in layer.bias])
            unit *= layer.denominator
        terms, bias, denominator = margins(layers[-1], label)
        self.terms.append(terms)
        self.bias.append([value * unit for value in bias])
        self.unit = unit * denominator
        self.names, self.distinct = distinct_rows(self.terms[0], self.bias[0])
        self.reaches = [self.length([w for _, w in row]) for row, _ in self.distinct]
        self.second_terms, self.rising, self.drifts = [], [], {}
        for row in self.terms[1] if len(self.terms) > 1 else []:
            self.second_terms.append([(self.names[unit], w) for unit, w in row])
            self.rising.append([(place, self.names[unit], w) for place, (unit, w) in enumerate(row) if w > 0])

    def drift(self, index):
        """Return how far second-layer input ``index`` can move over the ball, any phases."""
        if index not in self.drifts:
            up, down = {}, {}
            for unit, weight in self.terms[1][index]:
                for axis, value in self.terms[0][unit]:
                    side = up if weight * value > 0 else down
                    side[axis] = side.get(axis, 0) + abs(weight * value)
            self.drifts[index] = self.length([max(up.get(j, 0), down.get(j, 0)) for j in up.keys() | down.keys()])
        return self.drifts[index]

    def first(self, centre, low, high):
        """Return lower bounds, upper bounds and centre values of the distinct first rows."""
        below, above, middle = [], [], []
        for (row, bias), reach in zip(self.distinct, self.reaches):
            if len(row) == 1:
                ((j, w),) = row
                value = bias + w * centre[j]
                a, b = (bias + w * low[j], bias + w * high[j]) if w > 0 else (bias + w * high[j], bias + w * low[j])
            else:
                value = bias + sum(w * centre[j] for j, w in row)
                a = bias + sum(w * (low[j] if w > 0 else high[j]) for j, w in row)
                b = bias + sum(w * (high[j] if w > 0 else low[j]) for j, w in row)
            below.append(max(a, value - reach))
            above.append(min(b, value + reach))
            middle.append(value)
        return below, above, middle

    def lower_bound(self, point, codes):
        """Return a lower bound of every output over the ball, ``None`` if the ball is empty.

        ``codes`` gives one hint per second-layer unit: the position of a term that makes
        it zero, or FULL, FREE (only known to be nonnegative) or CENTRE.
        """
        centre, low, high = self.sides(point)
        if self.empty(low, high):
            return None
        below, above, middle = self.first(centre, low, high)
        if len(self.terms) == 1:
            return min(below[name] for name in self.names)
        low1, high1, middle1 = ([max(value, 0) for value in side] for side in (below, above, middle))
        if len(self.terms) == 2:
            return min(self.second(i, low1, high1, middle1)[0] for i in range(len(self.bias[1])))
        bounds = [self.hinted(i, code, low1, high1, middle1) for i, code in enumerate(codes)]
        for terms, bias in zip(self.terms[2:-1], self.bias[2:-1]):
            bounds = [clipped(interval(row, shift, bounds)) for row, shift in zip(terms, bias)]
        lowest = [interval(row, shift, bounds)[0] for row, shift in zip(self.terms[-1], self.bias[-1])]
        need(None not in lowest, "a unit that matters was left unbounded")
        return min(lowest)

    def second(self, index, low1, high1, middle1):
        """Return lower and upper bounds of a second-layer input, by intervals and by drift."""
        below = above = value = self.bias[1][index]
        for name, weight in self.second_terms[index]:
            value += weight * middle1[name]
            if weight > 0:
                below += weight * low1[name]
                above += weight * high1[name]
            else:
                below += weight * high1[name]
                above += weight * low1[name]
        if self.norm == "linf":
            return below, above
        drift = self.drift(index)
        return max(below, value - drift), min(above, value + drift)

    def hinted(self, index, code, low1, high1, middle1):
        """Return the bounds of a second-layer unit after ReLU; ``None`` is no upper bound."""
        if code == FREE:
            return 0, None
        if code == FULL:
            return clipped(self.second(index, low1, high1, middle1))
        terms = self.second_terms[index]
        if code == CENTRE:
            bound = self.bias[1][index] + self.drift(index) + sum(w * middle1[name] for name, w in terms)
        else:
            need(code < len(terms), "a hint names a term that is not there")
            name, weight = terms[code]
            bound = self.bias[1][index] + weight * (low1[name] if weight < 0 else high1[name])
            for place, name, weight in self.rising[index]:
                if place != code:
                    bound += weight * high1[name]
        need(bound <= 0, "a unit said to vanish does not")
        return 0, 0


def clipped(bounds):
    """Apply ReLU to an interval; ``None`` is unbounded."""
    below, above = bounds
    return max(below, 0) if below is not None else 0, max(above, 0) if above is not None else None


def interval(row, bias, bounds):
    """Return the bounds of one row over unit intervals; ``None`` is unbounded."""
    below = above = bias
    for unit, weight in row:
        low, high = bounds[unit]
        if weight < 0:
            low, high = high, low
        below = None if below is None or low is None else below + weight * low
        above = None if above is None or high is None else above + weight * high
    return below, above


def distinct_rows(terms, bias):
    """Return, for every row, the number of its distinct form, and those forms."""
    numbers, forms, names = {}, [], []
    for row, shift in zip(terms, bias):
        key = (shift, *row)
        if key not in numbers:
            numbers[key] = len(forms)
            forms.append((row, shift))
        names.append(numbers[key])
    return names, forms


def margins(last, label):
    """Return output rows, all positive exactly where ``label`` is right, biases, and denominator."""
    if last.outputs == 1:
        need(label in (-1, 1), "labels must be -1 and +1")
        return [[(unit, label * w) for unit, w in last.terms[0]]], [label * last.bias[0]], last.denominator
    need(0 <= label < last.outputs, "a label is not an output")
    rows, biases = [], []
    for other in range(last.outputs):
        if other != label:
            row = dict(last.terms[label])
            for unit, w in last.terms[other]:
                row[unit] = row.get(unit, 0) - w
            rows.append(sorted((unit, w) for unit, w in row.items() if w))
            biases.append(last.bias[label] - last.bias[other])
    common = math.gcd(last.denominator, *biases, *(w for row in rows for _, w in row))
    rows = [[(unit, w // common) for unit, w in row] for row in rows]
    return rows, [bias // common for bias in biases], last.denominator // common


# Pairs of ReLUs ------------------------------------------------------------------------


class PairedProver(Prover):
    """Intervals in which two terms of a sum are bounded through their combined form.

    relu(A) + relu(B) = max(0, A, B, A + B); relu(A) - relu(B) = min(max(0, A), max(-B, A - B)).
    """

    def __init__(self, layers, label, statement, scale):
        super().__init__(layers, label, statement, scale)
        rows = [[dict(row) for row in terms] for terms in self.terms]
        shifts = [list(bias) for bias in self.bias]
        self.plans = []
        for depth in range(len(rows) - 1, 0, -1):
            self.plans.append(pair_plan(rows[depth], rows[depth - 1], shifts[depth - 1]))
        self.plans.reverse()
        self.rows, self.shifts = rows, shifts
        self.all_reaches = [self.length(list(row.values())) for row in rows[0]]

    def lower_bound(self, point, codes=None):
        """Return a lower bound of every output over the ball, ``None`` if the ball is empty."""
        centre, low, high = self.sides(point)
        if self.empty(low, high):
            return None
        bounds, middle = [], []
        for row, bias, reach in zip(self.rows[0], self.shifts[0], self.all_reaches):
            value = bias + sum(w * centre[j] for j, w in row.items())
            below = bias + sum(w * (low[j] if w > 0 else high[j]) for j, w in row.items())
            above = bias + sum(w * (high[j] if w > 0 else low[j]) for j, w in row.items())
            bounds.append((max(below, value - reach), min(above, value + reach)))
            middle.append(max(value, 0))
        for depth, (singles, pairs) in enumerate(self.plans, start=1):
            units = [clipped(side) for side in bounds]
            after = [interval(row, bias, units) for row, bias in zip(singles, self.shifts[depth])]
            for row, first, second, form, weight, other in pairs:
                low, high = pair_bounds(bounds[first], bounds[second], bounds[form], weight, other)
                after[row] = (after[row][0] + low, after[row][1] + high)
            if depth == 1:
                for index, row in enumerate(self.terms[1]):
                    value = self.bias[1][index] + sum(w * middle[unit] for unit, w in row)
                    drift = self.drift(index)
                    after[index] = (max(after[index][0], value - drift), min(after[index][1], value + drift))
            bounds = after
        return min(below for below, _ in bounds[: len(self.bias[-1])])


def pair_plan(rows, before, shifts):
    """Split rows into single terms and pairs; append the combined forms to the layer before."""
    units, singles, pairs, known = len(before), [], [], {}
    for index, terms in enumerate(rows):
        left, waiting = dict(terms), {}
        for unit in terms:
            inner = before[unit]
            if not 0 < len(inner) <= 8:
                continue
            meets = (
                waiting[p] for p, v in inner.items() if p in waiting and opposed(terms, before, waiting[p], unit, p)
            )
            partner = next(meets, None)
            if partner is None:
                for place in inner:
                    waiting.setdefault(place, unit)
                continue
            for place in [p for p in before[partner] if waiting.get(p) == partner]:
                del waiting[place]
            first, second = left.pop(partner), left.pop(unit)
            form = combined(before, shifts, partner, unit, abs(first), abs(second) * (1 if first * second > 0 else -1))
            if first < 0 < second:
                form = combined(before, shifts, unit, partner, second, first)
            key = (form[1], *form[0].items())
            if key not in known:
                known[key] = len(before)
                before.append(form[0])
                shifts.append(form[1])
            pairs.append((index, partner, unit, known[key], first, second))
        singles.append(list(left.items()))
    need(len(before) >= units, "pairing lost a row")
    return singles, pairs


def opposed(terms, before, first, second, place):
    """Return whether two terms pull in opposite directions at a shared place."""
    return (terms[first] * before[first][place] > 0) != (terms[second] * before[second][place] > 0)


def combined(before, shifts, first, second, left, right):
    """Return the row and bias of ``left * first + right * second``."""
    row = {place: left * value for place, value in before[first].items()}
    for place, value in before[second].items():
        row[place] = row.get(place, 0) + right * value
    return {place: row[place] for place in sorted(row) if row[place]}, left * shifts[first] + right * shifts[second]


def pair_bounds(a, b, form, weight, other):
    """Bound ``weight * relu(A) + other * relu(B)`` from the intervals of A, B and their form."""
    if weight < 0 < other:
        return pair_bounds(b, a, form, other, weight)
    a = (abs(weight) * a[0], abs(weight) * a[1])
    b = (abs(other) * b[0], abs(other) * b[1])
    alone = [(max(0, a[k]), max(0, b[k])) for k in (0, 1)]
    if weight > 0 > other:
        low, high = (min(max(0, a[k]), max(-b[1 - k], form[k])) for k in (0, 1))
        return max(low, alone[0][0] - alone[1][1]), min(high, alone[1][0] - alone[0][1])
    low, high = (max(0, a[k], b[k], form[k]) for k in (0, 1))
    low, high = max(low, sum(alone[0])), min(high, sum(alone[1]))
    return (low, high) if weight > 0 else (-high, -low)


# Affine forms --------------------------------------------------------------------------


class AffineProver(Prover):
    """Every unit as a form over the input plus an interval: exact while no unit changes phase."""

    def lower_bound(self, point, codes=None):
        """Return a lower bound of every output over the ball, ``None`` if the ball is empty."""
        sides = self.sides(point)
        if self.empty(*sides[1:]):
            return None
        units = [({place: 1}, 0, 0, 0, a, b) for place, (a, b) in enumerate(zip(*sides[1:]))]
        for depth, (terms, bias) in enumerate(zip(self.terms, self.bias)):
            if not any(below or above or any(form.values()) for form, _, below, above, *_ in units):
                return self.smallest(depth, [unit[1] for unit in units])
            after = [self.combined(row, shift, units, sides) for row, shift in zip(terms, bias)]
            units = [kept(unit) for unit in after]
        return min(unit[4] for unit in after)

    def smallest(self, depth, values):
        """Return the smallest output where the units before a layer have these values on all of the ball."""
        for terms, bias in zip(self.terms[depth:], self.bias[depth:]):
            inputs = [max(value, 0) for value in values]
            values = [
                shift + sum([w * inputs[unit] for unit, w in row if inputs[unit]]) for row, shift in zip(terms, bias)
            ]
        return min(values)

    def combined(self, row, shift, units, sides):
        """Return form, constant, error interval and range of one row before ReLU."""
        form, rest, below, above, lowest, highest = {}, shift, 0, 0, shift, shift
        for unit, w in row:
            inner, constant, *ends = units[unit]
            for place, value in inner.items():
                form[place] = form.get(place, 0) + w * value
            rest += w * constant
            first, second = (0, 1) if w > 0 else (1, 0)
            below, above = below + w * ends[first], above + w * ends[second]
            lowest, highest = lowest + w * ends[2 + first], highest + w * ends[2 + second]
        centre, low, high = sides
        least = sum(w * (low[j] if w > 0 else high[j]) for j, w in form.items())
        most = sum(w * (high[j] if w > 0 else low[j]) for j, w in form.items())
        if self.norm != "linf":
            value, reach = sum(w * centre[j] for j, w in form.items()), self.length(form.values())
            least, most = max(least, value - reach), min(most, value + reach)
        return form, rest, below, above, max(lowest, least + rest + below), min(highest, most + rest + above)


def kept(unit):
    """Apply ReLU to a form with its error interval and range."""
    lowest, highest = unit[4:]
    if highest > 0 and lowest >= 0:
        return unit
    return {}, 0, 0, max(highest, 0), 0, max(highest, 0)


# Split trees ----------------------------------------------------------------------------

SLOPES = 255
PLAIN, MULTIPLIERS, PULLED, FIRST_SPLIT = 0, 1, 2, 3


class Stream:
    """Numbers in a byte string: seven bits a byte, low bits first."""

    def __init__(self, text):
        need(isinstance(text, str), "trees must be text")
        try:
            inflate = zlib.decompressobj()
            self.body = inflate.decompress(base64.b64decode(text, validate=True), LARGEST_TREES)
        except (ValueError, zlib.error):
            raise Rejected("the trees cannot be unpacked") from None
        need(inflate.eof and not inflate.unused_data, "the trees cannot be unpacked")
        self.place = 0

    def natural(self):
        """Return the next number, at least 0."""
        value = shift = 0
        while True:
            need(self.place < len(self.body) and shift < 8 * LARGEST_DIGITS, "the trees end too soon")
            byte = self.body[self.place]
            self.place += 1
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7

    def signed(self):
        """Return the next number, its sign in the lowest bit."""
        value = self.natural()
        return -(value >> 1) if value & 1 else value >> 1

    def scaled(self, shift):
        """Return the next number times ``2**shift``, rounded down."""
        need(abs(shift) <= 4 * MOST_BITS, "an exponent is too large")
        return self.natural() << shift if shift >= 0 else self.natural() >> -shift

    def units(self, count):
        """Return the next unit numbers, increasing and below ``count``."""
        found, unit = [], -1
        for _ in range(self.natural()):
            unit += 1 + self.natural()
            need(unit < count, "a unit is out of range")
            found.append(unit)
        return found

    def skim(self, trees, units, axes):
        """Require that the stream is exactly that many whole trees, then start again."""
        missing = trees
        while missing:
            code = self.natural()
            need(code < FIRST_SPLIT + units + axes, "a split names what is not there")
            missing += 1 if code >= FIRST_SPLIT else -1
            if code < FIRST_SPLIT:
                self.multipliers(code, 0, units)
            elif code >= FIRST_SPLIT + units:
                self.natural()
        need(self.place == len(self.body), "the trees do not end where they should")
        self.place = 0

    def multipliers(self, code, bits, units):
        """Return the slopes and betas of a leaf by unit, and its pull, in units of ``2**-bits``."""
        if code == PLAIN:
            return {}, {}, 0
        slopes = {unit: self.natural() for unit in self.units(units)}
        need(all(slope <= SLOPES for slope in slopes.values()), "a slope is out of range")
        shift = self.signed() + bits
        betas = {unit: self.scaled(shift) for unit in self.units(units)}
        return slopes, betas, self.scaled(self.signed() + bits) if code == PULLED else 0


class TreeProver(Balls):
    """A tree of cases, each bounded by going backwards from the output to the ball.

    A linear form over the outputs of a layer is replaced by one over its inputs: a unit
    with coefficient mu gets some nu, and min over z of mu * relu(z) - nu * z bounds the
    rest, whatever nu is. Coefficients of outputs may be rounded down, since those are at
    least 0. Coefficients and intervals are integers in units of 2**-bits.
    """

    def __init__(self, layers, label, statement, scale, bits, input_bits):
        super().__init__(statement, scale, 1 << input_bits)
        terms, bias, denominator = margins(layers[-1], label)
        self.bits, self.input_bits = bits, input_bits
        self.sizes = [layer.outputs for layer in layers[:-1]]
        self.rows = [layer.terms for layer in layers[:-1]] + [terms]
        self.shifts = [layer.bias for layer in layers[:-1]] + [bias]
        self.denominators = [layer.denominator for layer in layers[:-1]] + [denominator]
        self.starts = [sum(self.sizes[:depth]) for depth in range(len(layers))]

    def prove(self, point, stream):
        """Return the smallest bound of all leaves, ``None`` if the ball misses the domain."""
        root, box = self.start(point)
        lowest = [self.tree(output, root, box, stream) for output in range(len(self.rows[-1]))]
        return None if self.empty(*box) else min(lowest)

    def start(self, point):
        """Return the intervals of all units on a ball, ``None`` if it is empty, and its box."""
        self.centre, *box = self.sides(point)
        return self.refreshed([[(None, None)] * size for size in self.sizes], box, 0), box

    def tree(self, output, bounds, box, stream):
        """Return the smallest bound of the leaves of one tree, read in preorder."""
        total, smallest, waiting = self.starts[-1], math.inf, [(bounds, box)]
        while waiting:
            bounds, box = waiting.pop()
            code = stream.natural()
            if code < FIRST_SPLIT:
                multipliers = stream.multipliers(code, self.bits, total)
                if bounds is not None:
                    smallest = min(smallest, self.bound(-1, output, 1, bounds, box, multipliers))
            elif code < FIRST_SPLIT + total:
                waiting += [(self.split(bounds, box, code - FIRST_SPLIT, side), box) for side in (1, 0)]
            else:
                axis, at = code - FIRST_SPLIT - total, stream.signed() * (self.unit >> self.input_bits)
                low, high = list(box[0]), list(box[1])
                low[axis], high[axis] = max(at, low[axis]), min(at, high[axis])
                for part in ((low, box[1]), (box[0], high)):
                    waiting.append((self.refreshed(bounds, part, 0), part))
        return smallest

    def split(self, bounds, box, unit, side):
        """Return the intervals where a unit is on (side 1) or off, ``None`` if nowhere."""
        if bounds is None:
            return None
        depth = max(place for place in range(len(self.sizes)) if self.starts[place] <= unit)
        index = unit - self.starts[depth]
        below, above = bounds[depth][index]
        below, above = (max(below, 0), above) if side else (below, min(above, 0))
        if below > above:
            return None
        layer = [*bounds[depth][:index], (below, above), *bounds[depth][index + 1 :]]
        return self.refreshed([*bounds[:depth], layer, *bounds[depth + 1 :]], box, depth + 1)

    def refreshed(self, bounds, box, start):
        """Return the intervals, those of undecided units (and of the first layer) tightened from ``start`` on."""
        if bounds is None or self.empty(*box):
            return None
        bounds = list(bounds)
        for depth in range(start, len(self.sizes)):
            layer = bounds[depth] = list(bounds[depth])
            for index, (low, high) in enumerate(layer):
                if low is None or depth == 0 or low < 0 < high:
                    below, above = self.bound(depth, index, 1, bounds, box), -self.bound(depth, index, -1, bounds, box)
                    layer[index] = (below, above) if low is None else (max(below, low), min(above, high))
                    if layer[index][0] > layer[index][1]:
                        return None
        return bounds

    def bound(self, depth, index, sign, bounds, box, multipliers=({}, {}, 0)):
        """Return a lower bound of plus or minus one row of a layer, on one case."""
        slopes, betas, pull = multipliers
        depth %= len(self.rows)
        denominator, width = self.denominators[depth], self.sizes[depth - 1] if depth else len(self.centre)
        rest = (sign * self.shifts[depth][index] << 2 * self.bits) // denominator
        form = [0] * width
        for place, weight in self.rows[depth][index]:
            form[place] = sign * weight << self.bits
        for layer in range(depth - 1, -1, -1):
            before = [0] * (self.sizes[layer - 1] if layer else len(self.centre))
            bias, first, rows, shifts = 0, self.starts[layer], self.rows[layer], self.shifts[layer]
            for place, (low, high) in enumerate(bounds[layer]):
                mu, unit = form[place] // denominator, first + place
                if low >= 0:
                    nu = mu - betas.get(unit, 0)
                elif high <= 0:
                    nu = betas.get(unit, 0)
                elif mu < 0:
                    nu = mu * high // (high - low)
                else:
                    nu = mu * slopes.get(unit, SLOPES if 1024 * high > -1025 * low else 0) // SLOPES
                if mu or nu:
                    least = min(mu * max(low, 0) - nu * low, mu * max(high, 0) - nu * high)
                    rest += min(least, 0) if low < 0 < high else least
                if nu:
                    bias += nu * shifts[place]
                    for axis, weight in rows[place]:
                        before[axis] += nu * weight
            denominator, form = self.denominators[layer], before
            rest += (bias << self.bits) // denominator
        lowest = self.lowest(form, box, pull * denominator)
        return (rest + (lowest << self.bits) // (denominator * self.unit)) >> self.bits

    def lowest(self, form, box, pull):
        """Return a lower bound of a linear form over the ball within a box."""
        least = sum(w * (low if w > 0 else high) for w, low, high in zip(form, *box))
        if self.norm == "linf":
            return least
        least = max(least, sum(w * c for w, c in zip(form, self.centre)) - self.length(form))
        if pull <= 0:
            return least
        steps = ((w, low - c, high - c) for w, c, low, high in zip(form, self.centre, *box))
        value = sum(w * c for w, c in zip(form, self.centre))
        if self.norm == "l1":
            value += sum(min(w * t + pull * abs(t) for t in (a, b, min(max(0, a), b))) for w, a, b in steps)
            return max(least, value - pull * self.radius)
        square, rest = self.radius * self.radius, 0
        for w, a, b in steps:
            if 2 * pull * a <= -w * self.unit <= 2 * pull * b:
                rest -= -(-w * w * self.unit // (4 * pull))
            else:
                rest += min(w * t + pull * t * t // self.unit for t in (a, b))
        return max(least, value + rest - -(-pull * square // self.unit))


# Sums of functions of one coordinate ------------------------------------------------------

MOST_PIECES, MOST_STEPS, MOST_COORDINATES, LONGEST, BLOCK = 4096, 2**24, 2**26, 4096, 1024


def short(value):
    """Return a number unless it has too many digits to go on with."""
    need(max(value.numerator.bit_length(), value.denominator.bit_length()) <= LONGEST, "a number has too many digits")
    return value


def short_unit(values):
    """Return a common denominator."""
    unit = 1
    for value in values:
        unit = short(math.lcm(unit, value.denominator))
    return unit


class Sums:
    """Units as sums of piecewise linear functions of one coordinate each, exact on a range.

    A function is a number k with nodes ``places[k]``, ``values[k]`` on an interval three
    times as long as the range, which shows kinks at the ends. A unit maps axes to functions.
    """

    def __init__(self, layers, low, high):
        self.low, self.high, self.steps = low, high, 0
        self.places, self.values, self.known = [], [], {}
        ends = [short(2 * low - high), short(2 * high - low)]
        line = self.function(ends, ends)
        self.units = [{axis: line} for axis in range(layers[0].inputs)]
        for layer in layers:
            self.units = [self.positive(self.row(layer, index)) for index in range(layer.outputs)]

    def spend(self, steps):
        """Count the work, and refuse too much of it."""
        self.steps += steps
        need(self.steps <= MOST_STEPS, "the functions of one coordinate have too many pieces")

    def function(self, places, values):
        """Keep a function, less the nodes at which it goes straight on; return its number."""
        kept = [0]
        for i in range(1, len(places) - 1):
            last = kept[-1]
            turn = (values[i] - values[last]) * (places[i + 1] - places[i])
            if turn != (values[i + 1] - values[i]) * (places[i] - places[last]):
                kept.append(i)
        kept.append(len(places) - 1)
        need(len(kept) <= MOST_PIECES, "a function of one coordinate has too many pieces")
        self.places.append([places[i] for i in kept])
        self.values.append([values[i] for i in kept])
        return len(self.places) - 1

    def at(self, k, place):
        """Return the value of a function."""
        places, values = self.places[k], self.values[k]
        i = min(max(bisect_right(places, place) - 1, 0), len(places) - 2)
        return values[i] + (place - places[i]) / (places[i + 1] - places[i]) * (values[i + 1] - values[i])

    def row(self, layer, index):
        """Return one row of a layer before ReLU; the bias joins its first function."""
        terms, bias = {}, short(layer.bias[index])
        for unit, weight in layer.terms[index]:
            self.spend(len(self.units[unit]))
            for axis, k in self.units[unit].items():
                terms.setdefault(axis, []).append((short(weight), k))
        first = min(terms, default=0)
        terms.setdefault(first, [])
        return {
            axis: self.combination(layer.denominator, bias if axis == first else 0, tuple(terms[axis]))
            for axis in sorted(terms)
        }

    def combination(self, denominator, bias, terms):
        """Return a linear combination of functions of the same coordinate."""
        key = (denominator, bias, terms)
        if key not in self.known:
            self.spend(sum(len(self.places[k]) for _, k in terms))
            places = sorted({*self.places[0], *(place for _, k in terms for place in self.places[k])})
            self.spend(len(places) * (len(terms) + 1))
            values = [Fraction(bias, short(denominator))] * len(places)
            for weight, k in terms:
                share = Fraction(weight, denominator)
                values = [short(value + share * self.at(k, place)) for value, place in zip(values, places)]
            self.known[key] = self.function(places, values)
        return self.known[key]

    def positive(self, unit):
        """Apply ReLU: exactly to a function of one coordinate, not at all to a nonnegative sum."""
        if len(unit) > 1:
            need(sum(self.least(k) for k in unit.values()) >= 0, "a sum of several coordinates may be negative")
            return unit
        return {axis: self.relu(k) for axis, k in unit.items()}

    def relu(self, k):
        """Return the positive part of a function."""
        if ("relu", k) not in self.known:
            places, values = self.places[k][:1], [max(self.values[k][0], Fraction(0))]
            nodes = list(zip(self.places[k], self.values[k]))
            for (start, before), (end, after) in zip(nodes, nodes[1:]):
                if before * after < 0:
                    places.append(short(start + before / (before - after) * (end - start)))
                    values.append(Fraction(0))
                places.append(end)
                values.append(max(after, Fraction(0)))
            self.known["relu", k] = self.function(places, values)
        return self.known["relu", k]

    def least(self, k):
        """Return the smallest value of a function on the range."""
        if ("least", k) not in self.known:
            marks = [self.low, *self.kinks(k), self.high]
            self.known["least", k] = min(self.at(k, place) for place in marks)
        return self.known["least", k]

    def kinks(self, k):
        """Return the nodes of a function within the range."""
        return [place for place in self.places[k] if self.low <= place <= self.high]

    def line(self, k):
        """Return slope and constant of a function on the range, ``None`` where it is not affine."""
        if ("line", k) not in self.known:
            start, end = self.at(k, self.low), self.at(k, self.high)
            slope = (end - start) / (self.high - self.low)
            bent = any(self.low < place < self.high for place in self.kinks(k))
            self.known["line", k] = None if bent else (slope, start - slope * self.low)
        return self.known["line", k]

    def inside(self, k, ceiling):
        """Return the ends of the smallest interval outside of which a function reaches a ceiling on the range."""
        if ("inside", k, ceiling) not in self.known:
            marks = sorted({self.low, *self.kinks(k), self.high})
            values = [self.at(k, place) - ceiling for place in marks]
            below = [i for i, value in enumerate(values) if value < 0]
            ends = []
            for i, j in ((below[0], below[0] - 1), (below[-1], below[-1] + 1)):
                share = values[i] / (values[i] - values[j]) if 0 <= j < len(marks) else 0
                ends.append(short(marks[i] + share * (marks[j] - marks[i]) if share else marks[i]))
            self.known["inside", k, ceiling] = tuple(ends)
        return self.known["inside", k, ceiling]

    def parabola(self, k, bend, low, high):
        """Return slope, constant and excess: bend t^2 + slope t + constant <= g(t) <= that + excess on [low, high].

        The slope is right where g interpolates such a parabola on equal pieces.
        """
        key = ("parabola", k, bend, low, high)
        if key not in self.known:
            inner = [i for i, place in enumerate(self.places[k]) if low < place < high]
            if inner:
                place = self.places[k][inner[len(inner) // 2]]
                around = [self.places[k][inner[len(inner) // 2] + step] for step in (-1, 1)]
                steep = [(self.at(k, end) - self.at(k, place)) / (end - place) for end in around]
                slope = sum(steep) / 2 - 2 * bend * place
            else:
                slope = (self.at(k, high) - self.at(k, low)) / (high - low) - bend * (low + high)
            marks = sorted({low, *(self.places[k][i] for i in inner), high})
            found = [self.at(k, place) - (bend * place + slope) * place for place in marks]
            for start, end in zip(marks, marks[1:]):
                before = self.at(k, start)
                steep = (self.at(k, end) - before) / (end - start)
                place = (steep - slope) / (2 * bend)
                if start < place < end:
                    found.append(before + steep * (place - start) - (bend * place + slope) * place)
            self.known[key] = slope, min(found), max(found) - min(found)
        return self.known[key]


class SeparableProver:
    """A last hidden layer of bumps relu(p) below paraboloids P(x) = peak - bend |x - centre|^2.

    On the range ``p <= P`` or ``p <= 0``; within its box ``p >= P - drop``. Either one sum
    of functions of one coordinate lowers all bumps alike and the rest is affine, or every
    p is a sum of its own. Centres are in units of ``1 / unit``.
    """

    def __init__(self, certificate, group):
        statement, data, layers = certificate.statement, certificate.data, certificate.layers
        need(statement["norm"] == "l2" and statement["domain"] is None, "parabolas are for l2 balls without a domain")
        need(len(layers) >= 3 and layers[-1].outputs <= 2, "the network has no layer of bumps with one margin")
        hints = keys(group["hints"], ("bend", "low", "high", "margin"), "the hints of parabolas")
        self.bend, low, high, self.margin = (short(fraction(hints[n])) for n in ("bend", "low", "high", "margin"))
        need(self.bend > 0 and low < high and self.margin > 0, "a hint of parabolas is out of range")
        self.radius, self.scale, self.dim = short(statement["radius"]), short(data.scale), data.dim
        for index in group["indices"]:
            row = data.row(index)
            inside = (low + self.radius) * self.scale <= min(row) and max(row) <= (high - self.radius) * self.scale
            need(inside, f"the ball of point {index} leaves the range")
        need(layers[-2].outputs * self.dim <= MOST_COORDINATES, "there are too many bumps")
        [row], [bias], denominator = margins(layers[-1], group["label"])
        row, self.caps = without_twins(layers[-2], dict(row))
        self.bias = Fraction(bias, denominator)
        self.weights = {r: Fraction(weight, denominator) for r, weight in row.items() if weight > 0}
        self.lowering = [r for r, weight in row.items() if weight < 0]
        self.bumps(layers[-2], Sums(layers[:-2], low, high))
        self.off = [self.off_from(self.peaks[r]) for r in self.lowering]
        self.own = {tuple(self.centres[r]): r for r in reversed(self.weights)}

    def bumps(self, layer, sums):
        """Find the paraboloids of the rows of the last hidden layer."""
        single = ((place, *unit.items()) for place, unit in enumerate(sums.units) if len(unit) == 1)
        affine = {place: (axis, *line) for place, (axis, k) in single if (line := sums.line(k)) is not None}
        curved = [place for place in range(len(sums.units)) if place not in affine]
        weights = {dict(row).get(curved[0], 0) for row in layer.terms} if len(curved) == 1 else {0}
        if len(weights) == 1 and min(weights) < 0 and len(sums.units[curved[0]]) == self.dim:
            self.alike(layer, sums, affine, curved[0], min(weights))
        else:
            self.apart(layer, sums)

    def alike(self, layer, sums, affine, curved, lowers):
        """Complete the square in rows that one sum lowers alike; all else that they add is affine."""
        weight, parts = Fraction(-short(lowers), short(layer.denominator)), sums.units[curved]
        fits = {axis: sums.parabola(k, self.bend / weight, sums.low, sums.high) for axis, k in parts.items()}
        slopes = [weight * fits[axis][0] for axis in range(self.dim)]
        floor, drop = (weight * sum(fit[item] for fit in fits.values()) for item in (1, 2))
        common = short_unit(value for _, *line in affine.values() for value in line)
        affine = {place: (axis, int(a * common), int(b * common)) for place, (axis, a, b) in affine.items()}
        whole, tilts, shifts = common * layer.denominator, [], []
        for row, bias in zip(layer.terms, layer.bias):
            tilt, shift = [0] * self.dim, short(bias) * common
            for place, value in row:
                if place != curved:
                    axis, steep, rise = affine[place]
                    tilt[axis] += short(value) * steep
                    shift += value * rise
            tilts.append(tilt)
            shifts.append(shift)
        # The centre is (tilt / whole - slopes) / (2 bend).
        away, factor = [slope / (2 * self.bend) for slope in slopes], 1 / (2 * self.bend * whole)
        unit = short_unit([factor, *away])
        step, start = int(factor * unit), [int(value * unit) for value in away]
        self.place([[step * t - a for t, a in zip(tilt, start)] for tilt in tilts], unit)
        heights = (self.bend * Fraction(length, self.unit**2) - floor for length in self.lengths)
        self.peaks = [Fraction(shift, whole) + height for shift, height in zip(shifts, heights)]
        self.drops, self.boxes = [drop] * len(tilts), None

    def apart(self, layer, sums):
        """Complete the square in rows that are sums of their own, where no coordinate alone turns the bump off."""
        centres, self.peaks, self.drops, self.boxes = [], [], [], []
        read = {*self.weights, *self.lowering}
        for r in range(layer.outputs):
            unit = sums.row(layer, r) if r in read else {}
            parts = {axis: sums.combination(1, 0, ((-1, k),)) for axis, k in unit.items()}
            total, fits, box = -sum(sums.least(k) for k in parts.values()), [], []
            if total > 0:
                need(len(parts) == self.dim, "a sum leaves out a coordinate")
                box = [sums.inside(parts[axis], sums.least(parts[axis]) + total) for axis in range(self.dim)]
                fits = [sums.parabola(parts[axis], self.bend, *ends) for axis, ends in enumerate(box)]
            centres.append([-slope / (2 * self.bend) for slope, *_ in fits] or [Fraction(0)] * self.dim)
            self.peaks.append(sum(self.bend * c * c for c in centres[-1]) - sum(constant for _, constant, _ in fits))
            self.drops.append(sum(excess for *_, excess in fits))
            self.boxes.append(box)
        unit = short_unit(value for centre in centres for value in centre)
        self.place([[int(value * unit) for value in centre] for centre in centres], unit)

    def place(self, centres, unit):
        """Set the centres, over the least denominator they share with the points, and their squared lengths."""
        shared = math.gcd(unit, *(value for centre in centres for value in centre))
        self.unit = short(math.lcm(unit // shared, self.scale))
        ratio = Fraction(self.unit, unit)
        self.centres = [[value * ratio.numerator // ratio.denominator for value in centre] for centre in centres]
        self.lengths = [sum(map(mul, centre, centre)) for centre in self.centres]

    def off_from(self, peak):
        """Return the least squared distance from which a bump is 0 on the whole ball.

        The distance must be at least radius + sqrt(peak / bend), compared by squares.
        """
        if peak <= 0:
            return 0
        reach, square = peak / self.bend, self.radius * self.radius
        base = (square + reach) * self.unit**2
        cross = 4 * square * reach * self.unit**4 * base.denominator**2
        return -(-(base.numerator + root_up(math.ceil(cross))) // base.denominator)

    def centre(self, row):
        """Return the centre of a ball in units."""
        return [value * (self.unit // self.scale) for value in row]

    def raised(self, r, square, centre):
        """Return a lower bound of the output on a ball where one bump raises it and none lowers it."""
        sides = zip(centre, self.boxes[r]) if self.boxes else ()
        reach = self.radius * self.unit
        if any(value - reach < low * self.unit or value + reach > high * self.unit for value, (low, high) in sides):
            return self.bias
        more = 96 + 2 * square.bit_length() + 8 * self.unit.bit_length()
        farthest = Fraction(root_up(square << 2 * more), self.unit << more) + self.radius
        least = max(0, self.peaks[r] - self.drops[r] - self.bend * farthest * farthest)
        return self.bias + self.weights[r] * min(least, self.caps.get(r, least))

    def bound(self, centre):
        """Return a lower bound of the output on a ball where no bump lowers it."""
        if self.bias > 0 or not self.weights:
            return self.bias
        if tuple(centre) in self.own:
            return self.raised(self.own[tuple(centre)], 0, centre)
        size = sum(map(mul, centre, centre))
        square, r = min((self.lengths[r] - 2 * sum(map(mul, centre, self.centres[r])), r) for r in self.weights)
        return self.raised(r, square + size, centre)


def without_twins(layer, weights):
    """Return output weights less those of lower twins, and by how much at most a higher twin then rises.

    Twins differ in their bias alone and have opposite weights: relu(p) - relu(p - gap) = min(relu(p), gap).
    """
    alike, caps = {}, {}
    for r, row in enumerate(layer.terms):
        alike.setdefault(tuple(row), []).append(r)
    for pair in alike.values():
        if len(pair) == 2 and weights.get(pair[0], 0) == -weights.get(pair[1], 0) != 0:
            lower, higher = sorted(pair, key=lambda r: layer.bias[r])
            caps[higher] = Fraction(layer.bias[higher] - layer.bias[lower], layer.denominator)
            del weights[lower]
    return weights, caps


class Distances:
    """Squared distances to many centres at once: their coordinates lie side by side in long integers."""

    def __init__(self, centres, lengths, off, largest):
        """Take the distances wanted; ``largest`` bounds the coordinates of all points."""
        dim, most = len(centres[0]), max(abs(value) for centre in centres for value in centre)
        self.bytes = (dim * (most + largest) ** 2 + max(off)).bit_length() // 8 + 1
        self.ones = self.packed([1] * len(centres))
        self.tops = self.ones << 8 * self.bytes - 1
        self.rest = self.packed([length - square for length, square in zip(lengths, off)])
        self.columns = [self.packed([2 * centre[axis] for centre in centres]) for axis in range(dim)]

    def packed(self, values):
        """Return the sum of the values, each shifted by its place."""
        half = 1 << 8 * self.bytes - 1
        body = b"".join([(value + half).to_bytes(self.bytes, "little") for value in values])
        lift = half.to_bytes(self.bytes, "little") * len(values)
        return int.from_bytes(body, "little") - int.from_bytes(lift, "little")

    def are_kept(self, centre):
        """Return whether a point is as far from every centre as wanted: no difference is negative."""
        size = sum(map(mul, centre, centre))
        differences = self.rest + size * self.ones - sum(map(mul, centre, self.columns)) + self.tops
        return differences & self.tops == self.tops


def prove_separable(certificate, group):
    """Return the margin that a group claims, once every bump is where it must be on every ball."""
    prover, data = SeparableProver(certificate, group), certificate.data
    centres = [prover.centre(data.row(index)) for index in group["indices"]]
    largest = max(abs(value) for centre in centres for value in centre)
    blocks = [
        Distances(
            [prover.centres[r] for r in prover.lowering[start : start + BLOCK]],
            [prover.lengths[r] for r in prover.lowering[start : start + BLOCK]],
            prover.off[start : start + BLOCK],
            largest,
        )
        for start in range(0, len(prover.lowering), BLOCK)
    ]
    for index, centre in zip(group["indices"], centres):
        kept = all(block.are_kept(centre) for block in blocks)
        need(kept and prover.bound(centre) >= prover.margin, f"point {index} is not proved robust")
    return prover.margin


# Independent votes, and grids of simplices ------------------------------------------------

MOST_PLACES = 2**20


class Exact(Balls):
    """A margin network with one output, evaluated on exact points."""

    def __init__(self, certificate, group):
        statement, data = certificate.statement, certificate.data
        *hidden, last = certificate.layers
        rows, biases, denominator = margins(last, group["label"])
        need(len(hidden) >= 2 and len(rows) == 1, "the rule needs one output and two hidden layers")
        self.maps = [(layer.terms, layer.bias, layer.denominator) for layer in hidden] + [(rows, biases, denominator)]
        need(all(len(row) == 1 for row in hidden[0].terms), "the first layer must read single coordinates")
        self.dim = data.dim
        self.kinks = [{} for _ in range(self.dim)]
        for unit, (((axis, w),), bias) in enumerate(zip(hidden[0].terms, hidden[0].bias)):
            self.kinks[axis].setdefault(Fraction(-bias, w), []).append((unit, w))
        super().__init__(statement, data.scale, self.finer())

    def finer(self):
        """Return by how much the unit of coordinates must be finer than that of the balls."""
        return 1

    def inputs(self, point, layers):
        """Yield the scaled inputs of the units ``layers[k]`` of every layer k, and the scale."""
        scale = math.lcm(*(value.denominator for value in point))
        values = [int(value * scale) for value in point]
        for (terms, bias, denominator), units in zip(self.maps, layers):
            after = {u: bias[u] * scale + sum([w * values[v] for v, w in terms[u] if values[v]]) for u in units}
            scale *= denominator
            yield after, scale
            values = [0] * len(terms)
            for unit, value in after.items():
                values[unit] = max(value, 0)

    def reach(self, gaps):
        """Return whether a box with these gaps to the centre, in units, meets the ball."""
        if self.norm == "l2":
            return sum(gap * gap for gap in gaps) <= self.radius * self.radius
        return (max(gaps) if self.norm == "linf" else sum(gaps)) <= self.radius


class VoteProver(Exact):
    """Parts that share only the input: exact where constant on a product of intervals, else a bound."""

    def __init__(self, certificate, group):
        super().__init__(certificate, group)
        depth = len(self.maps) - 1
        name = {(k, u): (k, u) for k in range(depth) for u in range(len(self.maps[k][0]))}

        def root(key):
            while name[key] != key:
                name[key] = name[name[key]]
                key = name[key]
            return key

        for k in range(1, depth):
            for unit, row in enumerate(self.maps[k][0]):
                for before, _ in row:
                    name[root((k - 1, before))] = root((k, unit))
        parts = {}
        for key in name:
            parts.setdefault(root(key), [[] for _ in range(depth)])[key[0]].append(key[1])
        weights = dict(self.maps[-1][0][0])
        self.parts = [
            (
                units,
                self.least(units[-1], weights),
                [self.axis(set(units[0]), set(units[1]), j) for j in range(self.dim)],
            )
            for units in parts.values()
            if any(unit in weights for unit in units[-1])
        ]
        self.bias = Fraction(self.maps[-1][1][0], self.maps[-1][2])
        self.known = {}

    def least(self, units, weights):
        """Return a lower bound of what last units add: pairs of one row are monotone, others at least 0."""
        terms, bias, denominator = self.maps[-2]
        rows, total = {}, 0
        for unit in sorted(units):
            if weights.get(unit):
                rows.setdefault((tuple(terms[unit]), abs(weights[unit])), []).append(unit)
        for (_, size), found in rows.items():
            falling = [unit for unit in found if weights[unit] < 0]
            if falling:
                need(len(found) == 2 and len(falling) == 1, "a part has no lower bound")
                down, up = falling[0], found[0] + found[1] - falling[0]
                total += size * min(0, bias[up] - bias[down])
        return Fraction(total, denominator * self.maps[-1][2])

    def axis(self, first, second, j):
        """Return the kinks of a part along a coordinate, and the pieces where its second layer stays."""
        readers, slopes = {}, dict.fromkeys(second, 0)
        for unit in second:
            for before, w in self.maps[1][0][unit]:
                readers.setdefault(before, []).append((unit, w))
        kinks = {}
        for place, users in self.kinks[j].items():
            mine = [(unit, w) for unit, w in users if unit in first]
            if mine:
                kinks[place] = mine
        for unit, w in (pair for users in kinks.values() for pair in users if pair[1] < 0):
            for row, weight in readers.get(unit, ()):
                slopes[row] += w * weight
        ends, flat = sorted(kinks), []
        for piece in range(len(ends) + 1):
            for unit, w in kinks[ends[piece - 1]] if piece else ():
                for row, weight in readers.get(unit, ()):
                    slopes[row] += abs(w) * weight
            if not any(slopes.values()):
                flat.append(piece)
        return ends, flat

    def value(self, part, place):
        """Return a part's value where every coordinate lies in the given piece."""
        key = part, place
        if key not in self.known:
            units, _, axes = self.parts[part]
            point = []
            for (ends, _), piece in zip(axes, place):
                low, high = ends[max(piece - 1, 0)] if ends else 0, ends[min(piece, len(ends) - 1)] if ends else 0
                point.append(Fraction(low + high) / 2 + (1 if piece == len(ends) else -1 if piece == 0 else 0))
            *_, (last, scale) = self.inputs(point, units)
            row = self.maps[-1][0][0]
            self.known[key] = Fraction(sum(w * max(last.get(unit, 0), 0) for unit, w in row), scale * self.maps[-1][2])
        return self.known[key]

    def lower_bound(self, row):
        """Return a lower bound of the output over the ball, ``None`` if the ball is empty."""
        centre, low, high = self.sides(row)
        if self.empty(low, high):
            return None
        total, losses = self.bias, []
        for part, (_, least, axes) in enumerate(self.parts):
            choices = [self.pieces(*axis, *sides) for axis, sides in zip(axes, zip(centre, low, high))]
            need(math.prod(map(len, choices)) <= MOST_PLACES, "a ball meets too many places")
            places = [
                tuple(piece for piece, _ in choice)
                for choice in product(*choices)
                if self.reach([gap for _, gap in choice])
            ]
            value = max(least, min((self.value(part, place) for place in places), default=least))
            total += value
            losses.append(value - least)
        return total - sum(
            self.loss(j, losses, Fraction(low[j], self.unit), Fraction(high[j], self.unit)) for j in range(self.dim)
        )

    def pieces(self, ends, flat, centre, low, high):
        """Return the flat pieces that meet an interval, with their gaps to the centre in units."""
        first = bisect_left(ends, Fraction(low, self.unit))
        last = bisect_right(ends, Fraction(high, self.unit))
        found = []
        for piece in flat[bisect_left(flat, first) : bisect_right(flat, last)]:
            below = ends[piece - 1] * self.unit - centre if piece else 0
            above = centre - ends[piece] * self.unit if piece < len(ends) else 0
            found.append((piece, max(below, above, 0)))
        return found

    def loss(self, j, losses, low, high):
        """Return the most that all parts lose together at one value of a coordinate."""
        zones = []
        for (_, _, axes), loss in zip(self.parts, losses):
            ends, flat = axes[j]
            stops = [-1, *flat, len(ends) + 1]
            for before, after in zip(stops, stops[1:]):
                if after > before + 1 and loss:
                    start = ends[before] if before >= 0 else low - 1
                    zones.append((start, ends[after - 1] if after <= len(ends) else high + 1, loss))
        marks = sorted({low, high, *(end for zone in zones for end in zone[:2] if low < end < high)})
        marks += [(a + b) / 2 for a, b in zip(marks, marks[1:])]
        zones = [zone for zone in zones if zone[0] < high and zone[1] > low]
        return max(sum(loss for start, stop, loss in zones if start < mark < stop) for mark in marks)


class SimplexProver(Exact):
    """The network is affine on a simplex of a grid if no unit that matters changes its sign on the vertices."""

    def __init__(self, certificate, group):
        super().__init__(certificate, group)
        # Coordinates that the first layer does not read are left out, here and below.
        self.axes = [axis for axis, kinks in enumerate(self.kinks) if kinks]
        need(not self.box and len(self.axes) <= 8, "simplices know no domain and at most eight coordinates")
        steps = [b - a for kinks in self.kinks for a, b in zip(sorted(kinks), sorted(kinks)[1:])]
        need(steps and all(step % min(steps) == 0 for step in steps), "the kinks of the first layer form no grid")
        self.spacing, self.first = min(steps), [min(self.kinks[axis]) for axis in self.axes]
        self.layers, self.known = [], {}

    def place(self, node):
        """Return the coordinates of a node, 0 where the first layer reads nothing."""
        point = [Fraction(0)] * self.dim
        for axis, first, place in zip(self.axes, self.first, node):
            point[axis] = first + place * self.spacing
        return point

    def begin(self, low, high):
        """Forget other balls, and keep the units that are not 0 on all of a box and are read by one that matters."""
        corners = self.place(low), self.place(high)
        scale = math.lcm(*(value.denominator for corner in corners for value in corner))
        bounds, self.layers, self.known = [(int(a * scale), int(b * scale)) for a, b in zip(*corners)], [], {}
        for terms, bias, denominator in self.maps[:-1]:
            bounds = [clipped(interval(row, shift * scale, bounds)) for row, shift in zip(terms, bias)]
            self.layers.append({unit for unit, (_, above) in enumerate(bounds) if above})
            scale *= denominator
        self.layers.append([0])
        for k in range(len(self.maps) - 1, 0, -1):
            self.layers[k - 1] &= {before for unit in self.layers[k] for before, _ in self.maps[k][0][unit]}

    def at(self, node):
        """Return the units that are positive and those that are negative at a node, and the output."""
        if node not in self.known:
            positive = negative = shift = 0
            for inputs, scale in self.inputs(self.place(node), self.layers):  # noqa: B007
                text = ["1" if value > 0 else "0" for value in inputs.values()]
                positive |= int("0" + "".join(text), 2) << shift
                negative |= int("0" + "".join("1" if value < 0 else "0" for value in inputs.values()), 2) << shift
                shift += len(text)
            output = Fraction(inputs[0], scale)
            keep = (1 << (shift - 1)) - 1
            self.known[node] = positive & keep, negative & keep, output
        return self.known[node]

    def lower_bound(self, row):
        """Return the smallest output at the vertices of simplices that cover the ball."""
        centre = [Fraction(row[axis] * self.factor, self.unit) for axis in self.axes]
        places = [(value - first) / self.spacing for value, first in zip(centre, self.first)]
        radius, count, ranges = Fraction(self.radius, self.unit) / self.spacing, math.factorial(len(self.axes)), []
        for place in places:
            start = math.floor(place - radius)
            stop = max(math.ceil(place + radius), start + 1)
            count *= stop - start
            need(count <= MOST_PLACES, "a ball meets too many simplices")
            ranges.append([(cube, place) for cube in range(start, stop)])
        self.begin([axis[0][0] for axis in ranges], [axis[-1][0] + 1 for axis in ranges])
        smallest, unit = None, self.spacing * self.unit
        for cube in product(*ranges):
            if not self.reach([max(i - place, place - i - 1, 0) * unit for i, place in cube]):
                continue
            for order in permutations(range(len(self.axes))):
                node = [i for i, _ in cube]
                positive, negative, least = self.at(tuple(node))
                for axis in order:
                    node[axis] += 1
                    above, below, output = self.at(tuple(node))
                    positive, negative, least = positive | above, negative | below, min(least, output)
                need(not positive & negative, "a unit changes its sign inside a simplex")
                smallest = least if smallest is None else min(smallest, least)
        return smallest


class PieceProver(Exact):
    """Bumps ruled out by slopes, and intervals on the pieces into which the others' kinks cut the ball."""

    def __init__(self, certificate, group):
        super().__init__(certificate, group)
        need(len(self.maps) == 3 and not self.box, "pieces know three maps and no domain")
        self.units = []
        (terms, bias, _), unit = self.maps[0], self.unit
        for ((axis, w),), shift in zip(terms, bias):
            self.units.append((axis, w, shift * unit))
        self.scales = [unit * self.maps[0][2], unit * self.maps[0][2] * self.maps[1][2]]

    def finer(self):
        """Return a common denominator of all kinks, so that they are integers in the unit of coordinates."""
        unit = 1
        for kinks in self.kinks:
            unit = math.lcm(unit, *(kink.denominator for kink in kinks))
            need(unit.bit_length() <= 1024, "the kinks have too many digits")
        return unit

    def lower_bound(self, row):
        """Return the smallest lower bound of the output on the pieces that meet the ball."""
        centre, low, high = self.sides(row)
        live = [unit for unit in range(len(self.maps[1][0])) if self.may_live(unit, centre, low, high)]
        cuts = [{a, b} for a, b in zip(low, high)]
        for unit in {before for bump in live for before, _ in self.maps[1][0][bump]}:
            axis, w, shift = self.units[unit]
            place = -shift // w
            if low[axis] < place < high[axis]:
                cuts[axis].add(place)
        ends = [sorted(axis) if len(axis) > 1 else [*axis, *axis] for axis in cuts]
        need(math.prod(len(axis) - 1 for axis in ends) <= MOST_PLACES, "a ball has too many pieces")
        smallest = None
        for piece in product(*(list(zip(axis, axis[1:])) for axis in ends)):
            if self.reach([max(a - value, value - b, 0) for (a, b), value in zip(piece, centre)]):
                bound = self.on_piece(live, piece)
                smallest = bound if smallest is None else min(smallest, bound)
        return Fraction(smallest, self.scales[1] * self.maps[2][2])

    def on_piece(self, live, piece):
        """Return a lower bound of the output on a box, from the bumps that may be positive."""
        weights, total = dict(self.maps[2][0][0]), self.maps[2][1][0] * self.scales[1]
        for bump in live:
            weight = weights.get(bump, 0)
            value = self.maps[1][1][bump] * self.scales[0]
            for unit, w in self.maps[1][0][bump]:
                axis, slope, shift = self.units[unit]
                ends = [max(slope * end + shift, 0) for end in piece[axis]]
                value += w * (min(ends) if w * weight > 0 else max(ends))
            total += weight * max(value, 0)
        return total

    def may_live(self, bump, centre, low, high):
        """Return whether neither the box nor slopes at the centre prove that a bump is 0 on the ball."""
        row, bias = self.maps[1][0][bump], self.maps[1][1][bump] * self.scales[0]
        heights, most = [], bias
        for unit, w in row:
            axis, slope, shift = self.units[unit]
            ends = [max(slope * end + shift, 0) for end in (low[axis], high[axis])]
            most += w * (max(ends) if w > 0 else min(ends))
            heights.append(max(slope * centre[axis] + shift, 0))
        if most <= 0:
            return False
        top = max(heights, default=0)
        if self.norm == "linf" or not top or any(w > 0 for _, w in row):
            return True
        rest, slopes = -bias * top, {}
        for (unit, w), height in zip(row, heights):
            steep = height if self.norm == "l2" else top if height else 0
            axis, slope, _ = self.units[unit]
            rest -= w * steep * height
            slopes[axis] = slopes.get(axis, 0) + w * steep * slope
        return rest < self.length(slopes.values())


PROVERS = {"votes": VoteProver, "simplices": SimplexProver, "pieces": PieceProver}


def prove_exactly(certificate, group):
    """Return the smallest margin of a group proved by votes, simplices or pieces."""
    need(group["hints"] is None, "this rule takes no hints")
    prover = PROVERS[group["rule"]](certificate, group)
    found = []
    for index in group["indices"]:
        bound = prover.lower_bound(certificate.data.row(index))
        need(bound is None or bound > 0, f"point {index} is not proved robust")
        found += [] if bound is None else [bound]
    return min(found, default=None)


# The certificate -----------------------------------------------------------------------


def evaluate(layers, point):
    """Return the exact outputs at one rational point."""
    values = list(point)
    for depth, layer in enumerate(layers):
        if depth:
            values = [max(value, 0) for value in values]
        values = [
            (bias + sum(w * values[j] for j, w in row)) / Fraction(layer.denominator)
            for row, bias in zip(layer.terms, layer.bias)
        ]
    return values


def check_witness(layers, statement, data, index, coordinates):
    """Require an exact point of the closed ball, within the domain, that the network gets wrong."""
    need(isinstance(coordinates, list) and len(coordinates) == data.dim, "a witness has the wrong dimension")
    point = [fraction(value) for value in coordinates]
    offset = [abs(x - Fraction(c, data.scale)) for x, c in zip(point, data.row(index))]
    norm, radius = statement["norm"], statement["radius"]
    if norm == "l2":
        inside = sum(step * step for step in offset) <= radius * radius
    else:
        inside = (max(offset) if norm == "linf" else sum(offset)) <= radius
    need(inside, f"the witness of point {index} lies outside its ball")
    if statement["domain"] is not None:
        box = zip(point, map(fraction, statement["domain"]["lower"]), map(fraction, statement["domain"]["upper"]))
        need(all(low <= x <= high for x, low, high in box), f"the witness of point {index} lies outside the domain")
    values, label = evaluate(layers, point), data.labels[index]
    worst = (
        label * values[0] if len(values) == 1 else min(values[label] - v for k, v in enumerate(values) if k != label)
    )
    need(worst <= 0, f"the network is right at the witness of point {index}")


def unpack_codes(text, points, units):
    """Return one list of hints per point: 16-bit codes, compressed."""
    need(isinstance(text, str), "hints must be text")
    size = 2 * points * units
    try:
        inflate = zlib.decompressobj()
        body = inflate.decompress(base64.b64decode(text, validate=True), size + 1)
    except (ValueError, zlib.error):
        raise Rejected("the hints cannot be unpacked") from None
    need(len(body) == size, "there are not as many hints as pairs")
    words = array("H")
    words.frombytes(body)
    if sys.byteorder == "big":
        words.byteswap()
    return [words[start : start + units] for start in range(0, points * units, units)]


def read_statement(document):
    """Return the statement with its numbers read."""
    statement = dict(keys(document, STATEMENT_KEYS, "the statement"))
    need(statement["kind"] == "robust-error", "the statement is of an unknown kind")
    need(statement["norm"] in ("linf", "l1", "l2"), "the norm is unknown")
    statement["radius"] = fraction(statement["radius"])
    need(statement["radius"] >= 0, "the radius is negative")
    for name in ("points", "dim"):
        need(type(statement[name]) is int and statement[name] >= 1, f"{name} must be a positive integer")
    for name in ("lower", "upper"):
        statement[name] = fraction(statement[name])
    statement["margin"] = None if statement["margin"] is None else fraction(statement["margin"])
    if statement["domain"] is not None:
        domain = keys(statement["domain"], ("lower", "upper"), "the domain")
        for side in domain.values():
            need(isinstance(side, list) and len(side) == statement["dim"], "the domain has the wrong dimension")
            for value in side:
                fraction(value)
    return statement


class Certificate:
    """A certificate read and structurally checked, nothing proved yet."""

    def __init__(self, path):
        document = keys(
            refuse_other(read_json(path)),
            ("schema", "statement", "network", "data", "robust", "violated"),
            "a certificate",
        )
        need(document["schema"] == SCHEMA, "the certificate has an unknown schema")
        self.statement = read_statement(document["statement"])
        network = document["network"]
        if isinstance(network, dict) and set(network) == {"file", "sha256"}:
            network = read_json(beside(path, network, "the network"))
        self.layers, digest = read_network(network)
        need(digest == self.statement["network"], "the network is not the one of the statement")
        need(sum(layer.nonzero for layer in self.layers) == self.statement["nonzero"], "the parameter count is wrong")
        need(self.layers[0].inputs == self.statement["dim"], "the network has another input dimension")
        self.data = Data(document["data"], path, self.statement["points"], self.statement["dim"])
        need(self.data.digest() == self.statement["data"], "the data are not the ones of the statement")
        classes = (-1, 1) if self.layers[-1].outputs == 1 else range(self.layers[-1].outputs)
        need(all(label in classes for label in self.data.labels), "a label is no class of the network")
        self.groups, self.violated = self.claims(document)

    def claims(self, document):
        """Return the groups of robust points and the witnesses, every point at most once."""
        seen = set()

        def fresh(index):
            need(type(index) is int and 0 <= index < self.data.count and index not in seen, "a point index is wrong")
            seen.add(index)
            return index

        need(isinstance(document["robust"], list) and isinstance(document["violated"], list), "evidence must be lists")
        groups = []
        for group in document["robust"]:
            keys(group, ("rule", "label", "indices", "hints"), "a group of robust points")
            need(group["rule"] in RULES, "a rule is unknown")
            need(type(group["label"]) is int, "a label is no integer")
            need(isinstance(group["indices"], list) and group["indices"], "a group is empty")
            group["indices"] = [fresh(index) for index in group["indices"]]
            need(all(self.data.labels[i] == group["label"] for i in group["indices"]), "a group mixes labels")
            groups.append(group)
        witnesses = [keys(entry, ("index", "point"), "a witness") for entry in document["violated"]]
        return groups, [(fresh(entry["index"]), entry["point"]) for entry in witnesses]

    @property
    def work(self):
        """Return roughly how many parameters the proof visits, hinted pairs left out.

        A case of a tree bounds many units, each by a way back through the network; distances
        to many bumps are products of long integers.
        """
        size, total = sum(layer.nonzero for layer in self.layers), 0
        for group in self.groups:
            if group["rule"] == "tree":
                hints = group["hints"] if isinstance(group["hints"], dict) else {}
                total += 32 * size * len(Stream(hints.get("trees")).body)
            elif group["rule"] == "separable":
                total += size * len(group["indices"]) // 16
            elif group["hints"] is None:
                total += size * len(group["indices"])
        return total


def prove_group(certificate, group):
    """Return the smallest proved margin of a group, ``None`` if no ball meets the domain."""
    if group["rule"] == "tree":
        return prove_trees(certificate, group)
    if group["rule"] == "separable":
        return prove_separable(certificate, group)
    if group["rule"] in PROVERS:
        return prove_exactly(certificate, group)
    rule = {"interval": Prover, "paired": PairedProver, "affine": AffineProver}[group["rule"]]
    prover = rule(certificate.layers, group["label"], certificate.statement, certificate.data.scale)
    units = len(prover.bias[1]) if len(prover.bias) > 2 else 0
    plain = array("H", [FULL]) * units
    codes = [plain] * len(group["indices"])
    if group["hints"] is not None:
        codes = unpack_codes(group["hints"], len(group["indices"]), units)
    smallest = None
    for index, hints in zip(group["indices"], codes):
        bound = prover.lower_bound(certificate.data.row(index), hints)
        if bound is not None:
            need(bound > 0, f"point {index} is not proved robust")
            smallest = bound if smallest is None else min(smallest, bound)
    return None if smallest is None else Fraction(smallest, prover.unit)


def prove_trees(certificate, group):
    """Return the margin that a group claims, once every leaf of its trees reaches it."""
    hints = keys(group["hints"], ("bits", "input_bits", "margin", "trees"), "the hints of a tree")
    bits, input_bits = (integer(hints[name]) for name in ("bits", "input_bits"))
    need(0 <= bits <= MOST_BITS and 0 <= input_bits <= MOST_BITS, "a number of bits is out of range")
    margin, stream, found = fraction(hints["margin"]), Stream(hints["trees"]), False
    need(margin > 0, "a margin is not positive")
    statement, data = certificate.statement, certificate.data
    prover = TreeProver(certificate.layers, group["label"], statement, data.scale, bits, input_bits)
    stream.skim(len(group["indices"]) * len(prover.rows[-1]), prover.starts[-1], data.dim)
    for index in group["indices"]:
        bound = prover.prove(data.row(index), stream)
        found = found or bound is not None
        need(bound is None or bound >= margin * 2**bits, f"point {index} is not proved robust")
    return margin if found else None


def check(path, prove=prove_group):
    """Prove the statement of a certificate again; return it as one sentence.

    Raises:
        Rejected: the certificate is malformed or does not prove its statement.
    """
    certificate = Certificate(Path(path))
    statement, data = certificate.statement, certificate.data
    margins_found = [margin for group in certificate.groups if (margin := prove(certificate, group)) is not None]
    for index, coordinates in certificate.violated:
        check_witness(certificate.layers, statement, data, index, coordinates)
    robust = sum(len(group["indices"]) for group in certificate.groups)
    lower, upper = Fraction(len(certificate.violated), data.count), 1 - Fraction(robust, data.count)
    need((lower, upper) == (statement["lower"], statement["upper"]), "the stated bounds are not the proved ones")
    margin = min(margins_found, default=None)
    need(margin == statement["margin"], "the stated margin is not the proved one")
    least = "no margin" if margin is None else f"margin {margin}"
    error = f"is exactly {lower}" if lower == upper else f"lies between {lower} and {upper}"
    return (
        f"proved: the robust error {error} on {data.count} points in dimension {data.dim}, {statement['norm']} radius "
        f"{statement['radius']}, {least}; network {statement['network'][:16]} with {statement['nonzero']} "
        f"nonzero parameters, data {statement['data'][:16]}"
    )


def plain(line):
    """Return the line with anything unprintable written out, at most some 500 characters."""
    shown = ascii(line)[1:-1]
    return shown if len(shown) <= 500 else shown[:500] + "..."


def main(arguments):
    """Check the files named on the command line; return the exit code."""
    if not arguments or arguments[0] in ("-h", "--help"):
        print(__doc__.strip())
        return 0 if arguments else 2
    code = 0
    for name in arguments:
        try:
            print(plain(f"{name}: {check(name)}"))
        except Rejected as error:
            print(plain(f"{name}: rejected: {error}"))
            code = 5
        except (
            OSError,
            TypeError,
            KeyError,
            IndexError,
            ValueError,
            ArithmeticError,
            MemoryError,
            AttributeError,
        ) as error:
            print(plain(f"{name}: rejected: malformed certificate ({type(error).__name__}: {str(error)[:80]})"))
            code = 5
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
