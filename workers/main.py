"""The worker process: `python -m workers.main`. Runs a pool of workers for each queue, and the reaper.

Starts no process by itself: RQ's pools fork the workers, and each worker its work horses.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import time
from types import FrameType

from redis import Redis
from redis.exceptions import RedisError
from rq.worker_pool import WorkerPool

import workers.jobs  # noqa: F401  # before the forks: the children share its modules and need not import them each time
from workers.model import open_model
from workers.pipeline.errors import DeskcheckError
from workers.pipeline.model import Model
from workers.reaper import Reaper
from workers.settings import WorkerSettings
from workers.worker import ForkWorker, JsonQueue

log = logging.getLogger(__name__)

_COLD_S = 3.0
_REDIS_PAUSE_S = 1.0


class Supervisor:
    """The pools and the reaper, in one loop."""

    def __init__(self, settings: WorkerSettings) -> None:
        self._settings = settings
        self._redis = Redis.from_url(settings.redis_url)
        self._reaper = Reaper(self._redis, settings)
        sizes = {"solve": settings.solve_workers, "predict": settings.predict_workers}
        self._pools = [
            WorkerPool([kind], self._redis, size, ForkWorker, queue_class=JsonQueue) for kind, size in sizes.items()
        ]
        self._stopping = False
        self._redis_since: float | None = None
        """When Redis was first seen up after it was down (monotonic seconds)."""

    def run(self) -> None:
        """Work until SIGTERM or SIGINT, then stop the workers within the grace period."""
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        while not self._stopping:
            self._pass()
            self._sleep(self._settings.reap_every_s if self._redis_since else _REDIS_PAUSE_S)
        self._shut_down()

    def _pass(self) -> None:
        """Keep the pools full and, once Redis has been up for a while, reap.

        Right after an outage every heartbeat is old although the workers live: they get the grace period to beat again.
        """
        try:
            self._redis.ping()
            now = time.monotonic()
            if self._redis_since is None:
                self._redis_since = now
            self._fill_pools()
            if now - self._redis_since > self._settings.reap_grace_s:
                self._reaper.tick()
        except RedisError as error:
            log.warning("waiting for Redis: %s", error)
            self._redis_since = None

    def _fill_pools(self) -> None:
        for pool in self._pools:
            before = pool.number_of_active_workers
            pool.check_workers(respawn=False)
            if lost := before - pool.number_of_active_workers:
                log.warning("%d worker(s) died; starting as many", lost)
            for _ in range(pool.num_workers - pool.number_of_active_workers):
                pool.start_worker(burst=False, logging_level="WARNING")

    def _shut_down(self) -> None:
        """Warm first: running jobs may end. Then cold: the workers kill their horses. Then kill whatever is left."""
        for grace_s in (max(1.0, self._settings.shutdown_grace_s), _COLD_S):  # rq takes a second signal only after 1 s
            for pool in self._pools:
                pool.stop_workers()  # type: ignore[no-untyped-call]
            deadline = time.monotonic() + grace_s
            while time.monotonic() < deadline:
                if all(pool.all_workers_have_stopped() for pool in self._pools):
                    return
        for pool in self._pools:
            for worker in pool.worker_dict.values():
                log.warning("worker %s does not stop; killing it", worker.pid)
                os.kill(worker.pid, signal.SIGKILL)

    def _stop(self, signum: int, frame: FrameType | None) -> None:
        del frame
        log.info("%s: stopping", signal.Signals(signum).name)
        self._stopping = True

    def _sleep(self, seconds: float) -> None:
        """Sleep, but not through a request to stop (Python resumes an interrupted sleep)."""
        deadline = time.monotonic() + seconds
        while not self._stopping and (left := deadline - time.monotonic()) > 0:
            time.sleep(min(left, 0.1))


def main() -> int:
    """Exit status: 0 after a stop that was asked for, 2 where the settings or the checkpoint cannot be used."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for chatty in ("httpx", "rq.worker", "rq.worker_pool"):  # a job is told of in one line, by its body
        logging.getLogger(chatty).setLevel(logging.WARNING)
    try:
        settings = WorkerSettings()
        model = asyncio.run(_check(settings))
    except (ValueError, DeskcheckError) as error:  # ValueError: pydantic's, for a setting of the wrong type
        sys.stderr.write(f"workers: {error}\n")
        return 2
    log.info("model %s (%s prompts) at %s", model.name, model.style, settings.engine_url)
    Supervisor(settings).run()
    return 0


async def _check(settings: WorkerSettings) -> Model:
    """A checkpoint or URL that cannot be used is refused now, not once for each job."""
    async with open_model(settings) as model:
        return model


if __name__ == "__main__":
    sys.exit(main())
