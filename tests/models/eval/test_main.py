"""`python -m models.eval`: refuses without a sandbox, says errors in one line, stores figures in the manifest."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from models.eval import __main__ as command
from models.eval import believing, fitting, options, predicting
from models.eval.believing import Seen
from models.eval.stats import estimate
from models.sandbox import Sandbox, SandboxUnavailable
from tests.fakes import ScriptedCompleter
from tests.tiny import make_tiny_checkpoint
from workers.pipeline.believe import Others
from workers.pipeline.calibrate import Bin
from workers.pipeline.config import PipelineConfig
from workers.pipeline.manifest import read_manifest, verify_files
from workers.pipeline.model import Model
from workers.pipeline.prompts import tagged
from workers.pipeline.types import Candidate, Verdict

ROOT = Path(__file__).parents[3]

LIMITS = "--max-program-tokens and --max-narrative-tokens are at least 1"


def refuse(*_: object) -> None:
    raise SandboxUnavailable("refusing to run untrusted code unsandboxed")


def test_solving_is_refused_where_candidates_cannot_be_confined(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def started(*_: object) -> None:
        raise AssertionError("an engine was started although nothing can be graded")

    make_tiny_checkpoint(tmp_path / "tiny")
    monkeypatch.setattr(command, "Sandbox", refuse)
    monkeypatch.setattr("models.eval.engine.asyncio.create_subprocess_exec", started)
    monkeypatch.setattr(sys, "argv", ["eval", "--checkpoint", str(tmp_path / "tiny"), "--suite", "problems"])
    with pytest.raises(SystemExit, match="error: refusing to run"):
        command.main()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--checkpoint", "nowhere"], "error: checkpoint nowhere: no such folder"),
        (["--checkpoint", "nowhere", "--url", "http://127.0.0.1:1"], "error: checkpoint nowhere: no such folder"),
        (
            ["--checkpoint", "nowhere", "--suite", "cruxeval"],
            "error: suite cruxeval needs --data FOLDER with cruxeval*.jsonl",
        ),
        (["--checkpoint", "nowhere", "--max-narrative-tokens", "0"], f"error: {LIMITS}"),
        (["--checkpoint", "nowhere", "--max-program-tokens", "-5"], f"error: {LIMITS}"),
        ([], "error: evaluate what? --checkpoint FOLDER, or --url URL for a chat model as it is"),
        (
            ["--url", "http://127.0.0.1:1", "--write"],
            "error: --write and --fit-only store in a manifest: name its folder with --checkpoint",
        ),
        (
            ["--checkpoint", "nowhere", "--context", "9"],
            "error: --context is for a model without --checkpoint: a manifest says it itself",
        ),
    ],
)
def test_errors_are_one_line(arguments: list[str], message: str) -> None:
    argv = [sys.executable, "-m", "models.eval", *arguments]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [message]


def test_the_token_limits_are_those_of_serving_by_default() -> None:
    args, default = options.parser().parse_args(["--checkpoint", "c"]), PipelineConfig()
    assert args.max_program_tokens == default.max_program_tokens
    assert args.max_narrative_tokens == default.max_narrative_tokens


@pytest.mark.anyio
async def test_the_token_limits_reach_the_model_and_the_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @asynccontextmanager
    async def served(*_: object) -> AsyncIterator[Model]:
        yield Model(completer, "tagged")

    completer = ScriptedCompleter({"": "?"})
    monkeypatch.setattr("models.eval.engine.served", served)
    folder = make_tiny_checkpoint(tmp_path / "tiny")
    limits = ["--max-program-tokens", "300", "--max-narrative-tokens", "5000"]
    suites = ["--suite", "programs", "--suite", "problems", "--limit", "1"]
    results = await command.evaluate(options.parser().parse_args(["--checkpoint", str(folder), *suites, *limits]))
    about = results["about"]
    assert (about["max_program_tokens"], about["max_narrative_tokens"]) == (300, 5000)
    first, *others = completer.requests
    assert first.max_tokens == 5000
    assert {request.max_tokens for request in others} == {300}


def test_figures_and_calibration_go_into_the_manifest(tmp_path: Path) -> None:
    folder = make_tiny_checkpoint(tmp_path / "tiny")
    bins = [{"low": 0.0, "high": 1.0, "accuracy": 0.25, "count": 4}]
    programs = {"accuracy": estimate([0, 1, 1, 1]), "ece": 0.123456789, "items": [{"id": "a"}]}
    fitting.store(folder, {"programs": programs, "calibration": bins})
    manifest = read_manifest(folder)
    verify_files(folder, manifest)
    assert manifest.evaluation["programs"]["accuracy"]["mean"] == 0.75
    assert manifest.evaluation["programs"]["ece"] == 0.12346
    assert "items" not in manifest.evaluation["programs"]
    assert [b.accuracy for b in manifest.calibration] == [0.25]
    fitting.store(folder, {"problems": {"fixed by repair": 2}, "calibration": bins})
    assert set(json.loads((folder / "manifest.json").read_text())["evaluation"]) == {"programs", "problems"}


def test_figures_of_several_votes_stand_beside_those_of_single_runs(tmp_path: Path) -> None:
    folder = make_tiny_checkpoint(tmp_path / "tiny")
    for votes, voting, mean in ((1, None, 0.5), (5, None, 0.6), (5, "samples", 0.4)):
        fitting.store(folder, {"about": {"votes": votes, "voting": voting}, "cruxeval": {"accuracy": mean}})
    told = {name: suite["accuracy"] for name, suite in read_manifest(folder).evaluation.items()}
    assert told == {"cruxeval": 0.5, "cruxeval, 5 votes": 0.6, "cruxeval, 5 samples": 0.4}


def test_a_belief_that_is_fitted_alone_leaves_the_rest_of_the_manifest_as_it_is(tmp_path: Path) -> None:
    folder = make_tiny_checkpoint(tmp_path / "tiny")
    before = json.loads((folder / "manifest.json").read_text())
    belief = dataclasses.asdict(believing.fit([])) | {"measured on": {"problems": 0, "tests": 0}}
    fitting.store(folder, {"belief": belief})
    after = json.loads((folder / "manifest.json").read_text())
    assert {**after, "belief": None} == {**before, "belief": None}
    assert read_manifest(folder).belief == believing.fit([])


@pytest.mark.anyio
async def test_facts_are_measured_once_and_then_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("measured again")

    async def measured(*_: object) -> list[Seen]:
        return facts

    facts = [Seen("p", Candidate(f"c{i}", "x", logprob=-0.1 * i), (Verdict.PASS,), (i == 0,)) for i in range(2)]
    arguments = ["--checkpoint", "c", "--fit-only", "belief", "--facts", str(tmp_path / "facts.json")]
    args, model = options.parser().parse_args(arguments), Model(ScriptedCompleter({}), "tagged")
    monkeypatch.setattr("models.dataset.fresh.problems", lambda *_: [])
    monkeypatch.setattr(believing, "measure", measured)
    with Sandbox() as sandbox:
        first = await fitting.belief(args, model, PipelineConfig(), sandbox)
        monkeypatch.setattr(believing, "measure", never)
        assert await fitting.belief(args, model, PipelineConfig(), sandbox) == first
    assert first == dataclasses.asdict(believing.fit(facts)) | {"measured on": {"problems": 1, "tests": 2}}


@pytest.mark.anyio
async def test_a_model_that_wrote_no_program_gets_no_belief(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing(*_: object) -> list[Seen]:
        return []

    args = options.parser().parse_args(["--checkpoint", "c", "--fit-only", "belief"])
    monkeypatch.setattr("models.dataset.fresh.problems", lambda *_: [])
    monkeypatch.setattr(believing, "measure", nothing)
    model = Model(ScriptedCompleter({}), "tagged")
    with Sandbox() as sandbox:
        assert await fitting.belief(args, model, PipelineConfig(), sandbox) is None


def test_calibration_programs_are_fresh_and_true() -> None:
    items = fitting.calibration_items(20)
    assert len({item.code for item in items}) > 15
    assert all(sum([item.output is not None, item.raises is not None, not item.finishes]) == 1 for item in items)
    assert isinstance(items[0], predicting.Item)
    assert items == fitting.calibration_items(20)


@pytest.mark.anyio
@pytest.mark.parametrize(("suite", "confidence"), [("programs", 0.9), ("cruxeval", 0.3)])
async def test_programs_like_its_own_and_those_of_others_have_confidences_of_their_own(
    suite: str, confidence: float
) -> None:
    code, args = "def f(x):\n    return x", options.parser().parse_args(["--checkpoint", "c"])
    row = {"id": "a", "code": code, "input": "1", "output": "1", "io": "function", "entry_point": "f"}
    own, others = (Bin(0.0, 1.0, accuracy, 10) for accuracy in (0.9, 0.3))
    completer = ScriptedCompleter({"": f"return x  # 1{tagged.OUTPUT}1{tagged.END}"})
    model = Model(completer, "tagged", calibration=(own,), others=(Others((others,), 0.2),))
    rows = [row | {"raises": None, "finishes": True, "origin": "right"}]
    result = await command._suite(suite, rows, args, model, PipelineConfig(), None)
    assert [item["confidence"] for item in result["items"]] == [confidence]
