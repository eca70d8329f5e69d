from __future__ import annotations

from pathlib import Path

import pytest

from models.rl import config
from workers.pipeline.errors import InputError

CONFIGS = sorted((Path(__file__).parents[3] / "models/configs").glob("rl-*.toml"))
TASK = '[[task]]\nkind = "predict"\n'


def test_every_configuration_of_the_project_is_read() -> None:
    assert {path.stem for path in CONFIGS} >= {"rl-smoke", "rl-nano", "rl-7b-vllm-colocate", "rl-7b-vllm-server"}
    for path in CONFIGS:
        assert config.load(path).name == path.stem


def test_tasks_are_read_with_their_fields(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text('name = "x"\n[[task]]\nkind = "repair"\nturns = 4\nfeedback = "random"\nshare = 2\n')
    (task,) = config.load(path).tasks
    assert (task.turns, task.feedback, task.share) == (4, "random", 2.0)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (TASK, "needs a name"),
        ('name = "x"', "at least one [[task]]"),
        ('name = "x"\nstepz = 1\n' + TASK, "unknown key 'stepz'"),
        ('name = "x"\n' + TASK + "[train]\nstepz = 1", "[train] unknown key 'stepz'"),
        ('name = "x"\n' + TASK + "speed = 1", "[[task]] 1 unknown key 'speed'"),
        ('name = "x"\n[[task]]\nshare = 1.0', "[[task]] 1 needs a kind"),
        ('name = "x"\n' + TASK + '[train]\nsteps = "1"', "[train] steps must be int"),
        ('name = "x"\n[[task]]\nkind = "guess"', "kind must be one of"),
        ('name = "x"\n' + TASK + 'feedback = "loud"', "feedback must be one of"),
        ('name = "x"\nstyle = "prose"\n' + TASK, "style must be one of"),
        ('name = "x"\n' + TASK + "[train]\ngroup = 1", "group must be at least 2"),
        ('name = "x"\n' + TASK + "[train]\nsteps = 0", "steps must be at least 1"),
        ('name = "x"\n' + TASK + "[train]\nlr = 0.0", "lr must be above 0"),
        ('name = "x"\n' + TASK + "[train]\nprompts = 3\ngroup = 4\nmicro = 8", "must divide"),
        ('name = "x"\n' + TASK + '[train]\nloss = "ppo"', "loss must be one of"),
        ('name = "x"\n' + TASK + "[pool]\nwrong = 1.5", "wrong must lie between 0 and 1"),
        ('name = "x"\n' + TASK + "[pool]\nraises = 0.7\nendless = 0.7", "raises + endless must lie"),
        ('name = "x"\n' + TASK + "[pool]\nhidden = 1", "hidden must be at least 2"),
        ('name = "x"\n' + TASK + '[pool]\nworkings = "long"', "workings must be one of"),
        ('name = "x"\n' + TASK + '[pool]\ndata = "d"\noperations = 4', "a data set has its own"),
        ('name = "x"\n' + TASK + '[pool]\ndata = "d"\nwording = "rich"', "a data set has its own"),
        ('name = "x"\n' + TASK + "[pool]\nlow = 0.5\nhigh = 0.5", "low must be below high"),
        ('name = "x"\nstyle = "chat"\n' + TASK + "[pool]\nlow = 0.1", "only a data set has them"),
        ('name = "x"\n' + TASK + '[vllm]\nmode = "maybe"', "mode must be one of"),
        ('name = "x"\n' + TASK + TASK, "there twice"),
        ('name = "x"\n' + TASK + '[train]\nsampler = "hand"', "sampler must be one of"),
        ('name = "x"\n' + TASK + '[train]\nsampler = "embedded"\ncpu = false', "on a CPU without vLLM"),
        ('name = "x"\n' + TASK + "[train]\ntokens = -1", "tokens must be 0 or more"),
        ('name = "x"\n' + TASK + "share = 0", "share"),
        ("name = ", "not valid TOML"),
    ],
)
def test_a_bad_configuration_is_one_clear_line(text: str, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text(text)
    with pytest.raises(InputError) as refusal:
        config.load(path)
    assert reason in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert str(path) in str(refusal.value)


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such configuration file"):
        config.load(tmp_path / "none.toml")
