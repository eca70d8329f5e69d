"""No training path reads a benchmark or a frozen set: neither in what it opens while it draws, nor in what its source
names.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
DRAWING = """
import sys
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
from collections import Counter
from itertools import islice
from pathlib import Path
from models import config
from models.dataset import part
from models.dataset.decontaminate import Decontaminator
from models.dataset.stream import stream
settings = config.load(Path("models/configs/nano-wide.toml")).dataset
assert len(list(islice(stream(settings, "s", Decontaminator.load(), Counter()), 40))) == 40
data = config.load_data(Path("models/configs/data-smoke.toml"))
assert len(list(islice(part.draw(data, 0, Counter()), 40))) == 40
from random import Random
from models.dataset import explain
from models.dataset.records import Dropped
from models.rl import drawing
from models.rl.config import PoolConfig
assert explain._draw(config.load_explain(Path("models/configs/explain.toml")), 20).tasks
made = 0
for draw in (drawing.predict, drawing.solve, drawing.verify):
    for seed in range(8):
        try:
            made += bool(draw(PoolConfig(), Decontaminator.load(), Random(seed)))
        except Dropped:
            pass
assert made
names = {Path(name).name for name in opened}
assert {"decontaminate_index.bin.gz", "ops.toml", "idioms.toml"} <= names, names
never = (".jsonl", "reworded.toml")
print("\\n".join(sorted(n for n in opened if "shared" in Path(n).parts or n.endswith(never))))
"""
MAY_NAME = {
    "models/dataset/decontaminate.py", "models/dataset/decontaminated.py", "models/programs/coverage.py",
    "models/ablate/candidates.py",
}  # fmt: skip
"""What makes the index of hashes, what reports on it, what counts shapes, and a measurement that grades as evaluation
does: they are run by hand and give no row."""


def test_drawing_opens_the_index_of_hashes_and_no_benchmark() -> None:
    done = subprocess.run([sys.executable, "-c", DRAWING], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr


def test_only_evaluation_and_what_is_run_by_hand_name_the_benchmarks() -> None:
    named = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "models").rglob("*.py")
        if any(word in path.read_text(encoding="utf-8") for word in ("shared/data", "benchmarks", "_dev.jsonl"))
    }
    assert {name for name in named if not name.startswith("models/eval/")} <= MAY_NAME


def test_the_parsed_configurations_name_no_file_of_a_benchmark() -> None:
    for path in (ROOT / "models/configs").rglob("*.toml"):
        assert "shared/data" not in path.read_text(encoding="utf-8"), path
