"""The embedded engine: one checkpoint behind the OpenAI subset that vLLM also speaks, on a private socket.

    python -m workers.engine --checkpoint FOLDER (--uds PATH | --host HOST --port PORT)

    POST /v1/completions · POST /v1/chat/completions · GET /v1/models · GET /health · GET /metrics

The process: options, loading, the end. The application is in `engine_http`; what a seed promises is in `decoding`.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path

import uvicorn

from workers.batcher import Batcher, BatchLimits
from workers.ct2 import cached_form
from workers.decoding import Decoder
from workers.engine_http import Engine, make_app
from workers.memory import keep_freed
from workers.parent import die_with_parent
from workers.pipeline.errors import CheckpointError
from workers.served import read

__all__ = ["CHECKPOINT_EXIT", "Engine", "load", "main", "make_app"]

CHECKPOINT_EXIT = 4
"""Exit status for a checkpoint that cannot be served."""


def load(checkpoint: Path, limits: BatchLimits, cache: Path | None = None, compute_type: str = "float32") -> Engine:
    """A checkpoint ready to serve; its CTranslate2 form comes from the cache. Raises `CheckpointError`."""
    served = read(checkpoint)
    form = cached_form(checkpoint, served.manifest.files["model.safetensors"], cache)
    decoder = Decoder(form, served.end_ids, limits.decoders, compute_type)
    return Engine(served, Batcher(decoder.decode, limits), decoder)


class _Server(uvicorn.Server):
    """Ends running requests as soon as it is told to stop, instead of waiting for their last token."""

    def __init__(self, config: uvicorn.Config, batcher: Batcher) -> None:
        super().__init__(config)
        self._batcher = batcher

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._batcher.close()
        await super().shutdown(sockets)


def main() -> None:
    """Entry point of the engine process."""
    options = _parser().parse_args()
    if options.parent is not None:
        die_with_parent(signal.SIGTERM, options.parent)
    keep_freed()
    limits = BatchLimits(options.threads, options.max_batch, options.max_waiting)
    try:
        engine = load(options.checkpoint, limits, options.cache, options.compute_type)
    except CheckpointError as error:
        print(error, file=sys.stderr)
        sys.exit(CHECKPOINT_EXIT)
    place = {"uds": str(options.uds)} if options.uds else {"host": options.host, "port": options.port}
    config = uvicorn.Config(
        make_app(engine), **place, log_level="warning", access_log=False, timeout_graceful_shutdown=2
    )
    try:
        with suppress(KeyboardInterrupt):  # uvicorn raises the signal again once it has shut down
            _Server(config, engine.batcher).run()
    finally:
        engine.close()  # its threads would keep a process alive that could not listen


def _parser() -> argparse.ArgumentParser:
    limits = BatchLimits(decoders=len(os.sched_getaffinity(0)))
    parser = argparse.ArgumentParser(prog="python -m workers.engine", description="Serve one checkpoint on CPU cores.")
    parser.add_argument("--checkpoint", type=Path, required=True, help="checkpoint folder")
    parser.add_argument("--uds", type=Path, help="path of a Unix socket to listen on, instead of host and port")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--threads", type=int, default=limits.decoders, help="batches in flight, a core each")
    parser.add_argument("--max-batch", type=int, default=limits.max_batch, help="requests in a batch")
    parser.add_argument("--max-waiting", type=int, default=limits.max_waiting, help="requests in the queue")
    parser.add_argument("--cache", type=Path, help="folder for converted weights; default: in the XDG cache folder")
    parser.add_argument("--compute-type", default="float32", help="CTranslate2 compute type")
    parser.add_argument("--parent", type=int, help="id of the process that starts this one; end with it (Linux)")
    return parser


if __name__ == "__main__":
    main()
