"""A copy does what the program does, and what is told of it is told back under the program's own names."""

from __future__ import annotations

import ast

import pytest

from workers.pipeline.rename import ASSIGNED, LOOPED, PARAMETERS, copy
from workers.pipeline.types import Prediction

LOOP = """\
def f(odd1, odd2):
    total_2 = [0]
    for one in odd1:
        total_2.append(one * odd2)
    return total_2"""


def names(code: str) -> set[str]:
    """All names of a program that are no attributes."""
    nodes = list(ast.walk(ast.parse(code)))
    return {n.id for n in nodes if isinstance(n, ast.Name)} | {n.arg for n in nodes if isinstance(n, ast.arg)}


def test_a_copy_has_usual_names_and_is_else_the_same() -> None:
    made = copy(LOOP, "[1], 2", 1)
    assert names(made.code).isdisjoint(names(LOOP))
    assert sorted(made.names.values()) == ["odd1", "odd2", "one", "total_2"]
    usual = dict.fromkeys(["odd1", "odd2"], PARAMETERS) | {"one": LOOPED, "total_2": ASSIGNED}
    assert all(name in usual[own] for name, own in made.names.items())
    back = made.code
    for name, own in made.names.items():
        tree = ast.parse(back)
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and node.id == name:
                node.id = own
            if isinstance(node, ast.arg) and node.arg == name:
                node.arg = own
        back = ast.unparse(tree)
    assert back == LOOP


@pytest.mark.parametrize("seed", range(40))
def test_no_two_names_become_one(seed: int) -> None:
    made = copy("def f(odd, b, c, *d, e=1, **g):\n    h = [b for c in d]\n    return odd, h", "1, b=2, q=3", seed)
    ast.parse(made.code)
    assert len(set(made.names)) == len(made.names) == 6
    assert {"b", "q"}.isdisjoint(made.names)


def test_a_seed_gives_one_copy_and_seeds_give_many() -> None:
    assert copy(LOOP, "", 3) == copy(LOOP, "", 3)
    assert len({copy(LOOP, "", seed).code for seed in range(20)}) > 15


@pytest.mark.parametrize(
    ("code", "given", "kept"),
    [
        ("def f(a, b):\n    return a - b", "1, b=2", {"b"}),
        ("def g(x):\n    return x\n\ndef f(y):\n    return g(x=y)", "1", {"x"}),
        ("n = 0\n\ndef f(y):\n    global n\n    n += y\n    return n", "1", {"n"}),
        ("import math as m\n\ndef f(y):\n    return m.floor(y)", "1", {"m"}),
        ("def f(y):\n    try:\n        return 1 / y\n    except ValueError as e:\n        return str(e)", "0", {"e"}),
        ("def f(y):\n    match y:\n        case [first, *rest]:\n            return rest", "[1]", {"first", "rest"}),
        ("def f(list):\n    return sum(list)", "[1]", {"list"}),
        ("def f(_, y):\n    return y", "1, 2", {"_"}),
        ("def f(odd, b):\n    return odd", "1, b=2", {"b"}),
        ("def f(Exception, y):\n    return y", "1, 2", {"Exception"}),
    ],
)
def test_names_that_something_else_goes_by_are_kept(code: str, given: str, kept: set[str]) -> None:
    made = copy(code, given, 1)
    assert kept <= names(made.code) | set(made.code.replace("(", " ").replace(",", " ").replace("[", " ").split())
    assert kept.isdisjoint(made.names.values())
    assert kept.isdisjoint(made.names)


def test_what_is_called_keeps_its_name_however_it_is_bound() -> None:
    made = copy("f = lambda odd1: odd1 + 1", "1", 1, "f")
    assert list(made.names.values()) == ["odd1"]
    assert made.code.startswith("f = ")


@pytest.mark.parametrize(
    "code",
    [
        "class A:\n    b = 1\n\ndef f(y):\n    return A.b + y",
        "def f(y):\n    return sorted(locals())",
        "def g(odd):\n    return odd\n\ndef f(y):\n    return g(**{'odd': y})",
        "def f(y):\n    return f.__code__.co_varnames",
        "def f(y):\n    try:\n        return z\n    except NameError as e:\n        return str(e)",
        "def f(odd):\n    return odd" + " + 1" * 1000,
        "def f(:",
        "",
    ],
)
def test_where_names_are_looked_at_or_there_are_none_nothing_is_changed(code: str) -> None:
    made = copy(code, "1", 1)
    assert (made.code, made.names) == (code, {})
    assert made.under_own_names(Prediction(narrative="b = 1")).narrative == "b = 1"


def test_a_function_with_more_parameters_than_there_are_usual_names_has_as_many_names() -> None:
    many = [f"odd{number}" for number in range(len(PARAMETERS) + 20)]
    made = copy(f"def f({', '.join(many)}):\n    return {' + '.join(many)}", "", 1)
    assert len(made.names) == len(many)
    ast.parse(made.code)


def test_source_lines_come_back_as_they_were_texts_stay_and_attributes_too() -> None:
    code = "def f(odd1):\n    odd2 = odd1.odd1\n    return f'{odd2} odd1'"
    made = copy(code, "", 1)
    first, second = (next(name for name, own in made.names.items() if own == wanted) for wanted in ("odd1", "odd2"))
    steps = [f"{second} = {first}.odd1  # {second} = b'{first}', {first}.{second}"]
    told = "\n".join([*steps, f"return f'{{{second}}} odd1'  # '{second} odd1'"])
    assert made.under_own_names(Prediction(narrative=told)).narrative == (
        f"odd2 = odd1.odd1  # odd2 = b'{first}', odd1.{second}\nreturn f'{{odd2}} odd1'  # '{second} odd1'"
    )


def test_a_text_that_holds_the_mark_of_a_step_stays_whole() -> None:
    made = copy("def f(odd1):\n    odd2 = 'odd1  # odd1' + odd1\n    return odd2", "'a'", 1)
    line = made.code.split("\n")[1].strip()
    (name,) = (name for name, own in made.names.items() if own == "odd2")
    told = f"{line}  # {name} = 'odd1  # odd1a'"
    back = made.under_own_names(Prediction(narrative=told)).narrative
    assert back == "odd2 = 'odd1  # odd1' + odd1  # odd2 = 'odd1  # odd1a'"
