"""Every prediction is decoded text of the checkpoint: with the weights shuffled, the same service predicts nothing."""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
from pathlib import Path

import httpx
import numpy as np
from safetensors.numpy import load_file, save_file

from workers.pipeline import compare
from workers.pipeline.config import PipelineConfig
from workers.pipeline.gather import gather
from workers.pipeline.manifest import read_manifest
from workers.pipeline.model import Model
from workers.pipeline.openai import OpenAICompleter
from workers.pipeline.predict import predict
from workers.serve import BUNDLED, engine

PROGRAMS = [
    ("def f(n):\n    return n + 2", "5", "7"),
    ("def f(s):\n    return s.upper()", "'cat'", "'CAT'"),
    ("def f(nums):\n    total = 0\n    for x in nums:\n        total += x\n    return total", "[1, 2, 3]", "6"),
    ("def f(nums):\n    return nums[::-1]", "[4, 5, 6]", "[6, 5, 4]"),
    ("def f(nums):\n    return len(nums)", "[4, 5, 6]", "3"),
    ("def f(a, b):\n    return a + b", "2, 3", "5"),
    ("def f(nums):\n    out = []\n    for x in nums:\n        out.append(x + 1)\n    return out", "[1, 2]", "[2, 3]"),
    ("def f(words):\n    return words[1:]", "['a', 'b', 'c']", "['b', 'c']"),
    ("def f(s):\n    return s + s", "'ab'", "'abab'"),
    ("def f(n):\n    if n > 3:\n        return 1\n    return 0", "5", "1"),
]


def right(checkpoint: Path) -> int:
    """How many of PROGRAMS the checkpoint predicts, through the engine that serving starts."""

    async def ask(socket: Path) -> int:
        manifest = read_manifest(checkpoint)
        client = httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(uds=str(socket)), timeout=60)
        async with client:
            completer = OpenAICompleter("http://engine", manifest.name, client=client)
            model = Model(completer, manifest.prompt_style, manifest.context_length)
            config = PipelineConfig(max_narrative_tokens=200)
            made = await gather(predict(code, given, model, config) for code, given, _ in PROGRAMS)
        said = zip(made, PROGRAMS, strict=True)
        return sum(p.output is not None and compare.matches(p.output, want, "function") for p, (_, _, want) in said)

    with engine(checkpoint) as socket:
        return asyncio.run(ask(Path(socket)))


def shuffled(folder: Path) -> Path:
    """The bundled checkpoint with the entries of each weight matrix permuted, its manifest made to fit."""
    shutil.copytree(BUNDLED, folder)
    rng = np.random.default_rng(0)
    weights = load_file(folder / "model.safetensors")
    mixed = {name: rng.permutation(value.ravel()).reshape(value.shape) for name, value in weights.items()}
    save_file(mixed, folder / "model.safetensors", metadata={"format": "pt"})
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"]["model.safetensors"] = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def test_shuffled_weights_predict_almost_nothing(tmp_path: Path) -> None:
    """The same code, prompts and engine; only the weights carry the skill."""
    assert right(BUNDLED) >= 6
    assert right(shuffled(tmp_path / "shuffled")) <= 1
