"""Re-check a certificate that counts sign patterns, or points given up, standard library only.

Run alone: ``python -I count_checker.py CERTIFICATE...``. Exit code 0: the inequality behind
every statement was proved again; 5: a certificate was rejected, with one line that says why.
This file shares no code with the program that wrote the certificate.

A size bound proves ``patterns * ball < chance * 2**m``. Here ``patterns`` bounds how many sign
vectors the class realizes on m points, ``ball`` counts the labellings within r = floor(error
* m) changes of one vector, and ``chance`` is the failure probability, 1 if none is stated.
Balls around the patterns then miss a labelling, or all but a share below ``chance`` of them:
on these labellings every function of the class errs on more than r points.

The rules that bound ``patterns``, for W nonzero parameters in dimension d:
regions    Warren's bound for each number of hidden units, summed; any depth, real weights;
layers     the same layer by layer, for a given depth;
precision  supports times weight values, for weights from a set of 2**b values;
sauer      the Sauer-Shelah lemma, for a given VC dimension.

How: up to a million points in plain integers, every term rounded up; beyond, logarithms to
base 2 as integers in units of a power of two, every rounding upwards.

An optimal robust error is proved by points given up (the cover) and amounts on pairs of
opposite points whose balls meet (the flow). No two opposite balls of the points kept meet, so
some classifier is right on all of these balls. On each pair every classifier is wrong at one
of the two; no point carries more than its weight, so every classifier loses at least the flow.
Cover and flow weigh the same, which is the stated value.
"""

from __future__ import annotations

import hashlib
import heapq
import json
import math
import re
import sys
from array import array
from fractions import Fraction
from functools import cache
from operator import mul, sub
from pathlib import Path
from typing import Any, NamedTuple

SCHEMA = "robustproofs/count-certificate/1"
COVER_SCHEMA = "robustproofs/cover-certificate/1"
OTHERS = {
    "robustproofs/certificate/1": "checker.py",
    "robustproofs/neighbourhood/1": "cover_checker.py",
    "robustproofs/volume-certificate/1": "volume_checker.py",
}
LARGEST_FILE = 2**16
LARGEST_COVER = 2**28  # bytes of a file that holds points
LARGEST_BITS = 20_000
LARGEST_DIM = 10**9
LARGEST_DEPTH = LARGEST_WEIGHT_BITS = 2**20
LARGEST_PLAIN = 10**6  # points counted in plain integers
LARGEST_SUMMED = 50_000  # points of a ball that is summed term by term
LARGEST_EXACT = {"regions": 128, "precision": 256}  # sizes whose double sum is taken term by term
MOST_SEGMENTS = 4000
FRACTION_BITS = 64
SHARE_BITS = 16  # of the logarithms of segments
E_ABOVE, E_UNIT = 2718281828459045236, 10**18  # e < E_ABOVE / E_UNIT
TOO_LARGE = "the count of sign patterns is too large"
REQUIRED = {
    "size-bound": {"kind", "points", "dim", "error", "size"},
    "sign-pattern-bound": {"kind", "points", "error", "vc_dimension"},
}
OPTIONAL = {
    "size-bound": {"depth", "weight_bits", "failure_probability"},
    "sign-pattern-bound": {"failure_probability"},
}
RULES = {"size-bound": ("regions", "layers", "precision"), "sign-pattern-bound": ("sauer",)}


class Rejected(ValueError):
    """The certificate is malformed or does not prove its statement."""


def need(condition: bool, message: str) -> None:
    """Reject unless ``condition``."""
    if not condition:
        raise Rejected(message)


# Reading -------------------------------------------------------------------------------


def read_json(path: Path) -> Any:
    """Read JSON strictly: bounded size, no duplicate keys, no NaN, no floats."""
    need(path.is_file(), f"there is no file {path.name}")
    with path.open("rb") as file:
        body = file.read(LARGEST_COVER + 1)
    most = LARGEST_COVER if COVER_SCHEMA.encode() in body[:100] else LARGEST_FILE
    need(len(body) <= most, f"{path.name} is larger than {most} bytes")

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        need(len(result) == len(pairs), "a key appears twice")
        return result

    def refuse(text: str) -> None:
        raise Rejected(f"{text[:40]} is not an exact number")

    try:
        return json.loads(body.decode("utf-8"), object_pairs_hook=unique, parse_constant=refuse, parse_float=refuse)
    except Rejected:
        raise
    except (ValueError, RecursionError) as error:
        raise Rejected(f"{path.name} is not valid JSON: {error}") from None


def refuse_other(document: Any) -> Any:
    """Return a document, unless its schema is that of another checker."""
    schema = document.get("schema") if isinstance(document, dict) else None
    other = OTHERS.get(schema) if isinstance(schema, str) else None
    need(other is None, f"this is a certificate for {other}")
    return document


def integer(value: Any, name: str, low: int, high: int | None = None) -> int:
    """Read an integer between ``low`` and ``high``: plain, or lower-case hexadecimal text.

    Without ``high`` the number of bits is bounded.
    """
    if isinstance(value, str):
        need(len(value) <= LARGEST_BITS // 4 + 2, f"{name} has more than {LARGEST_BITS} bits")
        need(re.fullmatch("0x(0|[1-9a-f][0-9a-f]*)", value) is not None, f"{name} is malformed")
        value = int(value, 16)
    need(type(value) is int, f"{name} must be an integer")
    need(value >= low, f"{name} must be at least {low}")
    need(value.bit_length() <= LARGEST_BITS, f"{name} has more than {LARGEST_BITS} bits")
    need(high is None or value <= high, f"{name} must be at most {high}")
    return value


def fraction(text: Any, name: str) -> Fraction:
    """Read a fraction of nonnegative integers in lowest terms: "p/q" or "p"."""
    written = isinstance(text, str) and re.fullmatch("(0|[1-9][0-9]*)(/[1-9][0-9]*)?", text) is not None
    need(written, f"{name} must be text such as 1/10")
    try:
        value = Fraction(text)
    except ValueError:
        raise Rejected(f"{name} is too long") from None
    need(value.denominator.bit_length() <= LARGEST_BITS, f"{name} has more than {LARGEST_BITS} bits")
    need(str(value) == text, f"{name} is not in lowest terms")
    return value


class Claim(NamedTuple):
    """A statement in numbers: ``size`` is the number of parameters, or the VC dimension."""

    kind: str
    points: int
    wrong: int
    chance: Fraction
    size: int
    dim: int
    depth: int | None
    weight_bits: int | None

    def pairs(self, units: int) -> int:
        """Return how many parameters a network with so many hidden units can have."""
        return (units + 1) * (self.dim + 1) + units * (units + 1) // 2

    def degree(self, units: int) -> int:
        """Return the largest degree of an activation in the weights."""
        return units + 1 if self.depth is None else min(units + 1, self.depth)

    @property
    def most_units(self) -> int:
        """Return how many hidden units a reduced network of this size can have."""
        return min(self.size - 1, (self.size - 1) // 2 + self.dim)


def read_claim(document: Any) -> Claim:
    """Return the statement, every number within its range."""
    need(isinstance(document, dict), "the statement must be an object")
    kind = document.get("kind")
    need(isinstance(kind, str) and kind in REQUIRED, "the statement has an unknown kind")
    missing, known = REQUIRED[kind] - set(document), REQUIRED[kind] | OPTIONAL[kind]
    need(not missing, f"the statement lacks {', '.join(sorted(missing))}")
    need(set(document) <= known, f"the statement may only have the keys {', '.join(sorted(known))}")
    points, error = integer(document["points"], "points", 1), fraction(document["error"], "error")
    need(error < Fraction(1, 2), "error must be below 1/2")
    stated = document.get("failure_probability")
    chance = Fraction(1) if stated is None else fraction(stated, "failure_probability")
    need(0 < chance <= 1, "failure_probability must be above 0 and at most 1")
    wrong = math.floor(error * points)
    if kind == "sign-pattern-bound":
        return Claim(kind, points, wrong, chance, integer(document["vc_dimension"], "vc_dimension", 0), 1, None, None)
    depth, bits = document.get("depth"), document.get("weight_bits")
    return Claim(
        kind,
        points,
        wrong,
        chance,
        integer(document["size"], "size", 0),
        integer(document["dim"], "dim", 1, LARGEST_DIM),
        None if depth is None else integer(depth, "depth", 1, LARGEST_DEPTH),
        None if bits is None else integer(bits, "weight_bits", 1, LARGEST_WEIGHT_BITS),
    )


# Plain integers ------------------------------------------------------------------------


def ratio_up(top: int, bottom: int) -> int:
    """Return ``top / bottom`` rounded up."""
    return -(-top // bottom)


def ball(points: int, radius: int) -> int:
    """Return at least the number of labellings within ``radius`` changes of one."""
    if points <= LARGEST_SUMMED:
        total = term = 1
        for j in range(1, min(radius, points) + 1):
            term = term * (points - j + 1) // j
            total += term
        return total
    if 2 * radius >= points:
        return 2**points
    # C(m, j-1) / C(m, j) = j / (m-j+1) grows with j: a geometric series from j = r down.
    return ratio_up(math.comb(points, radius) * (points - radius + 1), points - 2 * radius + 1)


def region_term(claim: Claim, units: int, size: int) -> int:
    """Return the term of the rule regions for so many hidden units and parameters, rounded up."""
    free = size - units
    base = 2 * E_ABOVE * claim.points * ((2 << units) - 1) * claim.degree(units)
    supports = math.comb(claim.pairs(units), size) << (units + 1)
    return ratio_up(supports * base**free, (E_UNIT * free) ** free)


def region_row(claim: Claim, units: int) -> int:
    """Return at least the sum of the terms for so many hidden units, for large sizes."""
    last = min(claim.size, claim.pairs(units))
    # term(w-1) / term(w) <= p/q for all w up to the last, because n**n / (n-1)**(n-1) < e n.
    p = last * (last - units)
    q = (claim.pairs(units) - last + 1) * 2 * claim.points * ((2 << units) - 1) * claim.degree(units)
    need(p < q, "the terms of the largest rows do not grow")
    return ratio_up(region_term(claim, units, last) * q, q - p)


def region_row_bits(claim: Claim, units: int) -> int:
    """Return b such that the terms for so many hidden units sum to less than ``2**b``."""
    free, pairs = claim.size - units, claim.pairs(units)
    base = 2 * E_ABOVE * claim.points * ((2 << units) - 1) * claim.degree(units)
    # (A/x)**x grows with x up to A/e, which exceeds the number of points; C(n, k) up to k = n/2.
    power = ratio_up(free * (base**64 // (E_UNIT * free) ** 64 + 1).bit_length(), 64)
    supports = math.comb(pairs, min(claim.size, pairs // 2)).bit_length()
    return claim.size.bit_length() + supports + units + 1 + power


def regions(claim: Claim) -> int:
    """Return at least the number of sign patterns by the rule regions."""
    rows = range(claim.most_units + 1)
    if claim.size <= LARGEST_EXACT["regions"]:
        return sum(region_term(claim, units, size) for units in rows for size in range(units + 1, claim.size + 1))
    bits = [region_row_bits(claim, units) for units in rows]
    enough = max(bits) - 100  # smaller rows change the sum by a share of about 2**-60
    exact = sum(region_row(claim, units) for units in rows if bits[units] > enough)
    return exact + (len(bits) << enough)


def layers(claim: Claim) -> int:
    """Return at least the number of sign patterns by the rule layers."""
    depth, size = claim.depth or 1, claim.size
    base = (2 * E_ABOVE * claim.points) ** depth * math.factorial(depth)
    supports = math.comb(claim.pairs(size - 1), size) << depth
    return ratio_up(supports * base**size, (E_UNIT**depth * size) ** size)


def precision_factor(claim: Claim) -> Fraction:
    """Return f such that there are at most ``f * C(E, W) * 2**(b W)`` supports with values.

    E counts the pairs for W-1 hidden units. Going from U to U-1 hidden units multiplies
    the pairs by at most 1 - 1/(U+1) <= 1 - 1/w and the supports of w entries by at most 1/e,
    so all U cost a factor 1/(1-1/e) < 1.582. Going from w to w-1 multiplies C(E, w) by at
    most (1-1/w)**(w-1) <= 1/2 for the pairs and w/(E-w+1) < 1/d for the entry. The zero
    network is one more.
    """
    values = 2 ** min(claim.weight_bits or 0, 64)
    falling = Fraction(1, 2 * values * claim.dim)
    return Fraction(1582, 1000) / (1 - falling) + Fraction(1, values * (claim.dim + 1))


def precision(claim: Claim) -> int:
    """Return at least the number of sign patterns by the rule precision."""
    bits, size = claim.weight_bits or 0, claim.size
    if size <= LARGEST_EXACT["precision"]:
        return 1 + sum(math.comb(claim.pairs(u), w) << bits * w for w in range(1, size + 1) for u in range(w))
    factor = precision_factor(claim)
    supports = math.comb(claim.pairs(size - 1), size) << bits * size
    return ratio_up(supports * factor.numerator, factor.denominator)


def sauer(claim: Claim) -> int:
    """Return at least the number of sign patterns by the rule sauer."""
    return ball(claim.points, claim.size)


PLAIN = {"regions": regions, "layers": layers, "precision": precision, "sauer": sauer}

# Logarithms to base 2, in units of 2**-p, rounded up -----------------------------------


def shift_up(value: int, places: int) -> int:
    """Return ``value / 2**places`` rounded up."""
    return -((-value) >> places) if places >= 0 else value << -places


def inverse_tanh(top: int, bottom: int, p: int) -> tuple[int, int]:
    """Return bounds of ``artanh(top/bottom)``, in units of ``2**-p``, for arguments from 0 to 1/3."""
    power = (top << p) // bottom
    square = power * power >> p
    total, odd = 0, 1
    while power:  # power is at most 2 units below z**odd, so each summand loses less than 3
        total += power // odd
        power = power * square >> p
        odd += 2
    return total, total + 3 * (odd // 2) + 3  # what is left is below 2 (1 + 1/9 + ...) < 3 units


@cache
def half_log_of_two(p: int) -> int:
    """Return ``ln(2)/2 = artanh(1/3)``, rounded down."""
    return inverse_tanh(1, 3, p)[0]


def log_up(top: int, bottom: int, p: int) -> int:
    """Return ``log2(top/bottom)``, rounded up."""
    q = ratio_up(p + 32, 256) * 256
    whole = top.bit_length() - bottom.bit_length()
    if top << max(-whole, 0) < bottom << max(whole, 0):
        whole -= 1
    shift, one = q - whole, 1 << q
    mantissa = (top << max(shift, 0)) // (bottom << max(-shift, 0))  # from 1 up to 2, rounded down
    high = inverse_tanh(mantissa - one, mantissa + one, q)[1] + 1
    return (whole << p) + ratio_up(high << p, half_log_of_two(q))


def times_log_up(count: int, top: int, bottom: int, p: int) -> int:
    """Return ``count * log2(top/bottom)``, rounded up; p may be negative."""
    q = max(p + count.bit_length(), 0)
    return shift_up(count * log_up(top, bottom, q), q - p)


def choose_log_up(n: int, k: int, p: int) -> int:
    """Return ``log2 C(n, k)``, rounded up, for 0 < k < n.

    Robbins: C(n, k) < sqrt(n / (2 pi k (n-k))) (n/k)**k (n/(n-k))**(n-k), and 2 pi > 6.
    """
    powers = times_log_up(k, n, k, p) + times_log_up(n - k, n, n - k, p)
    return powers + shift_up(times_log_up(1, n, 6 * k * (n - k), p), 1)


def ball_log_up(points: int, radius: int, p: int) -> int:
    """Return the logarithm of the geometric series of ``ball``, rounded up."""
    if radius == 0:
        return 0
    if 2 * radius >= points:
        return points << p
    tail = times_log_up(1, points - radius + 1, points - 2 * radius + 1, p)
    return choose_log_up(points, radius, p) + tail


def segment_bits(claim: Claim, first: int, last: int) -> int:
    """Return b such that the rows of ``first`` to ``last`` hidden units sum to at most ``2**(b / 2**16)``."""
    size, free, p = claim.size, claim.size - first, FRACTION_BITS - claim.size.bit_length()
    pairs = claim.pairs(last)
    # (size - units + 1) (units + 1) bits are the signs and the powers of 2**(units+1).
    middle = min(max(size // 2, first), last)
    growth = (claim.pairs(first) - size + 1) * claim.points * ((2 << min(first, FRACTION_BITS)) - 1)
    terms = (last - first + 1) * (2 if size * size <= growth else size)  # ratio of terms at most 1/2, or unknown
    # (A/x)**x grows with x up to A/e, which exceeds the number of points; C(n, k) up to k = n/2.
    powers = times_log_up(free, 2 * E_ABOVE * claim.points * claim.degree(last), E_UNIT * free, p)
    total = choose_log_up(pairs, min(size, pairs // 2), p) + powers + times_log_up(1, terms, 1, p)
    return shift_up(total, p - SHARE_BITS) + ((size - middle + 1) * (middle + 1) << SHARE_BITS)


def least_bits(claim: Claim, rule: str) -> int:
    """Return an easy lower bound of the logarithm of what a rule counts."""
    size, units = claim.size, max(claim.size - 1, 0) // 2
    if rule == "regions":  # one term: (2**(units+1) - 1)**(W-units) and factors of at least 1
        return units * (size - units)
    if rule == "sauer":
        return 0
    supports = size * ((claim.dim + 1 + units).bit_length() - 1)  # C(E, W) >= (E/W)**W
    if rule == "layers":
        return supports + size * ((claim.depth or 1) - 1) * claim.points.bit_length()
    return supports + size * (claim.weight_bits or 0)


def power_up(value: int) -> int:
    """Return ``2**(value / 2**16)`` in units of ``2**-64``, rounded up, for values up to 0; 2**f <= 1 + f."""
    whole = value >> SHARE_BITS
    return shift_up((1 << SHARE_BITS) + value - (whole << SHARE_BITS), SHARE_BITS - FRACTION_BITS - whole) + 1


def region_logs(claim: Claim, p: int, limit: int) -> int:
    """Return the logarithm of the sum over regions, splitting segments until it is at most ``limit``."""
    need(least_bits(claim, "regions") << p <= limit, TOO_LARGE)
    spare, limit = p - SHARE_BITS, limit >> (p - SHARE_BITS)
    heap = [(-segment_bits(claim, 0, claim.most_units), 0, claim.most_units)]
    while True:
        negative, first, last = heap[0]
        if -negative <= limit:
            parts = sum(power_up(negative - other) for other, _, _ in heap)
            total = log_up(parts, 1 << FRACTION_BITS, SHARE_BITS) - negative
            if total <= limit:
                return total << spare
        need(first < last and len(heap) < MOST_SEGMENTS, TOO_LARGE)
        heapq.heappop(heap)
        middle = (first + last) // 2
        for part in ((first, middle), (middle + 1, last)):
            heapq.heappush(heap, (-segment_bits(claim, *part), *part))


def layer_logs(claim: Claim, p: int, _: int) -> int:
    """Return the logarithm of the rule layers, rounded up."""
    depth, size = claim.depth or 1, claim.size
    powers = times_log_up(depth * size, 2 * E_ABOVE * claim.points, E_UNIT, p)
    falling = times_log_up(size, math.factorial(depth), size, p)
    return (depth << p) + powers + falling + choose_log_up(claim.pairs(size - 1), size, p)


def precision_logs(claim: Claim, p: int, _: int) -> int:
    """Return the logarithm of the rule precision, rounded up."""
    factor, size = precision_factor(claim), claim.size
    supports = choose_log_up(claim.pairs(size - 1), size, p)
    return supports + ((claim.weight_bits or 0) * size << p) + log_up(factor.numerator, factor.denominator, p)


def sauer_logs(claim: Claim, p: int, _: int) -> int:
    """Return the logarithm of the rule sauer, rounded up."""
    return ball_log_up(claim.points, claim.size, p)


LOGS = {"regions": region_logs, "layers": layer_logs, "precision": precision_logs, "sauer": sauer_logs}

# Deciding ------------------------------------------------------------------------------


def check_rule(claim: Claim, rule: str) -> None:
    """Reject claims that the rule does not cover."""
    need(rule != "layers" or claim.depth is not None, "the rule layers needs a depth")
    need(rule != "precision" or claim.weight_bits is not None, "the rule precision needs weight_bits")
    covered = rule not in ("regions", "layers") or claim.size <= claim.points
    need(covered, f"the rule {rule} needs at most as many parameters as points")


def prove(claim: Claim, rule: str) -> str:
    """Prove the inequality by one rule; return the arithmetic that was used.

    Raises:
        Rejected: the rule does not apply, or the inequality was not proved.
    """
    check_rule(claim, rule)
    need(least_bits(claim, rule) < claim.points, TOO_LARGE)  # before anything that takes long
    if rule == "sauer" and claim.size < claim.points and claim.wrong == 0 and claim.chance == 1:
        return "plain integers"  # not all 2**m subsets are counted
    if rule != "sauer" and not claim.size:
        return "plain integers"  # the zero function is positive or negative nowhere: it errs on every point
    if claim.points <= LARGEST_PLAIN:
        patterns = PLAIN[rule](claim) if claim.size else 1
        count = patterns * ball(claim.points, claim.wrong) * claim.chance.denominator
        need(count < claim.chance.numerator << claim.points, TOO_LARGE)
        return "plain integers"
    p = FRACTION_BITS
    spent = ball_log_up(claim.points, claim.wrong, p) + log_up(claim.chance.denominator, claim.chance.numerator, p)
    room = (claim.points << p) - spent
    bits = LOGS[rule](claim, p, room - 1) if claim.size else 0
    need(bits < room, TOO_LARGE)
    return "fixed point"


def written(value: int) -> str:
    """Return an integer in decimal, very long ones in hexadecimal."""
    return str(value) if value.bit_length() <= 13_000 else hex(value)


def sentence(claim: Claim, rule: str, arithmetic: str) -> str:
    """Return the proved statement in words."""
    if claim.kind == "sign-pattern-bound":
        what, where = f"classifier of a class of VC dimension at most {written(claim.size)}", ""
    else:
        depth = "" if claim.depth is None else f" of depth at most {claim.depth}"
        values = "" if claim.weight_bits is None else f" with weights from at most 2^{claim.weight_bits} values"
        joined = " and" if values else " with"
        what = f"ReLU network{depth}{values}{joined} at most {written(claim.size)} nonzero parameters"
        where = f" in dimension {claim.dim}"
    share = "some labelling"
    if claim.chance != 1:
        share = f"all but a share below {claim.chance.numerator}/{claim.chance.denominator} of the labellings"
    return (
        f"proved: every {what} errs on more than {written(claim.wrong)} of {written(claim.points)} points{where}, "
        f"for {share} (rule {rule}, {arithmetic})"
    )


# Covers --------------------------------------------------------------------------------


class Conflicts:
    """Labelled points with weights, and which pairs of opposite balls meet.

    ``most`` is the largest distance of centres whose balls meet, in the units of the
    coordinates: ``|x - x'| <= 2 r`` for closed balls, ``< 2 r`` for open ones, squared in l2.
    """

    def __init__(self, document: Any) -> None:
        stated = document["statement"]
        wanted = {"kind", "norm", "radius", "closed", "points", "dim", "data", "weights", "value"}
        need(isinstance(stated, dict) and set(stated) == wanted, f"the statement must have the keys {sorted(wanted)}")
        need(stated["kind"] == "optimal-robust-error", "the statement has an unknown kind")
        need(stated["norm"] in ("linf", "l1", "l2"), "the norm must be linf, l1 or l2")
        need(type(stated["closed"]) is bool, "closed must be true or false")
        self.norm, self.closed = stated["norm"], stated["closed"]
        self.radius, self.value = fraction(stated["radius"], "radius"), fraction(stated["value"], "value")
        need(self.closed or self.radius > 0, "open balls need a positive radius")
        self.count, self.dim = integer(stated["points"], "points", 1), integer(stated["dim"], "dim", 1)
        self.read_points(document, stated)
        self.read_weights(document["weights"], stated["weights"])
        reach = 2 * self.radius * self.scale
        reach = reach * reach if self.norm == "l2" else reach
        self.most = math.floor(reach) if self.closed else math.ceil(reach) - 1

    def read_points(self, document: Any, stated: Any) -> None:
        """Read the points, which must have the stated hash."""
        self.scale, self.labels, rows = integer(document["scale"], "scale", 1), document["labels"], document["points"]
        need(isinstance(rows, list) and len(rows) == self.count, "there are not as many rows as points")
        need(isinstance(self.labels, list) and len(self.labels) == self.count, "there are not as many labels as points")
        need(all(type(label) is int and abs(label) == 1 for label in self.labels), "labels must be -1 or 1")
        need(all(isinstance(row, list) and len(row) == self.dim for row in rows), "a point has the wrong dimension")
        flat = [value if type(value) is int else signed(value) for row in rows for value in row]
        need(math.gcd(self.scale, *flat) == 1, "the coordinates are not in lowest terms")
        need(stated["data"] == digest(flat, self.labels, self.dim, self.scale), "the points are not those stated")
        cuts = [*range(0, min(self.dim, 32), 8), *range(32, self.dim, 32), self.dim]
        starts = range(0, self.count * self.dim, self.dim)
        self.rows = [[flat[at + a : at + b] for a, b in zip(cuts, cuts[1:])] for at in starts]

    def read_weights(self, weights: Any, stated: Any) -> None:
        """Read the weights, integers over their sum; none stated are all equal."""
        if stated is None:
            need(weights is None, "the weights are not those stated")
            self.weights = [1] * self.count
        else:
            need(isinstance(weights, list) and len(weights) == self.count, "there are not as many weights as points")
            self.weights = [integer(weight, "a weight", 0) for weight in weights]
            text = " ".join(map(hex, self.weights)).encode()
            need(stated == hashlib.sha256(text).hexdigest(), "the weights are not those stated")
            need(math.gcd(*self.weights) == 1, "the weights are not in lowest terms")
        self.total = sum(self.weights)

    def meet(self, i: int, k: int) -> bool:
        """Tell whether the balls around two points have a common point."""
        distance = 0
        for x, y in zip(self.rows[i], self.rows[k]):
            gaps = list(map(sub, x, y))
            if self.norm == "linf":
                distance = max(distance, max(gaps), -min(gaps))
            else:
                distance += sum(map(mul, gaps, gaps)) if self.norm == "l2" else sum(map(abs, gaps))
            if distance > self.most:
                return False
        return distance <= self.most


def signed(text: Any) -> int:
    """Read an integer in hexadecimal text with a sign."""
    sign = -1 if isinstance(text, str) and text.startswith("-") else 1
    need(isinstance(text, str), "a coordinate must be an integer")
    return sign * integer(text[1:] if sign < 0 else text, "a coordinate", 0)


def digest(flat: list[int], labels: list[int], dim: int, scale: int) -> str:
    """Return the hash of points and labels in canonical form."""
    small = max(flat) < 2**63 and min(flat) > -(2**63)
    header = f"{len(labels)} {dim} {scale}{'' if small else ' decimal'}\n".encode()
    return hashlib.sha256(
        header + words(labels) + (words(flat) if small else " ".join(map(str, flat)).encode())
    ).hexdigest()


def words(values: list[int]) -> bytes:
    """Return integers as 64-bit words, the lowest byte first."""
    packed = array("q", values)
    if sys.byteorder == "big":
        packed.byteswap()
    return packed.tobytes()


def lost_at_least(graph: Conflicts, flow: Any) -> int:
    """Return the weight that every classifier loses, by amounts on pairs of opposite points that meet."""
    need(isinstance(flow, list), "the flow must be a list")
    room = list(graph.weights)
    total = 0
    for entry in flow:
        need(
            isinstance(entry, list) and len(entry) == 3,
            "an entry of the flow is a plus point, a minus point, an amount",
        )
        i, k = (integer(index, "an index of the flow", 0, graph.count - 1) for index in entry[:2])
        amount = integer(entry[2], "an amount", 1)
        need(graph.labels[i] == 1 and graph.labels[k] == -1, f"points {i} and {k} are not a plus and a minus point")
        need(graph.meet(i, k), f"the balls around points {i} and {k} do not meet")
        room[i], room[k], total = room[i] - amount, room[k] - amount, total + amount
    over = next((index for index, left in enumerate(room) if left < 0), None)
    need(over is None, f"point {over} carries more than its weight")
    return total


def lost_at_most(graph: Conflicts, cover: Any) -> int:
    """Return the weight of points that touch every conflict."""
    need(isinstance(cover, list), "the cover must be a list")
    chosen = [integer(index, "an index of the cover", 0, graph.count - 1) for index in cover]
    need(all(a < b for a, b in zip(chosen, chosen[1:])), "the cover must increase")
    left_out = set(chosen)
    kept = [index for index in range(graph.count) if index not in left_out]
    minus = [index for index in kept if graph.labels[index] == -1]
    for i in kept:
        if graph.labels[i] == 1:
            k = next((k for k in minus if graph.meet(i, k)), None)
            need(k is None, f"the balls around points {i} and {k} meet, and neither is given up")
    return sum(graph.weights[index] for index in chosen)


def check_cover(document: Any) -> str:
    """Prove an optimal robust error again; return it as one sentence."""
    wanted = {"schema", "statement", "scale", "labels", "points", "weights", "cover", "flow"}
    need(set(document) == wanted, f"a certificate must have the keys {sorted(wanted)}")
    graph = Conflicts(document)
    least, most = lost_at_least(graph, document["flow"]), lost_at_most(graph, document["cover"])
    need(least == most, f"the flow weighs {written(least)} of {written(graph.total)}, the cover {written(most)}")
    need(Fraction(most, graph.total) == graph.value, "the stated value is another one")
    balls = f"{'closed' if graph.closed else 'open'} {graph.norm} balls of radius {graph.radius}"
    law = "equally likely" if document["weights"] is None else "weighted"
    return (
        f"proved: the smallest robust error of any classifier on {graph.count} {law} points in dimension {graph.dim}, "
        f"{balls}, is {graph.value}: {len(document['cover'])} points given up leave no conflict, "
        f"{len(document['flow'])} conflicts cost as much"
    )


# Files ---------------------------------------------------------------------------------


def check(path: str | Path) -> str:
    """Prove the statement of a certificate again; return it as one sentence.

    Raises:
        Rejected: the certificate is malformed or does not prove its statement.
    """
    document = refuse_other(read_json(Path(path)))
    if isinstance(document, dict) and document.get("schema") == COVER_SCHEMA:
        return check_cover(document)
    wanted = {"schema", "statement", "rule"}
    need(isinstance(document, dict) and set(document) == wanted, f"a certificate must have the keys {sorted(wanted)}")
    need(document["schema"] == SCHEMA, "the certificate has an unknown schema")
    claim, rule = read_claim(document["statement"]), document["rule"]
    need(isinstance(rule, str) and rule in RULES[claim.kind], f"the rule is not one for a {claim.kind}")
    return sentence(claim, rule, prove(claim, rule))


def plain(line: str) -> str:
    """Return the line with anything unprintable written out, at most some 500 characters."""
    shown = ascii(line)[1:-1]
    return shown if len(shown) <= 500 else shown[:500] + "..."


def main(arguments: list[str]) -> int:
    """Check the files named on the command line; return the exit code."""
    if not arguments or arguments[0] in ("-h", "--help"):
        print((__doc__ or "").strip())
        return 0 if arguments else 2
    code = 0
    for name in arguments:
        try:
            print(f"{plain(name)}: {check(name)}")
        except (OSError, ValueError, OverflowError, MemoryError, RecursionError) as error:
            print(f"{plain(name)}: rejected: {plain(str(error))}")
            code = 5
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
