"""One thread for torch: the numbers are tiny, and the cores are shared."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.models.pretrain.tiny import make_data


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_data(tmp_path_factory.mktemp("data"))
