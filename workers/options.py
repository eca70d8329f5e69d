"""Options that the commands of `deskcheck` share, and what they say together.

Their environment variables are those of `workers.settings`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from workers.pipeline.errors import InputError
from workers.pipeline.types import PromptStyle
from workers.serve import BUNDLED
from workers.settings import WorkerSettings
from workers.wire import LIMITS

Checkpoint = Annotated[
    Path | None,
    typer.Option(envvar="DESKCHECK_CHECKPOINT", help="Checkpoint folder; default: the bundled one, without --url."),
]
Url = Annotated[
    str | None,
    typer.Option(envvar="DESKCHECK_ENGINE_URL", help="OpenAI-compatible server to use; default: an engine is started."),
]
ModelName = Annotated[
    str | None, typer.Option("--model", envvar="DESKCHECK_MODEL", help="The server's name for the model, with --url.")
]
Style = Annotated[
    PromptStyle | None,
    typer.Option(envvar="DESKCHECK_STYLE", help="Prompt style, with --url and no checkpoint folder.  [default: chat]"),
]
ContextLength = Annotated[
    int | None,
    typer.Option(min=1, envvar="DESKCHECK_CONTEXT_LENGTH", help="The model's context in tokens, with --url."),
]
ApiKey = Annotated[
    str | None,
    typer.Option(envvar=["DESKCHECK_ENGINE_API_KEY", "OPENAI_API_KEY"], help="Better given by the environment."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
Seed = Annotated[int, typer.Option(min=0, max=LIMITS.seed)]
Votes = Annotated[
    int, typer.Option("--votes", "-k", min=1, max=LIMITS.votes, help="Simulated runs of each prediction; several vote.")
]
NarrativeTokens = Annotated[int, typer.Option(min=1, max=LIMITS.narrative_tokens, help="Most for one simulated run.")]


def settings(
    checkpoint: Path | None,
    url: str | None,
    model: str | None,
    style: PromptStyle | None,
    context_length: int | None,
    api_key: str | None,
) -> WorkerSettings:
    """What the options say, on top of the environment. Raises `InputError` where they say too little."""
    folder = checkpoint.expanduser().absolute() if checkpoint else None if url else BUNDLED
    if url and folder is None and not model:
        raise InputError("--url needs --model, or --checkpoint with the folder that the server serves")
    given: dict[str, Any] = {
        "engine_url": url,
        "model": model,
        "style": style,
        "context_length": context_length,
        "engine_api_key": api_key,
    }
    try:
        return WorkerSettings(checkpoint=folder, **{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise InputError(f"setting {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
