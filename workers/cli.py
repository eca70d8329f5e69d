"""`deskcheck`: solve a problem, predict a program's output, or serve both over HTTP.

Reads arguments and files, prints results on stdout and everything else on stderr. Knows neither how models are asked
(`workers.pipeline`) nor how results look (`workers.render`) nor how processes are started (`workers.serve`).
"""

from __future__ import annotations

import ast
import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from pydantic import TypeAdapter
from rich.console import Console, RenderableType

from workers import serve as service
from workers.ask import ask, progress
from workers.load import arguments, check_text, load_problem, load_text
from workers.options import ApiKey, Checkpoint, ContextLength, Json, ModelName, NarrativeTokens, Seed, Style, Url, Votes
from workers.options import settings as shared
from workers.pipeline.config import PipelineConfig
from workers.pipeline.errors import CheckpointError, CompleterError, DeskcheckError, InputError
from workers.pipeline.manifest import read_manifest
from workers.pipeline.predict import predict as run_predict
from workers.pipeline.solve import solve as run_solve
from workers.pipeline.syntax import parse
from workers.pipeline.types import Io, Prediction, SolveResult, StopReason
from workers.render import predict_report, solve_report
from workers.supervise import ServiceError
from workers.wire import LIMITS

EXIT_CODES = """Exit status: 0 it worked · 1 it ran, but no program agrees with every public test (solve), or the model
could not tell (predict) · 2 bad usage or input · 3 the model server failed · 4 the checkpoint cannot be used · 5 a part
of the service failed (serve) · 130 interrupted."""
_STATUS: tuple[tuple[type[DeskcheckError], int], ...] = (
    (InputError, 2),
    (CompleterError, 3),
    (CheckpointError, 4),
    (ServiceError, 5),
)
_WIRE_FIELDS = ("output", "raises", "finishes", "confidence", "narrative", "usage")
_DEFAULTS = PipelineConfig()
T = TypeVar("T")

app = typer.Typer(
    help="Writes programs and checks them by simulating their execution; runs none of them.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.command(epilog=EXIT_CODES)
def solve(
    file: Annotated[Path, typer.Argument(help="Problem file: JSON, or JSON Lines with --item.")],
    item: Annotated[str | None, typer.Option(help="Id of the problem in a .jsonl file.")] = None,
    candidates: Annotated[
        int, typer.Option("--candidates", "-n", min=1, max=LIMITS.candidates, help="Programs to sample.")
    ] = _DEFAULTS.candidates,
    votes: Votes = _DEFAULTS.votes,
    rounds: Annotated[int, typer.Option(min=0, max=LIMITS.rounds, help="Repair rounds at most.")] = _DEFAULTS.rounds,
    repairs: Annotated[
        int, typer.Option(min=1, max=LIMITS.repairs, help="Programs repaired in a round.")
    ] = _DEFAULTS.repairs,
    repair_samples: Annotated[
        int, typer.Option(min=1, max=LIMITS.repair_samples, help="Repairs sampled for each.")
    ] = _DEFAULTS.repair_samples,
    resamples: Annotated[
        int, typer.Option(min=0, max=LIMITS.resamples, help="Programs sampled anew in a round, besides repairs.")
    ] = _DEFAULTS.resamples,
    temperature: Annotated[float, typer.Option(min=0.0, max=2.0, help="For programs.")] = _DEFAULTS.temperature,
    seed: Seed = _DEFAULTS.seed,
    max_program_tokens: Annotated[int, typer.Option(min=1, max=LIMITS.program_tokens)] = _DEFAULTS.max_program_tokens,
    max_narrative_tokens: NarrativeTokens = _DEFAULTS.max_narrative_tokens,
    checkpoint: Checkpoint = None,
    url: Url = None,
    model: ModelName = None,
    style: Style = None,
    context_length: ContextLength = None,
    api_key: ApiKey = None,
    as_json: Json = False,
) -> None:
    """Write programs for a problem, simulate them on its public tests, rank them and repair them."""
    with _exit_status():
        problem = load_problem(file, item)
        config = PipelineConfig(
            candidates=candidates,
            votes=votes,
            rounds=rounds,
            repairs=repairs,
            repair_samples=repair_samples,
            resamples=resamples,
            temperature=temperature,
            seed=seed,
            max_program_tokens=max_program_tokens,
            max_narrative_tokens=max_narrative_tokens,
        )
        settings = shared(checkpoint, url, model, style, context_length, api_key)
        with progress() as told:
            result = ask(settings, url, lambda asked: run_solve(problem, config, asked, told), told)
        if as_json:
            _print_json(TypeAdapter(SolveResult).dump_python(result, mode="json"))
        else:
            console = _console()
            _print(console, solve_report(problem, result, console.width))
        agreed = result.stop is StopReason.AGREED or (result.stop is StopReason.NO_TESTS and result.best is not None)
        raise typer.Exit(0 if agreed else 1)


@app.command(epilog=EXIT_CODES)
def predict(
    file: Annotated[Path, typer.Argument(metavar="PROGRAM", help="Python program; it is read, never run.")],
    input: Annotated[str, typer.Option(help="A function's arguments, as `[1, 2], k=3`, or the text on stdin.")],
    io: Annotated[
        Io | None, typer.Option(help="Default: function if the program defines one at its top level, else stdio.")
    ] = None,
    entry_point: Annotated[str | None, typer.Option(help="Function to call; default: the last one.")] = None,
    votes: Votes = _DEFAULTS.votes,
    seed: Seed = _DEFAULTS.seed,
    max_narrative_tokens: NarrativeTokens = _DEFAULTS.max_narrative_tokens,
    checkpoint: Checkpoint = None,
    url: Url = None,
    model: ModelName = None,
    style: Style = None,
    context_length: ContextLength = None,
    api_key: ApiKey = None,
    as_json: Json = False,
) -> None:
    """Let the model run a program in its head: show the steps, and what comes out."""
    with _exit_status():
        code = load_text(file)
        io, entry_point = _form(file, code, io, entry_point)
        check_text(input, "--input")
        text = arguments(input, entry_point, "--input") if entry_point else input
        config = PipelineConfig(votes=votes, seed=seed, max_narrative_tokens=max_narrative_tokens)
        settings = shared(checkpoint, url, model, style, context_length, api_key)
        with progress() as told:
            prediction = ask(
                settings,
                url,
                lambda asked: run_predict(code, text, asked.of_others(config), config, io, entry_point),
                told,
            )
        if as_json:
            _print_json(_wire(prediction))
        else:
            _print(_console(), predict_report(prediction))
        raise typer.Exit(1 if prediction.finishes is None else 0)


@app.command(epilog=EXIT_CODES)
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8000,
    data: Annotated[
        Path | None, typer.Option(help="Folder for Redis' files.  [default: $XDG_STATE_HOME/deskcheck]")
    ] = None,
    checkpoint: Checkpoint = None,
    url: Url = None,
    model: ModelName = None,
    style: Style = None,
    context_length: ContextLength = None,
    api_key: ApiKey = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show the logs of all parts.")] = False,
    as_json: Json = False,
) -> None:
    """Run the HTTP service: API, workers, engine and Redis, until Ctrl-C (exit status 0).

    Redis is the one that REDIS_URL names, else a private one is started. Workers and API read DESKCHECK_* settings.
    """
    with _exit_status():
        settings = shared(checkpoint, url, model, style, context_length, api_key)
        if settings.checkpoint is not None:
            read_manifest(settings.checkpoint)  # says what is wrong before anything is started
        named = {"checkpoint", "model", "style", "context_length", "engine_api_key"}
        values = {f"DESKCHECK_{name.upper()}": value for name, value in settings.model_dump(include=named).items()}
        environment = {name: str(value) for name, value in values.items() if value is not None}
        folder = (data or _state_folder()).expanduser().absolute()
        options = service.ServeOptions(host, port, folder, settings.checkpoint, url, environment, verbose, as_json)
        service.serve(options, partial(print, flush=True), partial(print, file=sys.stderr, flush=True))


def main() -> None:
    """Entry point of the `deskcheck` command."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # a mark the terminal lacks is no crash
    app(prog_name="deskcheck")


@contextmanager
def _exit_status() -> Iterator[None]:
    """Errors raised on purpose become one line on stderr and an exit status; SIGTERM still cleans up."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        yield
    except DeskcheckError as error:
        line = " ".join(str(error).split())
        sys.stderr.write(f"deskcheck: {line}\n")
        raise typer.Exit(next((status for kind, status in _STATUS if isinstance(error, kind)), 1)) from error
    except KeyboardInterrupt:
        sys.stderr.write("deskcheck: interrupted\n")
        raise typer.Exit(130) from None
    except OSError as error:  # standard output is full or gone; everything else has been turned into ours
        sys.stderr.write(f"deskcheck: output: {(error.strerror or str(error)).lower()}\n")
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing left for the interpreter to flush
        raise typer.Exit(2) from None


def _form(file: Path, code: str, io: Io | None, entry_point: str | None) -> tuple[Io, str | None]:
    """How the program is called: as told, else its last top-level function, else as a whole."""
    tree = parse(code)
    if isinstance(tree, str):
        raise InputError(f"{file}: not a Python program: {tree}")
    functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    if io == "stdio" and entry_point is not None:
        raise InputError("--entry-point is for functions, not for --io stdio")
    if io == "stdio" or (io is None and entry_point is None and not functions):
        return "stdio", None
    if entry_point is None and not functions:
        raise InputError(f"{file}: no function at the top level")
    if entry_point is not None and entry_point not in functions:
        raise InputError(f"{file}: no function {entry_point!r} at the top level")
    return "function", entry_point or functions[-1]


def _wire(prediction: Prediction) -> dict[str, Any]:
    """A prediction as `POST /predict-output` answers it."""
    document = asdict(prediction)
    return {name: document[name] for name in _WIRE_FIELDS}


def _state_folder() -> Path:
    """XDG Base Directory Specification: `$XDG_STATE_HOME`, by default `~/.local/state`."""
    base = os.environ.get("XDG_STATE_HOME", "")
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".local" / "state") / "deskcheck"


def _console() -> Console:
    return Console(highlight=False)


def _print(console: Console, parts: Iterator[RenderableType]) -> None:
    for part in parts:
        console.print(part)
    sys.stdout.flush()


def _print_json(document: object) -> None:
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
