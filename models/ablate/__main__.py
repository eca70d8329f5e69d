"""`python -m models.ablate NAME --out FOLDER`: one experiment, its arms at equal budgets, some seeds each.

What is finished is not done again: the same call goes on where an earlier one was stopped. Experiments that share a
model or a measurement share it in the same folder. `python -m models.ablate.table FOLDER` makes tables and plots.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

from models import lineage
from models.ablate import items, jobs, plan
from models.ablate.experiments import EXPERIMENTS, Experiment
from models.ablate.plan import Place
from models.ablate.sizes import SMOKE, full, miniature
from models.config import digest
from models.dataset.folder import claim
from workers.pipeline.errors import DeskcheckError

NANO = Path(__file__).parents[1] / "checkpoints/nano"


def parser() -> argparse.ArgumentParser:
    """The command line."""
    out = argparse.ArgumentParser(
        prog="python -m models.ablate", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    out.add_argument("name", choices=EXPERIMENTS, nargs="+")
    out.add_argument("--out", type=Path, required=True, help="folder of models, results and logs")
    out.add_argument("--checkpoint", type=Path, default=NANO, help="the model that is reinforced and measured")
    out.add_argument("--seeds", type=int, default=3)
    out.add_argument("--parallel", type=int, default=1, help="jobs at a time, a core each")
    out.add_argument("--smoke", action="store_true", help="the same path in miniature; its figures say nothing")
    return out


def small(experiment: Experiment) -> Experiment:
    """The experiment with budgets of seconds."""
    arms = tuple(replace(arm, models=tuple(map(miniature, arm.models))) for arm in experiment.arms)
    return replace(experiment, arms=arms)


def run(args: argparse.Namespace) -> list[str]:
    """Do all of it; the names of the jobs that failed. Raises DeskcheckError for what cannot be used."""
    sizes = SMOKE if args.smoke else full()
    claim(args.out, digest((lineage.weights_hash(args.checkpoint), sizes, items.VERSION)))
    place = Place(args.out.absolute(), args.checkpoint.absolute(), sizes)
    seeds = range(1, args.seeds + 1)
    wanted: dict[str, jobs.Job] = {}
    for name in args.name:
        experiment = small(EXPERIMENTS[name]()) if args.smoke else EXPERIMENTS[name]()
        plan.index(experiment, seeds, place)
        wanted |= {job.name: job for job in plan.plan(experiment, seeds, place)}
    # of every child: one core each, and no converted weights are left in the user's own cache
    os.environ |= {"OMP_NUM_THREADS": "1", "XDG_CACHE_HOME": str(place.out / "cache"), "HF_HUB_DISABLE_TELEMETRY": "1"}
    return jobs.run(list(wanted.values()), args.parallel, place.out / "logs")


def main() -> None:
    """Run what is asked for; exit code 1 where some job failed."""
    args = parser().parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that the jobs are ended too
    try:
        failed = run(args)
    except DeskcheckError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("stopped; the same call goes on")
    if failed:
        sys.exit(f"error: not done: {', '.join(failed)}")


if __name__ == "__main__":
    main()
