"""Lines in which objects of the program write down what is asked of them."""

from __future__ import annotations

LOGGED = """LOG = []

def said(what, value=0):
    LOG.append(what)
    return value

class Box:
    def __init__(self, *items):
        self.items = list(items)
    def __getitem__(self, index):
        LOG.append(('get', index))
        return self.items[index]
    def __setitem__(self, index, value):
        LOG.append(('set', index, value))
        self.items[index] = value

class Number:
    def __init__(self, x):
        self.x = x
    def __add__(self, other):
        LOG.append(('add', self.x, other))
        return self.x + other
    __radd__ = __add__
    def __iadd__(self, other):
        LOG.append(('iadd', self.x, other))
        return Number(self.x + other)
    def __repr__(self):
        return f'Number({self.x})'

class Key:
    def __hash__(self):
        LOG.append('hash')
        return 1
    def __eq__(self, other):
        LOG.append('eq')
        return True

class Zero(dict):
    def __missing__(self, key):
        LOG.append(('missing', key))
        return 0

class Watched:
    hidden = 1
    def __getattribute__(self, name):
        LOG.append(name)
        return object.__getattribute__(self, name)
    @property
    def size(self):
        LOG.append('read')
        return 3
    @size.setter
    def size(self, value):
        LOG.append(('written', value))

class Sized:
    def __iter__(self):
        LOG.append('iter')
        return iter([1, 2, 3])
    def __len__(self):
        LOG.append('len')
        return 3

class Steps:
    def __init__(self, stop):
        self.at, self.stop = 0, stop
    def __iter__(self):
        LOG.append('iter')
        return self
    def __next__(self):
        LOG.append('next')
        self.at += 1
        if self.at > self.stop:
            raise StopIteration
        return self.at

class Rank:
    def __init__(self, x):
        self.x = x
    def __lt__(self, other):
        LOG.append('lt')
        return self.x < other.x

class Above:
    def __init__(self, x):
        self.x = x
    def __gt__(self, other):
        LOG.append('gt')
        return self.x > other.x

class Stopped:
    def __init__(self, *items):
        self.items = iter(items)
    def __iter__(self):
        LOG.append('iter')
        return iter(next(self.items))

class Answer:
    def __eq__(self, other):
        return Answer()
    def __bool__(self):
        LOG.append('bool')
        return True
    def __format__(self, how):
        LOG.append('format')
        return 'x'

"""
"""Classes and a function that write down what is asked of them."""
LOGGING = """
b = Box(1, 2); b[0] += n; b[1] -= 2
b, k = Box(1, 2), 1; b[k] *= n; b[k] **= 2; b[k] //= 5; b[k] %= 3; b[k] /= 2
b = Box(1, 2); b[said('i')] += said('v', n)
b = Box(1, 2); b[0] += said('v', n)
b = Box([1], [2]); b[0][0] += n; b[1][said('i')] += n
b = Box(Box(1, 2)); b[0][1] += n; b[0][said('i') + 1] += n
b = Box(1, 2); b[0:1] += [n]; b[said('from'):said('to', 1) + 1] += [n]
b = Box(1, Number(2)); b[1] += n; b[0] += Number(n)
b = [1, Number(2)]; b[1] += n; b[0] += Number(n)
b = Box(1, 2); b[5] += said('v')  # raises IndexError
b = Box(1, None); b[1] += said('v')  # raises TypeError
b = [1, 2]; b[said('i')] += n; b[said('i') + 1] -= said('v', n)
k, d = Key(), {}; d[k] = 1; d[k] += n
d = {Key(): 1}; d[1] += n
d = Zero(); d['a'] += n; d['a'] += n
w = Watched(); w.size += n; w.hidden += n
w = Watched(); d = {w: 1}; d[w] += n; x = d[w] + 1; u = w
x = sum(Number(said(i, i)) for i in range(3))
x = sum([Number(i) for i in range(3)]) + 1
x = sum(said(i, 'x' if i == 1 else i) for i in range(5))  # raises TypeError
x = sum(Sized()) + 1
x = sum([1, 'x', said('v')])  # raises TypeError
x = sum(said(i, i) for i in range(40)) + sum(said(i, i) for i in range(13)) + sum(said(i, i) for i in range(12))
x = sum(map(said, 'abc', Sized())) + sum(map(said, range(20), range(20))) + sum(x for x in range(31))
x = sum(Steps(3)) + sum(map(abs, Steps(5))) + sum(i for i in Steps(13)) + sum(Steps(40)) + sum(map(abs, Steps(40)))
x = sum(i if i < 20 else 'x' for i in Steps(40))  # raises TypeError
x = sum({1: 2, 3: 4}) + sum({1: 2, 3: 4}.values()) + sum({5}) + sum(range(100)) + sum(()) + sum(iter([1, 2]))
x = sum(n)  # raises TypeError
x = [1 for i in range(2) if Answer() == i]
s = {Rank(2), Rank(1), Rank(3)}
s = {(1, Rank(2)), (1, Rank(1))}
s = {(1, (2, Rank(2))), (1, (2, Rank(1)))}
s = {frozenset({Rank(1)}), frozenset({Rank(2)})}
s = {Above(2), Above(1), Above(3)}
s = {(1, Above(2)), (1, Above(1))}
s = {(Key(), 1), (Key(), 2)}
x = sum(Stopped())  # raises StopIteration
x = [sum(Stopped()) for _ in range(2)]  # raises StopIteration
x = sum(Stopped([1, 2])) + sum(Stopped(range(20)))
"""
"""Lines of a function, with an `n` of 6, in which something of the program's own is asked; what they raise, if so."""


def logging(line: str) -> str:
    """A program that returns what a line raised, and what it made its objects write down."""
    return (
        f"{LOGGED}def f(n):\n    raised = None\n    try:\n        {line}\n"
        "    except Exception as error:\n        raised = repr(error)\n    return raised, LOG\n"
    )
