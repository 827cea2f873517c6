"""The rows of the table on robust generalization: separated sets, separable ones, and sets on a manifold."""

from __future__ import annotations

from verify.report.table1.lines import Cell, Line, Statement

_SEPARATED = "Separated sets"
_SEPARABLE = "Linearly separable sets"
_MANIFOLD = "Sets on a k-dimensional manifold"
_EXPONENTIAL = Statement("exp(O(d))", r"$\exp(O(d))$")
_NEEDED = Statement("exp(Ω(d))", r"$\exp(\Omega(d))$")

_GRID = {"d": 5, "eps": "1/8"}
_SEPARABLE_GRID = {"d": 6, "eps": "1/8"}
_HALVES = {"data": "hard:d=4,eps=1/8,seed=0", "eps": "1/8", "ratio": "1/2"}
_PLANE = "axis-plane:k=2,d=4"
_TORUS = "torus:k=2,radius=1/2"

_INTERPOLATION = Statement(
    "Õ(((1-c) ε)^(-d)) parameters classify any 2ε-separated sets at radius c ε",
    r"$\tilde O(((1-c)\varepsilon)^{-d})$ suffice at radius $c\varepsilon$",
)
_CELLS = Statement(
    "n^d (6d + 2) + 1, n = ⌊1/(2 (1-c) ε)⌋ + 1, depth 3; or (2d+1) (√(704 n^d) + 6 n d + 4) + 1 with a larger n",
    r"$n^d(6d + 2) + 1$, $n = \lfloor 1/(2(1-c)\varepsilon)\rfloor + 1$, depth 3; or "
    r"$(2d+1)(\sqrt{704\,n^d} + 6nd + 4) + 1$ with a larger $n$",
)
_CELLS_L2 = Statement(
    "n^d (6d + 2) + 1, n = ⌊(1 + 2 c ε) √d/(2 (1-c) ε)⌋ + 1, depth 3; the base grows with √d",
    r"$n^d(6d + 2) + 1$, $n = \lfloor(1 + 2c\varepsilon)\sqrt d/(2(1-c)\varepsilon)\rfloor + 1$, depth 3",
)
_PRINTED_SEPARATED = Statement(
    "Ω((2ε)^(-d/2) (d log 1/(2ε))^(-1/2)) parameters are needed",
    r"$\Omega((2\varepsilon)^{-d/2}(d\log\tfrac{1}{2\varepsilon})^{-1/2})$ needed",
)
_ROOT = Statement(
    "about 2 √m needed, m = (⌊1/(2ε)⌋ + 1)^d, without a logarithm; √(704 m) + 6 q d suffice on that grid",
    r"$2\sqrt{m}(1-o(1))$ needed, $m = (\lfloor 1/(2\varepsilon)\rfloor + 1)^d$; "
    r"$\sqrt{704\,m} + 6qd$ suffice on that grid",
)
_EXTRACTION = Statement(
    "√(704 m) + 6 q (d-1) suffice on the hard family, m = (⌊1/(2ε)⌋ + 1)^(d-1)",
    r"$\sqrt{704\,m} + 6q(d-1)$ suffice on the hard family, $m = (\lfloor 1/(2\varepsilon)\rfloor + 1)^{d-1}$",
)
_PRINTED_SEPARABLE = Statement(
    "Ω((2ε)^(-(d-1)/6)) parameters are needed, for a robust error of at most α < 1/4",
    r"$\Omega((2\varepsilon)^{-(d-1)/6})$ needed, robust error at most $\alpha < \tfrac14$",
)
_HALF_EXPONENT = Statement(
    "about 2 √((1 - H(α)) m) needed, m = (⌊1/(2ε)⌋ + 1)^(d-1), for every α < 1/2",
    r"$2\sqrt{(1-H(\alpha))\,m}(1-o(1))$ needed, $m = (\lfloor 1/(2\varepsilon)\rfloor + 1)^{d-1}$, "
    r"every $\alpha < \tfrac12$",
)
_PROJECTION = Statement(
    "Õ(((1-c) ε/√d)^(-k~)) parameters, k~ = O(k log d), against attacks on the manifold",
    r"$\tilde O(((1-c)\varepsilon/\sqrt d)^{-\tilde k})$ suffice, $\tilde k = O(k\log d)$, attacks on the manifold",
)
_COVER = Statement(
    "Cov(M, η) (6d + 2) + 1, η < (1-c) ε, depth 3, against attacks that leave the manifold",
    r"$\mathrm{Cov}_\infty(M, \eta)(6d + 2) + 1$ suffice, $\eta < (1-c)\varepsilon$, depth 3, attacks may leave $M$",
)
_PRINTED_MANIFOLD = Statement(
    "Ω((2ε √(d/k))^(-k/2)) parameters are needed on every compact M of Ricci curvature ≥ 0",
    r"$\Omega((2\varepsilon\sqrt{d/k})^{-k/2})$ needed, $M$ compact of Ricci curvature $\ge 0$",
)
_PACKING = Statement(
    "about 2 √((1 - H(α)) Pack(M, 2ε)) needed, any set M",
    r"$2\sqrt{(1-H(\alpha))\,\mathrm{Pack}_\infty(M, 2\varepsilon)}(1-o(1))$ needed, any set $M$",
)

GENERALIZATION = (
    Cell(
        "separated-upper",
        _SEPARATED,
        "upper",
        _EXPONENTIAL,
        "3.3",
        (
            Line(
                "printed-linf",
                "printed",
                "robust-classifier-as-printed",
                _INTERPOLATION,
                "parameters",
                beside=("separated-upper", "ours-linf"),
            ),
            Line(
                "printed-l2",
                "printed",
                "robust-classifier-as-printed",
                _INTERPOLATION,
                "parameters",
                {"norm": "l2"},
                ("separated-upper", "ours-l2"),
            ),
            Line(
                "failing-l2",
                "failing",
                "robust-classifier-as-printed",
                _INTERPOLATION,
                "parameters",
                {"instance": "erratum", "norm": "l2"},
            ),
            Line("ours-linf", "ours", "robust-classifier", _CELLS, "parameters"),
            Line("ours-l2", "ours", "robust-classifier", _CELLS_L2, "parameters", {"norm": "l2"}),
        ),
    ),
    Cell(
        "separated-lower",
        _SEPARATED,
        "lower",
        _NEEDED,
        "3.4",
        (
            Line(
                "printed",
                "printed",
                "hard-separated-sets-as-printed",
                _PRINTED_SEPARATED,
                "size_bound",
                _GRID,
                ("separated-lower", "ours"),
            ),
            Line(
                "failing",
                "failing",
                "hard-separated-sets-as-printed",
                _PRINTED_SEPARATED,
                "size_bound",
                {"instance": "erratum"},
            ),
            Line("ours", "ours", "hard-separated-sets", _ROOT, "size_bound", _GRID),
            Line("ours-l2", "ours", "hard-separated-sets", _ROOT, "size_bound", {**_GRID, "norm": "l2"}),
        ),
    ),
    Cell(
        "separable-upper",
        _SEPARABLE,
        "upper",
        _EXPONENTIAL,
        "3.3",
        (
            Line(
                "printed",
                "printed",
                "robust-classifier-as-printed",
                _INTERPOLATION,
                "parameters",
                _HALVES,
                ("separable-upper", "ours"),
            ),
            Line(
                "ours",
                "ours",
                "hard-linearly-separable-sets",
                _EXTRACTION,
                "parameters",
                {"d": 4, "eps": "1/8", "error": "0"},
            ),
        ),
    ),
    Cell(
        "separable-lower",
        _SEPARABLE,
        "lower",
        _NEEDED,
        "4.3",
        (
            Line(
                "printed",
                "printed",
                "hard-linearly-separable-sets-as-printed",
                _PRINTED_SEPARABLE,
                "printed_order",
                _SEPARABLE_GRID,
                ("separable-lower", "ours"),
            ),
            Line(
                "failing",
                "failing",
                "hard-linearly-separable-sets-as-printed",
                _PRINTED_SEPARABLE,
                "printed_classes",
                {"instance": "erratum"},
            ),
            Line("ours", "ours", "hard-linearly-separable-sets", _HALF_EXPONENT, "size_bound", _SEPARABLE_GRID),
            Line(
                "ours-l2",
                "ours",
                "hard-linearly-separable-sets",
                _HALF_EXPONENT,
                "size_bound",
                {**_SEPARABLE_GRID, "norm": "l2"},
            ),
        ),
    ),
    Cell(
        "manifold-upper",
        _MANIFOLD,
        "upper",
        Statement("exp(O(k))", r"$\exp(O(k))$"),
        "5.5",
        (
            Line(
                "printed-plane",
                "printed",
                "robust-classifier-on-manifold-as-printed",
                _PROJECTION,
                "parameters",
                {"manifold": _PLANE, "eps": "1/8"},
                ("manifold-upper", "ours-plane"),
            ),
            Line(
                "ours-plane",
                "ours",
                "robust-classifier-on-manifold",
                _COVER,
                "parameters",
                {"manifold": _PLANE, "eps": "1/8"},
            ),
            Line(
                "ours-torus",
                "ours",
                "robust-classifier-on-manifold",
                _COVER,
                "parameters",
                {"manifold": _TORUS, "eps": "1/8"},
            ),
        ),
    ),
    Cell(
        "manifold-lower",
        _MANIFOLD,
        "lower",
        Statement("exp(Ω(k))", r"$\exp(\Omega(k))$"),
        "5.8",
        (
            Line(
                "printed-torus",
                "printed",
                "hard-manifold-sets-as-printed",
                _PRINTED_MANIFOLD,
                "size_bound",
                {"manifold": _TORUS, "eps": "1/16"},
                ("manifold-lower", "ours-torus"),
            ),
            Line(
                "failing-torus",
                "failing",
                "hard-manifold-sets-as-printed",
                _PRINTED_MANIFOLD,
                "size_bound",
                {"instance": "erratum"},
            ),
            Line(
                "ours-torus",
                "ours",
                "hard-manifold-sets",
                _PACKING,
                "size_bound",
                {"manifold": _TORUS, "eps": "1/16"},
            ),
        ),
    ),
)
