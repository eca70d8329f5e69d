"""One thread for torch: the numbers are tiny, and the cores are shared."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.models.sft.made import call, make_chat, make_chat_model, make_tagged, make_toml
from tests.tiny import make_tiny_checkpoint


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def tagged_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tagged(tmp_path_factory.mktemp("tagged"))


@pytest.fixture(scope="session")
def chat_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_chat(tmp_path_factory.mktemp("chat"))


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random checkpoint of the tagged style."""
    return make_tiny_checkpoint(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def chat_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_chat_model(tmp_path_factory.mktemp("chat-model"))


@pytest.fixture(scope="session")
def whole(tiny: Path, tagged_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run."""
    folder = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as monkeypatch:
        call(monkeypatch, make_toml(folder / "t.toml", tiny), tagged_data, folder / "out")
    return folder / "out"
