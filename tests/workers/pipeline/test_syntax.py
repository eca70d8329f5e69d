from __future__ import annotations

import pytest

from workers.pipeline.syntax import laid_out, normalized, parse, stray, values_laid_out

PROGRAM = "def f(x):\n    return [x, 1]\n"


@pytest.mark.parametrize(
    "other",
    [
        "# comment\ndef f(x):\n\n  return [x,1]  # done",
        '"""Module."""\ndef f(x):\n    """Doc."""\n    return [\n        x,\n        1,\n    ]',
        "def f( x ): return [x, 1]",
    ],
)
def test_layout_comments_and_docstrings_do_not_tell_programs_apart(other: str) -> None:
    assert normalized(other) == normalized(PROGRAM)


@pytest.mark.parametrize(
    "other", ["def f(y):\n    return [y, 1]", "def f(x):\n    return [x, 1.0]", "def f(x):\n    return [x, True]"]
)
def test_names_and_literals_tell_programs_apart(other: str) -> None:
    assert normalized(other) != normalized(PROGRAM)


def test_text_that_does_not_parse_has_no_normal_form() -> None:
    assert normalized("def f(") is None


@pytest.mark.parametrize(
    "source", ["def f(x):\n  'doc'\n  # c\n  return (x)", "class A:\n    'doc'", "'doc'", "a=1; b=2"]
)
def test_laying_out_drops_comments_and_docstrings_and_settles(source: str) -> None:
    once = laid_out(source)
    assert once is not None
    assert laid_out(once) == once
    assert "doc" not in once
    assert "#" not in once


@pytest.mark.parametrize("depth", [100, 300, 900, 3_000, 30_000])
def test_no_depth_raises(depth: int) -> None:
    deep = "x = " + "1+" * depth + "1"
    parsed = not isinstance(parse(deep), str)
    assert (normalized(deep) is not None) == parsed
    assert laid_out(deep) in (None, deep.replace("+", " + "))


@pytest.mark.parametrize(
    ("text", "laid"),
    [
        ('"a", {27:39}', "'a', {27: 39}"),
        ("(1, )", "(1,)"),
        ("[1,\n 2]  # two", "[1, 2]"),
        ('"it\'s"', '"it\'s"'),
        ("", ""),
        ("k=1", "k=1"),
        ("1)(2", None),
        (") + f(", None),
        ("1; x", None),
        ("1\x00", None),
    ],
)
def test_values_have_one_layout(text: str, laid: str | None) -> None:
    assert values_laid_out(text) == laid


@pytest.mark.parametrize("value", ["it's \"so\"\n", "é\u3000\x00", [1.5, -2, None], {"a": (1,)}, b"x\xff", 1e300, True])
def test_the_repr_of_a_value_is_its_layout(value: object) -> None:
    assert values_laid_out(repr(value)) == repr(value)


@pytest.mark.parametrize(
    "source",
    [
        "return 1", "def f():\n    pass\nreturn 1", "for x in y:\n    if x:\n        return x",
        "class A:\n    return 1", "yield 1", "print((yield))", "x = [1]\nyield from x", "await f()",
        "class A:\n    def f(self):\n        return 1", "def f():\n    def g():\n        return 1\n    return g",
        "f = lambda: (yield)", "print(1)", "def f():\n    yield 1", "async def f():\n    await g()\n    return 1",
        "if x:\n    def f():\n        return 1",
    ],
)  # fmt: skip
def test_what_belongs_into_a_function_is_found_outside_of_one_as_python_itself_would(source: str) -> None:
    try:
        compile(source, "x", "exec")
    except SyntaxError:
        refused = True
    else:
        refused = False
    tree = parse(source)
    assert not isinstance(tree, str)
    assert (stray(tree) is not None) is refused
