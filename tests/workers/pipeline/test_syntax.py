from __future__ import annotations

import pytest

from workers.pipeline.syntax import laid_out, normalized

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


def test_a_program_too_deep_to_lay_out_keeps_its_text() -> None:
    deep = "x = " + "1+" * 900 + "1"
    assert normalized(deep) in (None, deep)
    assert laid_out(deep) in (None, deep.replace("+", " + "))
