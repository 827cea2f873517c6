"""Plans: axes crossed and side by side, exact values, and refusals that name file, table and key."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constructions.errors import UsageError
from verify.command.check_theorem import command as check_command
from verify.sweep.axes import axis_values, combinations, fill_in
from verify.sweep.instance_options import OPTIONS, accepted_options
from verify.sweep.limits import Limits, parse_size
from verify.sweep.plan import parse_plan, read_plan
from verify.theorems.registry import theorems

NOT_OF_THE_INSTANCE = {"theorem", "max-memory", "json", "output", "quiet", "verbose", "timeout"}


def parameters(text: str) -> list[dict]:
    return [planned.job.parameters for planned in parse_plan(text).jobs]


def test_axes_are_crossed_the_last_one_fastest() -> None:
    found = parameters(
        """
        [[sweep]]
        theorem = ["robust-memorization-linf", "2.2"]
        ratio = [0.1, "1/2"]
        seed = "0:2"
        """
    )
    order = [(job["theorem"], job["ratio"], job["seed"]) for job in found]
    assert order == [
        (theorem, ratio, seed)
        for theorem in ("robust-memorization-linf", "robust-memorization")
        for ratio in ("1/10", "1/2")
        for seed in (0, 1)
    ]


def test_axes_side_by_side_and_values_filled_in() -> None:
    found = parameters(
        """
        [[sweep]]
        theorem = "robust-memorization-l2"
        data = ["random:n={n},d={d},seed={s}", "iris:1-2"]
        zip = [["n", "d"]]
        each = { n = [4, 8], d = [1, 2], s = "3:5" }
        """
    )
    texts = [job["data"] for job in found]
    assert texts == [f"random:n={n},d={d},seed={s}" for n, d in ((4, 1), (8, 2)) for s in (3, 4)] + ["iris:1-2"]


def test_what_is_said_twice_is_done_once() -> None:
    plan = parse_plan(
        """
        [[sweep]]
        theorem = ["2.2", "thm:robust-memorization"]
        ratio = ["1/2", 0.5, "2/4", "0.50"]
        trim = [0, 1]
        instance = "default"
        [[sweep]]
        theorem = "2.2"
        ratio = 0.5
        seed = 0
        """
    )
    assert [job.job.parameters.get("trim", 0) for job in plan.jobs] == [0, 1] and plan.repeated == 15


def test_an_absent_seed_is_the_one_given() -> None:
    text = "[[sweep]]\ntheorem = '1.1'"
    assert [plan.jobs[0].job.parameters for plan in (parse_plan(text), parse_plan(text, seed=7))] == [
        {"theorem": "separation", "seed": 0},
        {"theorem": "separation", "seed": 7},
    ]


def test_limits_are_those_of_the_table_or_of_the_plan_and_change_no_key() -> None:
    text = (
        "[limits]\nseconds = 2.5\nmemory = '1GiB'\n[[sweep]]\ntheorem = '1.1'\n[[sweep]]\ntheorem = '2.1'\nseconds = 7"
    )
    plan = parse_plan(text)
    assert [planned.limits for planned in plan.jobs] == [Limits(2.5, 2**30), Limits(7.0, 2**30)]
    assert plan.jobs[0].job == parse_plan("[[sweep]]\ntheorem = '1.1'").jobs[0].job


def test_a_changed_file_makes_another_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = "[[sweep]]\ntheorem = '1.1'\ndata = 'points.csv'"
    keys = []
    for row in ("0,1\n1,-1\n", "0,1\n2,-1\n", "0,1\n1,-1\n"):
        Path("points.csv").write_text("x,label\n" + row)
        keys.append(parse_plan(text).jobs[0].job.key)
    assert keys[0] == keys[2] != keys[1]


def test_every_option_of_check_is_an_axis() -> None:
    spellings = [option.opts for option in check_command.params if option.param_type_name == "option"]
    names = {next(name for name in opts if name.startswith("--")).removeprefix("--") for opts in spellings}
    assert names - NOT_OF_THE_INSTANCE == set(OPTIONS)
    arguments = {option.argument for option in OPTIONS.values()}
    for statement in theorems():
        assert set(statement.options) <= arguments
        assert {OPTIONS[name].argument for name in accepted_options(statement)} >= set(statement.options)


REFUSED = {
    "[[sweep]\n": ("not TOML",),
    "": ("there is no table [[sweep]]",),
    "sweep = 3": ("there is no table [[sweep]]",),
    "sweeps = []": ("sweeps: unknown key", "accepted: sweep, limits"),
    "limits = 3\n[[sweep]]\ntheorem = '2.2'": ("limits",),
    "[limits]\nminutes = 1\n[[sweep]]\ntheorem = '2.2'": ("table [limits]: minutes: unknown key", "seconds, memory"),
    "[limits]\nseconds = 0\n[[sweep]]\ntheorem = '2.2'": ("table [limits]: seconds", "0"),
    "[limits]\nseconds = nan\n[[sweep]]\ntheorem = '2.2'": ("seconds", "nan"),
    "[limits]\nmemory = 'lots'\n[[sweep]]\ntheorem = '2.2'": ("'lots' is not a size",),
    "[[sweep]]\nratio = 0.5": ("number 1", "theorem: is missing"),
    "[[sweep]]\ntheorem = '2.2'\n[[sweep]]\ntheorem = '9.9'": ("number 2", "9.9", "rproof list"),
    "[[sweep]]\ntheorem = 2.2\nratios = 0.5": ("number 1: ratios: unknown key", "ratio"),
    "[[sweep]]\ntheorem = '2.2'\nratio = ['a']": ("ratio: value 'a' is not an exact number",),
    "[[sweep]]\ntheorem = '2.2'\nratio = [true]": ("ratio: True is not an exact number",),
    "[[sweep]]\ntheorem = '2.2'\nratio = nan": ("ratio", "nan"),
    "[[sweep]]\ntheorem = '2.2'\nratio = []": ("ratio: [] has no values",),
    "[[sweep]]\ntheorem = '2.2'\nseed = '3:3'": ("seed: '3:3' has no values",),
    "[[sweep]]\ntheorem = '2.2'\nseed = '0:99999999'": ("seed", "99,999,999"),
    "[[sweep]]\ntheorem = '2.2'\nseed = '-1:3'": ("seed: -1 is not an integer of at least 0",),
    f"[[sweep]]\ntheorem = '2.2'\nseed = {'9' * 5000}": ("not TOML",),
    "[[sweep]]\ntheorem = '2.2'\neach = " + "[" * 5000: ("not TOML",),
    "[[sweep]]\ntheorem = '2.2'\nseed = 0.5": ("seed: '0.5' is not an integer",),
    "[[sweep]]\ntheorem = '2.2'\nnorm = 'l3'": ("norm: 'l3' is unknown; choose linf, l1, l2",),
    "[[sweep]]\ntheorem = 'robust-memorization-l1'\nnorm = ['l1', 'l2']": (
        "robust-memorization-l1 is about l1, not l2",
    ),
    "[[sweep]]\ntheorem = 'robust-memorization-l1'\ninstance = 'erratum'": ("has no failing instance",),
    "[[sweep]]\ntheorem = '2.2'\ninstance = 'other'": ("instance: 'other'", "default, erratum"),
    "[[sweep]]\ntheorem = '2.2'\nconstruction = 'boxes'": ("construction: 'boxes' is unknown", "box, ", "all"),
    "[[sweep]]\ntheorem = '2.2'\ndata = 'digts'": ("data: unknown data source 'digts'", "digits, breast-cancer"),
    "[[sweep]]\ntheorem = '2.2'\ndata = 'none.csv'": ("data: there is no file none.csv",),
    "[[sweep]]\ntheorem = '2.2'\nd = 3": ("d: robust-memorization takes no such option; it takes data", "radius"),
    "[[sweep]]\ntheorem = '5.5'\nmanifold = 'torus:k=0'": ("manifold", "k"),
    "[[sweep]]\ntheorem = '5.5'\nmanifold = 'sphere:radius=0'": ("manifold",),
    "[[sweep]]\ntheorem = '3.2'\nsets = 'box:n=3'": ("sets: unknown data source 'box'",),
    "[[sweep]]\ntheorem = '4.1'\nnetwork = 'net.pt'": ("network: 'net.pt' is not a network file",),
    "[[sweep]]\ntheorem = '2.2'\ndata = 'random:n={n}'": ("{n} is not listed in the table each",),
    "[[sweep]]\ntheorem = '2.2'\neach = { n = [3] }": ("each.n: {n} stands in no text",),
    "[[sweep]]\ntheorem = '2.2'\ndata = 'random:n={n}'\neach = { n = [true] }": ("each.n",),
    "[[sweep]]\ntheorem = '2.2'\neach = 3": ("each: write a table",),
    "[[sweep]]\ntheorem = '2.2'\ndata = 'random:n={seed}'\neach = { seed = 3 }\nseed = 3": (
        "each.seed",
        "another name",
    ),
    "[[sweep]]\ntheorem = '2.2'\nseed = '0:3'\nratio = [0.1, 0.2]\nzip = ['seed', 'ratio']": (
        "seed has 3, ratio has 2",
    ),
    "[[sweep]]\ntheorem = '2.2'\nseed = '0:3'\nzip = ['seed', 'radius']": ("zip: 'radius' is no axis", "theorem, seed"),
    "[[sweep]]\ntheorem = '2.2'\nseed = '0:3'\nzip = [['seed'], ['seed']]": ("zip: 'seed' is named twice",),
    "[[sweep]]\ntheorem = '2.2'\nzip = 'seed'": ("zip", "list"),
    "[[sweep]]\ntheorem = '2.2'\nseed = '0:1001'\neps = 1\nratio = 0.5\ntrim = '0:1000'": ("1,001,000 combinations",),
}


@pytest.mark.parametrize("text", REFUSED)
def test_a_plan_that_does_not_fit_is_refused_by_file_table_and_key(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_plan(text, "my-plan.toml")
    message = str(caught.value)
    assert message.startswith("my-plan.toml") and all(part in message for part in REFUSED[text]), message


def test_a_missing_or_binary_plan_is_named(tmp_path: Path) -> None:
    (tmp_path / "plan.toml").write_bytes(b"\xff\xfe\x00")
    for name, reason in (("none.toml", "no file"), ("plan.toml", "not UTF-8")):
        with pytest.raises(UsageError, match=reason):
            read_plan(tmp_path / name)


@given(st.fractions(max_denominator=10**6))
def test_exact_values_stay_what_they_are(value: Fraction) -> None:
    (job,) = parameters(f"[[sweep]]\ntheorem = '2.2'\neps = '{value}'")
    assert Fraction(job["eps"]) == value


@given(st.integers(0, 10**9), st.text("0123456789", min_size=1, max_size=40))
def test_decimals_of_a_plan_are_never_rounded(whole: int, decimals: str) -> None:
    (job,) = parameters(f"[[sweep]]\ntheorem = '2.2'\neps = {whole}.{decimals}")
    assert Fraction(job["eps"]) == whole + Fraction(int(decimals), 10 ** len(decimals))


@given(st.lists(st.integers(1, 4), min_size=1, max_size=4))
def test_the_number_of_combinations_is_the_product(lengths: list[int]) -> None:
    axes = {f"a{place}": list(range(length)) for place, length in enumerate(lengths)}
    found = [tuple(chosen.values()) for chosen in combinations(axes, [])]
    expected = 1
    for length in lengths:
        expected *= length
    assert len(found) == len(set(found)) == expected and found == sorted(found)


VALUES = st.recursive(
    st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from(["0.5", "nan", "inf", "1979-05-27"])
    | st.sampled_from(
        ['"1/2"', '"0:2"', '"3:1"', '"{n}"', '"linf"', '"random:n={n}"', '"all"', '"x.csv"', '""', '"2.2"']
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["n", "seed", "é"]), inner, max_size=2),
    max_leaves=4,
)


def toml(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{key}" = {toml(item)}' for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return str(value).lower() if isinstance(value, bool) else str(value)


@given(
    st.dictionaries(st.sampled_from([*OPTIONS, "theorem", "each", "zip", "seconds", "memory", "x"]), VALUES, max_size=4)
)
def test_a_plan_is_read_or_refused_and_nothing_else(table: dict) -> None:
    text = "[[sweep]]\n" + "".join(f"{key} = {toml(value)}\n" for key, value in ({"theorem": '"2.2"'} | table).items())
    try:
        plan = parse_plan(text)
    except UsageError as error:
        assert str(error).startswith("plan")
    else:
        assert plan.jobs and all(planned.job.kind == "check" for planned in plan.jobs)


def test_ranges_are_for_integers_only() -> None:
    assert axis_values(["0:3", "5", 7], True) == [0, 1, 2, "5", 7]
    assert axis_values("0:3", False) == ["0:3"]
    assert fill_in("a{x}b{y}{x}", {"x": 1, "y": "q"}) == ("a1bq1", {"x", "y"})


@pytest.mark.parametrize(("text", "size"), [("5", 5), ("500M", 500 * 2**20), ("12GiB", 12 * 2**30), ("1 kb", 1024)])
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size
