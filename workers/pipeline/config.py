"""What a caller may choose: sampling numbers and budgets. Values only; limits on them are the edge's business."""

from __future__ import annotations

from dataclasses import dataclass

from workers.pipeline.types import Voting


@dataclass(frozen=True, slots=True)
class SamplingParams:
    """How completions are drawn."""

    temperature: float
    """0 means greedy."""
    top_p: float
    max_tokens: int


@dataclass(frozen=True, slots=True)
class PipelineConfig:
    """One run of `solve`."""

    candidates: int = 8
    """N, how many programs are sampled."""
    votes: int = 1
    """k, how many runs each prediction is made of; one is greedy, several vote."""
    voting: Voting | None = None
    """How several votes differ: `names`, greedy runs of the program and of copies under other names (`rename.py`), of
    the tagged style only; or `samples`, runs at `vote_temperature`. None: `names` where it can be."""
    rounds: int = 3
    """Repair rounds at most; 0 only ranks."""
    repairs: int = 2
    """How many of the best candidates are repaired in a round."""
    repair_samples: int = 2
    """How many repairs are sampled for each of them."""
    resamples: int = 2
    """How many programs a round samples anew besides, as at the start: a program that misses the problem's meaning is
    seldom repaired."""
    evidence: int = 2
    """How many tests a repair prompt shows."""
    concurrency: int = 64
    """Requests in flight at once."""
    confidence_floor: float = 0.5
    """A predicted failure less likely right than this is no verdict: the model abstains. Only for checkpoints with a
    calibration table, since raw confidences mean nothing absolute; 0 takes every prediction at its word."""
    seed: int = 0
    temperature: float = 0.8
    """For sampling programs and repairs."""
    vote_temperature: float = 0.6
    """For predictions when votes > 1 are samples."""
    top_p: float = 0.95
    max_program_tokens: int = 512
    max_narrative_tokens: int = 1536
