"""Guesses at the standard input of a program: its syntax tree is walked as it would run, and each read gives a line.

What happens to a line says what it holds (`lines`): `int(input())` a number, `a, b = map(int, input().split())` two of
them, `for _ in range(n)` makes n small and its body read n times, a comparison that guards a `break` gives the line
that ends a loop. Nothing of the program runs: what is not understood is unknown, and a branch that depends on it goes
either way. Whether a guess fits is found by running the program on it, which is the caller's business.
"""

from models.programs.stdin.guess import texts
from models.programs.stdin.hints import reading

__all__ = ["reading", "texts"]
