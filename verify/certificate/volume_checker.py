"""Re-check a certificate of a robust test error on labelled boxes with nothing but the standard library.

Run alone: ``python -I volume_checker.py CERTIFICATE...``. Exit code 0: the bounds of every
statement were proved again; 5: a certificate was rejected, with one line that says why.
This file shares no code with the program that wrote the certificate, and reads its
statement but never its conclusion.

What is proved: with probability ``lower`` at least, and ``upper`` at most, a random centre has
a point within the radius that the network gets wrong: with label y and one output f where
``y f <= 0``, with K outputs where some other one is at least that of the label. A centre is
drawn by choosing a box with its probability, then a uniform point of it, in the box's own
dimension.

How: evidence speaks of boxes inside those of the distribution, no two of which overlap but in
null sets. By the rule
wrong   one point that the network gets wrong is close to every centre of the box;
right   affine forms show that no point near the box is wrong, after halving the places near it;
affine  they show that one output is affine near the box, so the wrong centres lie below a plane;
plane   in one or two dimensions the wrong points are cut into polygons, these are grown by the
        ball, and the area of their union is counted.
"""

import hashlib
import json
import math
import sys
from fractions import Fraction
from itertools import combinations, product
from pathlib import Path

SCHEMA = "robustproofs/volume-certificate/1"
NETWORK_SCHEMA = "robustproofs/network/1"
OTHERS = {
    "robustproofs/certificate/1": "checker.py",
    "robustproofs/count-certificate/1": "count_checker.py",
    "robustproofs/cover-certificate/1": "count_checker.py",
    "robustproofs/neighbourhood/1": "cover_checker.py",
}
LARGEST_FILE = 2**27
LARGEST_DIGITS = 20_000
MOST_PIECES, MOST_HALVINGS, MOST_AXES, ROOT_BITS, SLOPE_BITS = 4000, 1000, 12, 64, 10
STATEMENT = {"kind", "norm", "radius", "dim", "parts", "network", "law", "lower", "upper"}
ZERO, ONE = Fraction(0), Fraction(1)


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
    body = value.removeprefix("-") if isinstance(value, str) else ""
    need(body.startswith("0x") and body[2:].isalnum() and len(body) <= LARGEST_DIGITS, "an integer is malformed")
    return int(value, 16)


def fraction(text):
    """Read "p/q" or "p" in lowest terms."""
    need(isinstance(text, str) and 0 < len(text) <= LARGEST_DIGITS, "a fraction must be text such as 3/32")
    need(all(sign.isdigit() or sign in "-/" for sign in text) and text.isascii(), f"{text[:40]} is not a fraction")
    try:
        value = Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise Rejected(f"{text[:40]} is not a fraction") from None
    need(str(value) == text, f"{text[:40]} is not in lowest terms")
    return value


def listed(value, length, name):
    """Require a list, of a given length unless that is ``None``."""
    need(isinstance(value, list) and length in (None, len(value)), f"{name} must be a list of the right length")
    return value


def read_box(entry, dim):
    """Return the ends of every axis of a box."""
    low, high = ([fraction(x) for x in listed(entry[side], dim, side)] for side in ("lower", "upper"))
    need(all(a <= b for a, b in zip(low, high)), "a box is empty")
    return list(zip(low, high))


def read_layer(document):
    """Return rows of (column, weight) with a bias each, exact."""
    keys(document, ("shape", "denominator", "row_starts", "columns", "values", "bias"), "a map")
    outputs, inputs = (integer(size) for size in listed(document["shape"], 2, "a shape"))
    need(0 < outputs <= LARGEST_FILE and 0 < inputs <= LARGEST_FILE, "a map has an impossible shape")
    unit = integer(document["denominator"])
    need(unit >= 1, "a denominator must be positive")
    starts = [integer(value) for value in listed(document["row_starts"], outputs + 1, "row_starts")]
    columns = [integer(value) for value in listed(document["columns"], None, "columns")]
    values = [integer(value) for value in listed(document["values"], len(columns), "values")]
    bias = [integer(value) for value in listed(document["bias"], outputs, "bias")]
    need(0 not in values, "a stored weight is zero")
    need(starts[0] == 0 and starts[-1] == len(columns), "row_starts are wrong")
    need(all(a <= b for a, b in zip(starts, starts[1:])), "row_starts must not decrease")
    rows = []
    for first, last, shift in zip(starts, starts[1:], bias):
        row = columns[first:last]
        need(all(a < b for a, b in zip(row, row[1:])), "columns must increase within a row")
        need(not row or (row[0] >= 0 and row[-1] < inputs), "a column is out of range")
        rows.append(([(j, Fraction(w, unit)) for j, w in zip(row, values[first:last])], Fraction(shift, unit)))
    return inputs, rows


def digest(document):
    """Return the hash of a document in canonical form."""
    return hashlib.sha256(json.dumps(document, separators=(",", ":"), sort_keys=True).encode()).hexdigest()


def read_network(document, dim):
    """Return the layers of a network."""
    keys(document, ("schema", "maps"), "the network")
    need(document["schema"] == NETWORK_SCHEMA, "the network has an unknown schema")
    layers, width = [], dim
    for entry in listed(document["maps"], None, "maps"):
        inputs, rows = read_layer(entry)
        need(inputs == width, "consecutive maps do not fit")
        layers.append(rows)
        width = len(rows)
    need(layers, "the network has no maps")
    return layers


def margins(layers, label):
    """Return layers whose outputs are all positive where the label is right."""
    last = layers[-1]
    if len(last) == 1:
        need(label in (-1, 1), "a label is no class of the network")
        return [*layers[:-1], [([(j, label * w) for j, w in row], label * shift) for row, shift in last]]
    need(0 <= label < len(last), "a label is no class of the network")
    rows = []
    for k, (row, shift) in enumerate(last):
        if k != label:
            total = dict(last[label][0])
            for j, w in row:
                total[j] = total.get(j, ZERO) - w
            rows.append(([(j, w) for j, w in total.items() if w], last[label][1] - shift))
    return [*layers[:-1], rows]


def evaluate(layers, point):
    """Return the outputs at a point."""
    for depth, rows in enumerate(layers):
        point = [max(value, ZERO) for value in point] if depth else point
        point = [shift + sum(w * point[j] for j, w in row) for row, shift in rows]
    return point


# Forms: {variable: coefficient} with the constant under None; variables lie between -1 and 1


def combined(row, shift, forms):
    """Return the affine combination of forms that a row describes."""
    total = {None: shift}
    for j, w in row:
        for name, value in forms[j].items():
            total[name] = total.get(name, ZERO) + w * value
    return total


def ends(form):
    """Return the smallest and the largest value of a form."""
    spread = sum(abs(value) for name, value in form.items() if name is not None)
    return form[None] - spread, form[None] + spread


def outputs_near(layers, box):
    """Return forms that bound every output on a box, and whether they are exact."""
    forms = [{None: (a + b) / 2, axis: (b - a) / 2} for axis, (a, b) in enumerate(box)]
    exact, fresh = True, len(box)
    for depth, rows in enumerate(layers):
        if depth:
            rectified = []
            for form in forms:
                low, high = ends(form)
                if low >= 0 or high <= 0:
                    rectified.append(form if low >= 0 else {None: ZERO})
                    continue
                exact = False
                slope = Fraction(math.floor(high / (high - low) * 2**SLOPE_BITS), 2**SLOPE_BITS)
                rest = max(-slope * low, (1 - slope) * high)  # relu(x) - slope x lies between 0 and this
                form = {name: slope * value for name, value in form.items()}
                form[None] += rest / 2
                form[fresh] = rest / 2
                fresh += 1
                rectified.append(form)
            forms = rectified
        forms = [combined(row, shift, forms) for row, shift in rows]
    return forms, exact


# Rules: the share of a box proved wrong, and the share proved right --------------------


def by_point(layers, box, norm, radius, point):
    """All centres are wrong: the farthest corner is within the radius of a wrong point."""
    need(min(evaluate(layers, point)) <= 0, "a point said to be wrong is right")
    far = [(low, low) if x - low > high - x else (high, high) for x, (low, high) in zip(point, box)]
    need(is_near([(x, x) for x in point], far, norm, radius), "a wrong point is too far from its box")
    return ONE, ZERO


def by_forms(layers, box, norm, radius):
    """All centres are right."""
    need(pieces_right(layers, box, norm, radius, MOST_HALVINGS) is not None, "a box is not proved right")
    return ZERO, ONE


def pieces_right(layers, box, norm, radius, most):
    """Cut the box grown by the radius until every output is positive; return how many pieces that took.

    Where the worst bound may gain most it is cut at a kink of a unit that reads one coordinate, if one is
    inside, else in the middle. ``None`` stands for more than ``most`` pieces, or a wrong point.
    """
    kinks = [
        [-shift / row[0][1] for row, shift in layers[0] if [j for j, _ in row] == [axis]] for axis in range(len(box))
    ]
    waiting, seen = [[(low - radius, high + radius) for low, high in box]], 0
    while waiting:
        part, seen = waiting.pop(), seen + 1
        if seen > most:
            return None
        if not is_near(part, box, norm, radius):
            continue
        worst = min(outputs_near(layers, part)[0], key=lambda form: ends(form)[0])
        if ends(worst)[0] > 0:
            continue
        places = []
        for axis, (low, high) in enumerate(part):
            inside = [kink for kink in kinks[axis] if low < kink < high]
            middle = (low + high) / 2
            at = min(inside, key=lambda kink: abs(kink - middle), default=middle)
            if low < high:
                places.append((bool(inside), abs(worst.get(axis, ZERO)), high - low, axis, at))
        if not places:
            return None
        axis, at = max(places)[3:]
        low, high = part[axis]
        waiting += [[*part[:axis], side, *part[axis + 1 :]] for side in ((low, at), (at, high))]
    return seen


def is_near(part, box, norm, radius):
    """Return whether some point of one box is within the radius of another one."""
    gaps = [max(a - high, low - b, ZERO) for (a, b), (low, high) in zip(part, box)]
    lengths = {"linf": max(gaps) <= radius, "l1": sum(gaps) <= radius, "l2": sum(g * g for g in gaps) <= radius**2}
    return lengths[norm]


def by_plane(layers, box, norm, radius):
    """The wrong centres are those below a plane: ``form <= radius * (dual norm of the slope)``."""
    grown = [(low - radius, high + radius) for low, high in box]
    forms, exact = outputs_near(layers, grown)
    forms = [form for form in forms if ends(form)[0] <= 0]
    need(exact and len(forms) <= 1, "the network is not proved affine near a box")
    if not forms:
        return ZERO, ONE
    (form,) = forms
    slope = [form.get(j, ZERO) * 2 / (b - a) if b > a else ZERO for j, (a, b) in enumerate(grown)]
    shift = form[None] - sum(w * (a + b) / 2 for w, (a, b) in zip(slope, grown))
    low = high = sum(map(abs, slope)) if norm == "linf" else max(map(abs, slope))
    if norm == "l2":
        square = sum(w * w for w in slope)
        root = math.isqrt(math.floor(square * 4**ROOT_BITS))
        low, high = Fraction(root, 2**ROOT_BITS), Fraction(root + 1, 2**ROOT_BITS)
        low, high = (low, low) if low * low == square else (low, high)
    return below(slope, radius * low - shift, box), 1 - below(slope, radius * high - shift, box)


def below(slope, limit, box):
    """Return the share of a box on which ``slope . x <= limit``, by inclusion and exclusion at its corners."""
    rest = limit - sum(w * (low if w >= 0 else high) for w, (low, high) in zip(slope, box))
    steps = [abs(w) * (high - low) for w, (low, high) in zip(slope, box) if w and low < high]
    if rest < 0 or rest >= sum(steps):
        return ZERO if rest < 0 else ONE
    need(len(steps) <= MOST_AXES, "a plane crosses too many axes")
    total = ZERO
    for corner in product((0, 1), repeat=len(steps)):
        gap = rest - sum(step for step, chosen in zip(steps, corner) if chosen)
        total += (-1) ** sum(corner) * max(gap, ZERO) ** len(steps)
    return total / (math.factorial(len(steps)) * math.prod(steps))


def by_polygons(layers, box, norm, radius):
    """The wrong centres of a segment or rectangle are a union of polygons."""
    norm = "linf" if len(box) == 1 else norm
    need(len(box) <= 2 and (norm != "l2" or not radius), "polygons are for the plane, in linf and l1")
    sides = [*box, (ZERO, ZERO)][:2]
    corners = list(product(*sides))
    steps = [(radius, ZERO), (-radius, ZERO), (ZERO, radius), (ZERO, -radius)]
    if norm == "linf":
        steps = list(product((radius, -radius), repeat=2))

    def grown(points):
        return hull([(x + a, y + b) for x, y in points for a, b in steps])

    near = []
    for piece in wrong_polygons(layers, grown(corners), len(box)):
        part = grown(piece)
        for axis, (low, high) in enumerate(sides):
            part = cut(part, [corner[axis] - low for corner in part])
            part = cut(part, [high - corner[axis] for corner in part])
        near.append(part)
    widths = [high - low for low, high in sides]
    if all(widths):
        share = union_area(near) / (widths[0] * widths[1])
    elif any(widths):
        axis = 0 if widths[0] else 1
        share = union_length([[corner[axis] for corner in part] for part in near if part]) / widths[axis]
    else:
        share = ONE if any(near) else ZERO
    return share, 1 - share


def wrong_polygons(layers, polygon, dim):
    """Return the wrong points of a polygon as convex polygons, perhaps segments or points."""
    start = [(ONE, ZERO, ZERO), (ZERO, ONE, ZERO)][:dim]
    cells = [(polygon, start)]
    for depth, rows in enumerate(layers):
        images = []
        for corners, forms in cells:
            fresh = []
            for row, shift in rows:
                total = [sum((w * forms[j][k] for j, w in row), ZERO) for k in range(3)]
                fresh.append((total[0], total[1], total[2] + shift))
            images.append((corners, fresh))
        if depth == len(layers) - 1:
            return [
                part
                for corners, forms in images
                for form in forms
                if (part := cut(corners, [-value_of(form, corner) for corner in corners]))
            ]
        cells = [cell for corners, forms in images for cell in phases(corners, forms)]
        need(len(cells) <= MOST_PIECES, "the plane falls into too many pieces")
    return []


def phases(corners, forms):
    """Cut a polygon where a unit changes its sign; return the parts with the units' forms after rectifying."""
    parts = [(corners, [])]
    for form in forms:
        split = []
        for polygon, done in parts:
            values = [value_of(form, corner) for corner in polygon]
            if max(values) > 0:
                kept = polygon if min(values) >= 0 else cut(polygon, values)
                split.append((kept, [*done, form]))
            if min(values) < 0 or max(values) <= 0:
                kept = polygon if max(values) <= 0 else cut(polygon, [-value for value in values])
                split.append((kept, [*done, (ZERO, ZERO, ZERO)]))
        parts = split
        need(len(parts) <= MOST_PIECES, "the plane falls into too many pieces")
    return parts


def value_of(form, corner):
    """Return the value of an affine function of the plane."""
    return form[0] * corner[0] + form[1] * corner[1] + form[2]


def cut(polygon, values):
    """Return the closed part of a convex polygon on which a linear function, given at corners, is at least 0."""
    kept = []
    for k, (corner, here) in enumerate(zip(polygon, values)):
        after, there = polygon[(k + 1) % len(polygon)], values[(k + 1) % len(polygon)]
        if here >= 0:
            kept.append(corner)
        if here * there < 0:
            share = here / (here - there)
            kept.append(tuple(a + share * (b - a) for a, b in zip(corner, after)))
    return [corner for k, corner in enumerate(kept) if corner != kept[k - 1] or len(kept) == 1] or kept[:1]


def turn(a, b, c):
    """Return twice the signed area of a triangle."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def hull(points):
    """Return the corners of the convex hull, counterclockwise."""
    points = sorted(set(points))
    if len(points) < 3:
        return points
    halves = []
    for order in (points, points[::-1]):
        chain = []
        for point in order:
            while len(chain) > 1 and turn(chain[-2], chain[-1], point) <= 0:
                chain.pop()
            chain.append(point)
        halves += chain[:-1]
    return halves


def area(polygon):
    """Return the area of a counterclockwise polygon."""
    return sum((turn(polygon[0], b, c) for b, c in zip(polygon[1:], polygon[2:])), ZERO) / 2


def union_area(polygons):
    """Return the area of a union: of each polygon what lies outside those counted before it."""
    total, counted = ZERO, []
    for polygon in sorted((p for p in polygons if len(p) > 2), key=area, reverse=True):
        parts = [polygon]
        for other in counted:
            parts = [rest for part in parts for rest in outside(part, other)]
            need(len(parts) <= MOST_PIECES, "an area falls into too many pieces")
        fresh = sum(map(area, parts), ZERO)
        total += fresh
        if fresh:
            counted.append(polygon)
    return total


def outside(polygon, other):
    """Return convex parts that make up what of a polygon lies outside another, but for a null set."""
    parts, inside = [], polygon
    for k, corner in enumerate(other):
        values = [turn(corner, other[(k + 1) % len(other)], point) for point in inside]
        if max(values) <= 0:
            return [polygon]
        if min(values) < 0:
            parts.append(cut(inside, [-value for value in values]))
            inside = cut(inside, values)
    return [part for part in parts if len(part) > 2]


def union_length(spans):
    """Return the length of the union of the intervals that lists of numbers span."""
    total, reached = ZERO, None
    for low, high in sorted((min(span), max(span)) for span in spans):
        start = low if reached is None else max(low, reached)
        total += max(ZERO, high - start)
        reached = high if reached is None else max(high, reached)
    return total


RULES = {"wrong": by_point, "right": by_forms, "affine": by_plane, "plane": by_polygons}


# Statements ----------------------------------------------------------------------------


def share_of(box, whole):
    """Return the share of a box that a box inside it takes, in the dimension of the larger."""
    pairs = list(zip(box, whole))
    need(all(a <= low and high <= b for (low, high), (a, b) in pairs), "a box lies outside its part")
    return math.prod(((high - low) / (b - a) for (low, high), (a, b) in pairs if a < b), start=ONE)


def need_apart(boxes, whole):
    """Require boxes inside another to have no common inner points, as seen in its dimension."""
    for first, second in combinations(boxes, 2):
        axes = zip(first, second, whole)
        common = all(a == b or max(f[0], s[0]) < min(f[1], s[1]) for f, s, (a, b) in axes)
        need(not common, "two boxes overlap")


def proved(document):
    """Return the bounds of the robust test error that the evidence of a certificate proves."""
    statement = document["statement"]
    dim, norm, radius = statement["dim"], statement["norm"], fraction(statement["radius"])
    need(type(dim) is int and dim >= 1 and type(statement["parts"]) is int, "a size is impossible")
    need(norm in ("linf", "l1", "l2") and radius >= 0, "the norm or the radius is impossible")
    layers = read_network(document["network"], dim)
    law = listed(document["law"], statement["parts"], "the law")
    boxes, labels, weights, found = [], [], [], [[] for _ in law]
    for part in law:
        keys(part, ("lower", "upper", "label", "probability"), "a part")
        need(type(part["label"]) is int, "a label is no integer")
        boxes.append(read_box(part, dim))
        labels.append(margins(layers, part["label"]))
        weights.append(fraction(part["probability"]))
    need(boxes and min(weights) >= 0 and sum(weights) == 1, "the probabilities are impossible")
    wrong = right = ZERO
    for entry in listed(document["evidence"], None, "the evidence"):
        pointed = isinstance(entry, dict) and entry.get("rule") == "wrong"
        keys(entry, ("part", "lower", "upper", "rule", *(("point",) if pointed else ())), "evidence")
        need(isinstance(entry["rule"], str) and entry["rule"] in RULES, "a rule is unknown")
        place = entry["part"]
        need(type(place) is int and 0 <= place < len(law), "there is no such part")
        box = read_box(entry, dim)
        extra = [[fraction(x) for x in listed(entry["point"], dim, "a point")]] if pointed else []
        mass = weights[place] * share_of(box, boxes[place])
        shares = RULES[entry["rule"]](labels[place], box, norm, radius, *extra)
        wrong, right = wrong + mass * shares[0], right + mass * shares[1]
        found[place].append(box)
    for group, whole in zip(found, boxes):
        need_apart(group, whole)
    return wrong, 1 - right


def check(path):
    """Prove the statement of a certificate again; return it as one sentence.

    Raises:
        Rejected: the certificate is malformed or does not prove its statement.
    """
    wanted = ("schema", "statement", "network", "law", "evidence")
    document = keys(refuse_other(read_json(Path(path))), wanted, "a certificate")
    need(document["schema"] == SCHEMA, "the certificate has an unknown schema")
    statement = keys(document["statement"], STATEMENT, "the statement")
    need(statement["kind"] == "robust-test-error", "the statement is of an unknown kind")
    need(statement["network"] == digest(document["network"]), "the network is not the one of the statement")
    need(statement["law"] == digest(document["law"]), "the distribution is not the one of the statement")
    lower, upper = fraction(statement["lower"]), fraction(statement["upper"])
    need(proved(document) == (lower, upper), "the stated bounds are not the proved ones")
    error = f"is exactly {lower}" if lower == upper else f"lies between {lower} and {upper}"
    boxes = f"{statement['parts']} box" + ("es" if statement["parts"] != 1 else "")
    return (
        f"proved: the robust test error {error} on a distribution on {boxes} in dimension {statement['dim']}, "
        f"{statement['norm']} radius {statement['radius']}; network {statement['network'][:16]}, "
        f"distribution {statement['law'][:16]}"
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
        except (ArithmeticError, AttributeError, LookupError, MemoryError, OSError, TypeError, ValueError) as error:
            print(plain(f"{name}: rejected: malformed certificate ({type(error).__name__}: {str(error)[:80]})"))
            code = 5
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
