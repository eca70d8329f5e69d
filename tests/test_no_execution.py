"""Serving executes no program text and starts processes in one file only: proven on the syntax trees, and on bad ones.

The check is deliberately wider than the rule: what could only be judged at run time (a computed attribute name, a
dynamic import) is refused as well, so that a clean tree needs no trust.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.sources import Sources, project_sources

MAY_START_PROCESSES = {"workers.serve"}

EXECUTES = {"exec", "eval", "compile", "__import__", "execfile", "__builtins__"}
"""Names that turn text into running code, wherever they are reached from."""
EXECUTING_MODULES = {
    "builtins", "importlib", "runpy", "code", "codeop", "imp", "zipimport", "pkgutil",  # text or names into code
    "pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib",  # bytes into code
    "timeit", "doctest", "bdb", "pdb", "trace", "profile", "cProfile",  # run what they are given
    "cffi", "gc", "numexpr", "asteval", "RestrictedPython",
}  # fmt: skip
HARMLESS = ("importlib.metadata", "importlib.resources")
EXECUTING_ATTRIBUTES = EXECUTES | {
    "FunctionType", "CodeType", "LambdaType", "import_module", "exec_module", "load_module", "methodcaller",
    "import_string", "import_attribute", "modules",
}  # fmt: skip
UNSAFE_TEMPLATES = {"Environment", "Template", "NativeEnvironment", "NativeTemplate", "SandboxedEnvironment"}
"""A checkpoint's chat template may be rendered by jinja2's ImmutableSandboxedEnvironment alone."""
MAY_CALL_LIBC = {"workers.serve": "prctl", "workers.parent": "prctl", "workers.memory": "mallopt"}
"""The one C function that each may call: to end a child with its parent, to keep memory that was freed."""

PROCESS_MODULES = {"subprocess", "multiprocessing", "pty", "pexpect", "sh", "plumbum", "billiard", "_posixsubprocess"}
PROCESS_ATTRIBUTES = {
    "system", "popen", "fork", "forkpty", "posix_spawn", "posix_spawnp", "startfile",
    "execl", "execle", "execlp", "execlpe", "execv", "execve", "execvp", "execvpe",
    "spawnl", "spawnle", "spawnlp", "spawnlpe", "spawnv", "spawnve", "spawnvp", "spawnvpe",
    "create_subprocess_exec", "create_subprocess_shell", "subprocess_exec", "subprocess_shell", "subprocess",
    "ProcessPoolExecutor", "Popen", "open_process", "run_process",
}  # fmt: skip


OS_STARTS = PROCESS_ATTRIBUTES - {"Popen", "subprocess"}
SUBPROCESS_PARTS = {"Popen", "PIPE", "STDOUT", "DEVNULL", "TimeoutExpired"}
STARTED_MODULES = {"workers.engine", "workers.main", "uvicorn"}


def violations(sources: Sources) -> list[str]:
    """Every place that executes text, or starts a process where it must not."""
    return [
        f"{module}:{line} {what}"
        for module, source in sources.items()
        for line, what in _findings(module, ast.parse(source))
    ]


def _findings(module: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    texts = {id(text) for node in ast.walk(tree) for text in _harmless_texts(node)}
    for node in ast.walk(tree):
        if id(node) in texts:
            continue
        what = _executes(node) or _calls_libc(module, node)
        if module not in MAY_START_PROCESSES:
            what = what or _starts_process(node)
        if what:
            yield getattr(node, "lineno", 0), what


def _harmless_texts(node: ast.AST) -> Iterator[ast.expr]:
    """Docstrings, and the `mode` of `ast.parse`, which only parses."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        yield node.value
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "ast.parse":
        yield from (keyword.value for keyword in node.keywords if keyword.arg == "mode")


def _executes(node: ast.AST) -> str | None:
    """How this node could turn text or bytes into running code, or None."""
    if isinstance(node, ast.Name) and node.id in EXECUTES:
        return f"names {node.id}"
    if isinstance(node, ast.Attribute) and node.attr in EXECUTING_ATTRIBUTES and not _is_re_compile(node):
        return f"reaches .{node.attr}"
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in EXECUTES | {"builtins"}:
        return f"spells {node.value!r}"
    if isinstance(node, ast.Call):
        return _executing_call(node)
    if isinstance(node, ast.Attribute) and (node.attr == "__dict__" or ast.unparse(node) == "sys.modules"):
        return f"reaches into {ast.unparse(node)}"
    if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
        return f"imports whatever {node.module} has"
    for name in _imported(node):
        if not name.startswith(HARMLESS) and (_top(name) in EXECUTING_MODULES or _last(name) in EXECUTING_ATTRIBUTES):
            return f"imports {name}"
        if name == "re" and _renamed(node):
            return "renames re"
    return None


def _executing_call(node: ast.Call) -> str | None:
    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    if name in {"getattr", "attrgetter"}:
        wanted = node.args[1 if name == "getattr" else 0]
        if not isinstance(wanted, ast.Constant):
            return f"{name} with a computed name"
        forbidden = EXECUTING_ATTRIBUTES | PROCESS_ATTRIBUTES | {"__dict__", "modules"}
        return f"{name} of {wanted.value}" if forbidden & set(str(wanted.value).split(".")) else None
    if name in UNSAFE_TEMPLATES:
        return f"makes a {name}: templates belong in an ImmutableSandboxedEnvironment"
    if name in {"vars", "globals", "locals"}:
        return f"reaches into {name}()"
    if any(keyword.arg == "allow_pickle" for keyword in node.keywords):
        return "allows pickle"
    return None


def _calls_libc(module: str, node: ast.AST) -> str | None:
    """How this node could reach a C function that the module may not call, or None."""
    if module not in MAY_CALL_LIBC:
        return next((f"imports {name}" for name in _imported(node) if _top(name) == "ctypes"), None)
    if isinstance(node, ast.ImportFrom) and _top(node.module or "") == "ctypes":
        return "imports from ctypes: name the function where it is called"
    text = ast.unparse(node) if isinstance(node, ast.Attribute) else ""
    is_call = text.startswith(("ctypes.CDLL(None).", "ctypes.CDLL(None, use_errno=True).", "_LIBC."))
    if text.startswith(("ctypes.", "_LIBC.")) and not is_call and text not in {"ctypes.CDLL", "ctypes.get_errno"}:
        return f"reaches {text}"
    return f"calls {text}" if is_call and _last(text) != MAY_CALL_LIBC[module] else None


def _starts_process(node: ast.AST) -> str | None:
    """How this node could start a process, or None."""
    if isinstance(node, ast.Attribute) and node.attr in PROCESS_ATTRIBUTES:
        return f"reaches .{node.attr}"
    for name in _imported(node):
        if _top(name) in PROCESS_MODULES or _last(name) in PROCESS_ATTRIBUTES:
            return f"imports {name}"
    return None


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [node.module or "", *(f"{node.module or ''}.{alias.name}" for alias in node.names)]
    return []


def _top(name: str) -> str:
    return name.partition(".")[0]


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _renamed(node: ast.AST) -> bool:
    return isinstance(node, ast.Import) and any(alias.asname == "re" and alias.name != "re" for alias in node.names)


def _is_re_compile(node: ast.Attribute) -> bool:
    return node.attr == "compile" and isinstance(node.value, ast.Name) and node.value.id == "re"


def careless_starts(source: str) -> list[str]:
    """Where a file that may start processes does more than start known modules by name, without a shell."""
    found = []
    for node in ast.walk(ast.parse(source)):
        text = ast.unparse(node) if isinstance(node, ast.Attribute | ast.Call) else ""
        if isinstance(node, ast.Attribute) and text.startswith("subprocess.") and node.attr not in SUBPROCESS_PARTS:
            found.append(f"{node.lineno} uses {text}")
        if isinstance(node, ast.Call) and any(keyword.arg in {"shell", "executable"} for keyword in node.keywords):
            found.append(f"{node.lineno} chooses a shell or a program: {text}")
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "_module":
            name = node.args[0]
            if not (isinstance(name, ast.Constant) and name.value in STARTED_MODULES):
                found.append(f"{node.lineno} starts a module that is not named: {text}")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in OS_STARTS:
            found.append(f"{node.lineno} starts a process around subprocess: {text}")
    return found


def test_serving_executes_nothing() -> None:
    sources = project_sources(("app", "workers"))
    assert {"app.main", "workers.pipeline.solve"} <= sources.keys()
    assert violations(sources) == []


def test_processes_are_known_modules_started_by_name_without_a_shell() -> None:
    source = project_sources(("workers",))["workers.serve"]
    assert source.count("subprocess.Popen(") == source.count("sys.executable") == 1
    assert '[sys.executable, "-m", name, *arguments]' in source
    assert careless_starts(source) == []


@pytest.mark.parametrize(
    "source",
    [
        "subprocess.run(argv)",
        "subprocess.Popen(text, shell=True)",
        "subprocess.Popen(argv, executable=path)",
        "_module(name)",
        "_module('http.server')",
        "os.system(text)",
        "os.posix_spawn(path, argv, {})",
    ],
)
def test_a_careless_start_is_found(source: str) -> None:
    assert careless_starts(source)


BAD = [
    "exec('x = 1')",
    "eval(text)",
    "compile(text, '', 'exec')",
    "run = eval",
    "print(list(map(eval, texts)))",
    "import builtins",
    "from builtins import eval as safe",
    "__builtins__['ev' + 'al'](text)",
    "getattr(x, 'eval')",
    "getattr(x, 'ev' + 'al')(text)",
    "import operator\noperator.attrgetter(name)(x)",
    "from operator import methodcaller",
    "import sys\nsys.modules['builtins']",
    "vars(x)[name](text)",
    "globals()[name](text)",
    "__import__('os')",
    "import importlib",
    "from importlib import import_module",
    "import importlib.util",
    "from importlib.machinery import SourceFileLoader",
    "from rq.utils import import_attribute",
    "import runpy",
    "import pickle",
    "from marshal import loads",
    "import numpy\nnumpy.load(path, allow_pickle=True)",
    "import types\ntypes.FunctionType(code, {})",
    "from types import FunctionType",
    "import code as re\nre.compile(text)",
    "getattr(os, 'system')('ls')",
    "from operator import attrgetter\nattrgetter('path.system')(os)",
    "import sys\nsys.modules['subprocess'].run(argv)",
    "from os import *\nsystem('ls')",
    "import os\nos.__dict__['system']('ls')",
    "getattr(os, '__dict__')['system']('ls')",
    "from sys import modules\nmodules['os'].system('ls')",
    "import ast\nmodel.eval()",
    "import jinja2\njinja2.Environment().from_string(text)",
    "from jinja2 import Template\nTemplate(text)",
    "mode = 'eval'",
    "class A:\n    def f(self):\n        return self.x.compile()",
    "import ctypes\nctypes.CDLL(None).system(text)",
    "import ctypes\nctypes.cdll.LoadLibrary(name)",
    "def late():\n    from ctypes import CDLL",
]

PROCESSES = [
    "import subprocess",
    "from subprocess import run",
    "import os\nos.system('ls')",
    "import os\nos.execvp('ls', ['ls'])",
    "import os as o\no.fork()",
    "from os import posix_spawn",
    "from asyncio import create_subprocess_exec",
    "import asyncio\nasyncio.create_subprocess_shell('ls')",
    "from asyncio import subprocess",
    "import multiprocessing as mp",
    "from multiprocessing.pool import Pool",
    "from concurrent.futures import ProcessPoolExecutor",
    "import psutil\npsutil.Popen(['ls'])",
    "import anyio\nawait_me = anyio.run_process(['ls'])",
    "def late():\n    from pty import spawn",
]


@pytest.mark.parametrize("source", BAD)
def test_a_way_to_execute_text_is_found_everywhere(source: str) -> None:
    for module in ("app.routes.jobs", "workers.engine", "workers.serve"):
        assert violations({module: source}), source


@pytest.mark.parametrize("source", PROCESSES)
def test_a_way_to_start_a_process_is_found_outside_of_serve(source: str) -> None:
    assert violations({"workers.cli": source}), source
    assert violations({"workers.serve": source}) == []


@pytest.mark.parametrize(
    "source",
    [
        '"""This file never calls exec, eval or compile."""',
        "import re\nTAG = re.compile('x')",
        "import ast\nast.literal_eval(text)\nast.parse(text, mode='eval')",
        "from jinja2 import Template\ndef f() -> Template: ...",
        "import importlib.metadata\nfrom importlib.resources import files",
        "getattr(x, 'name', None)",
        "from jinja2.sandbox import ImmutableSandboxedEnvironment",
        "message = {'role': 'system'}",
    ],
)
def test_harmless_code_passes(source: str) -> None:
    assert violations({"workers.engine": source}) == []


@pytest.mark.parametrize(("module", "function"), [("workers.memory", "prctl"), ("workers.serve", "mallopt")])
def test_a_module_may_call_no_c_function_but_its_own(module: str, function: str) -> None:
    assert violations({module: f"import ctypes\nctypes.CDLL(None).{function}(1)"}) != []
