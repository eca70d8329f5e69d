"""`python -m tests.models.rl.ranked`: the command `models.rl` as it is, and beside it what this process saw of a run.

OUT/rank-N.json   names   for each step, the rows that its episodes started from, one for each episode
                  asked   for each call of the policy, prompts of this process
                  sent    and those that went to the model
                  passes  for each computation of log-probabilities outside of the loss, forward passes
                  weights sha256 of the weights in the end
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from trl import GRPOTrainer

from models.rl import __main__ as command
from models.rl import learner, run

SEEN: dict[str, Any] = {"names": [], "asked": [], "sent": [], "passes": []}


def watch() -> None:
    """Put notes around what is called in every process."""
    roll_out, generate, finish = learner._roll_out, learner._Policy.generate, run.finish
    send = GRPOTrainer._generate_single_turn
    logps = GRPOTrainer._get_per_token_logps_and_entropies

    def rolled(names: list[str], trainer: Any) -> Any:
        SEEN["names"].append(list(names))
        return roll_out(names, trainer)

    def generated(self: Any, prompts: list[list[int]]) -> Any:
        SEEN["asked"].append(len(prompts))
        return generate(self, prompts)

    def sent(self: Any, prompts: list[list[int]], *more: Any) -> Any:
        SEEN["sent"].append(len(prompts))
        return send(self, prompts, *more)

    def computed(own: Any, model: Any, ids: Any, mask: Any, keep: int, size: Any, *more: Any, **rest: Any) -> Any:
        if size:
            SEEN["passes"].append(-(-len(ids) // size))
        return logps(own, model, ids, mask, keep, size, *more, **rest)

    def finished(trainer: Any, out: Path, facts: Any) -> None:
        weights = hashlib.sha256()
        for value in trainer.accelerator.unwrap_model(trainer.model).state_dict().values():
            weights.update(value.numpy().tobytes())
        told = SEEN | {"weights": weights.hexdigest()}
        (out / f"rank-{os.environ['RANK']}.json").write_text(json.dumps(told), encoding="utf-8")
        finish(trainer, out, facts)

    learner._roll_out, learner._Policy.generate, run.finish = rolled, generated, finished  # type: ignore[method-assign]
    GRPOTrainer._generate_single_turn, GRPOTrainer._get_per_token_logps_and_entropies = sent, computed


if __name__ == "__main__":
    watch()
    command.main()
