"""The row of the table on robust training: N points in dimension d, memorized at radius delta."""

from __future__ import annotations

from verify.report.table1.lines import Cell, Line, Statement

_DATA = "random:n=32,d=16,levels=16,seed=0,shrink=4"
_SIZES = {"n": 32, "d": 16}
_SETTING = "Robust training"

_PRINTED_UPPER = Statement(
    "O(N d log(d/δ) + N polylog(N/δ)) parameters memorize N points with radius δ < ε/2",
    r"$O(N d \log(d/\delta) + N \operatorname{polylog}(N/\delta))$ suffice, $\delta < \varepsilon/2$",
)
_BUMPS = Statement(
    "m (3 min(2d, k) + 2) + 1, every δ < ε, depth 3; m and k are the sizes of the two classes, m ≤ k",
    r"$m(3\min(2d, k) + 2) + 1$ suffice, every $\delta < \varepsilon$, depth 3, classes of sizes $m \le k$",
)
_SQUARES = Statement(
    "m (d + 3) + 1 + 8 d q + q, every δ < ε, q = O(log(d M²/(ε (ε - δ))))",
    r"$m(d + 3) + 1 + 8dq + q$ suffice, every $\delta < \varepsilon$, "
    r"$q = O(\log(dM^2/(\varepsilon(\varepsilon-\delta))))$",
)
_PRINTED_LOWER = Statement(
    "Ω(√(N d)) parameters are needed for all sets of N points, at any radius",
    r"$\Omega(\sqrt{Nd})$ needed for all sets of $N$ points, at any radius",
)
_WIDTH_LINF = Statement(
    "more than 2 min(N-1, d) - 2 needed from ratio 1/2, and about 2 √(⌊N/2⌋ (1 + ⌊log₂(d+1)⌋)) for large N",
    r"more than $2\min(N-1, d) - 2$ needed for $\rho \ge \tfrac12$, and "
    r"$2\sqrt{\lfloor N/2\rfloor(1 + \lfloor\log_2(d+1)\rfloor)}(1 - o(1))$",
)
_WIDTH_L2 = Statement(
    "more than 2 ⌊ρ² min(N-1, d)⌋ needed, and about 2 √(⌊N/2⌋ min(d, ⌊1/(1 - ρ²)⌋)) for large N",
    r"more than $2\lfloor\rho^2\min(N-1, d)\rfloor$ needed, and "
    r"$2\sqrt{\lfloor N/2\rfloor\min(d, \lfloor 1/(1-\rho^2)\rfloor)}(1 - o(1))$",
)
_SMALL_LINF = Statement(
    "more than 2 ⌊min(N-1, d) ρ²/(ρ² + (1-ρ)²)⌋ needed at every ratio ρ below 1/2",
    r"more than $2\lfloor\min(N-1, d)\,\rho^2/(\rho^2 + (1-\rho)^2)\rfloor$ needed for $\rho < \tfrac12$",
)
_SMALL_L2 = Statement(
    "more than 2 ⌊ρ² min(N-1, d)⌋ needed at every ratio ρ",
    r"more than $2\lfloor\rho^2\min(N-1, d)\rfloor$ needed at every ratio $\rho$",
)


def _memorizer(name: str, theorem: str, statement: Statement, ratio: str, **more: str) -> Line:
    role = "ours" if theorem.startswith("robust-memorization-l") else "printed"
    beside = ("training-lower", f"ours-{name.rpartition('-')[2]}-{'small' if ratio == '3/7' else 'large'}")
    options = {"data": _DATA, "ratio": ratio, **more}
    return Line(name, role, theorem, statement, "parameters", options, beside)  # type: ignore[arg-type]


def _bound(name: str, norm: str, statement: Statement, claim: str, ratio: str) -> Line:
    return Line(name, "ours", f"memorization-size-bound-{norm}", statement, claim, {**_SIZES, "ratio": ratio})


def _printed_bound(name: str, norm: str, ratio: str, beside: str) -> Line:
    options = {**_SIZES, "norm": norm, "ratio": ratio}
    return Line(
        name, "printed", "memorization-size-bound", _PRINTED_LOWER, "printed_order", options, ("training-lower", beside)
    )


TRAINING = (
    Cell(
        "training-upper",
        _SETTING,
        "upper",
        Statement("Õ(N d)", r"$\tilde O(Nd)$"),
        "2.2",
        (
            _memorizer("printed-linf", "robust-memorization", _PRINTED_UPPER, "3/7", norm="linf"),
            _memorizer("printed-l2", "robust-memorization", _PRINTED_UPPER, "3/7", norm="l2"),
            _memorizer("ours-linf", "robust-memorization-linf", _BUMPS, "1/2", construction="literals"),
            _memorizer("ours-l2", "robust-memorization-l2", _SQUARES, "9/10", construction="shared-square"),
        ),
    ),
    Cell(
        "training-lower",
        _SETTING,
        "lower",
        Statement("Ω(√(N d))", r"$\Omega(\sqrt{Nd})$"),
        "2.3",
        (
            _printed_bound("printed-linf", "linf", "1/2", "ours-linf-large"),
            _printed_bound("printed-l2", "l2", "9/10", "ours-l2-large"),
            Line(
                "failing-linf",
                "failing",
                "memorization-size-bound",
                _PRINTED_LOWER,
                "printed_order",
                {"instance": "erratum", "norm": "linf"},
            ),
            Line(
                "failing-l2",
                "failing",
                "memorization-size-bound",
                _PRINTED_LOWER,
                "printed_order",
                {"instance": "erratum", "norm": "l2"},
            ),
            _bound("ours-linf-large", "linf", _WIDTH_LINF, "width_bound", "1/2"),
            _bound("ours-linf-small", "linf", _SMALL_LINF, "width_bound", "3/7"),
            _bound("ours-l2-large", "l2", _WIDTH_L2, "width_bound", "9/10"),
            _bound("ours-l2-small", "l2", _SMALL_L2, "width_bound", "3/7"),
        ),
    ),
)
