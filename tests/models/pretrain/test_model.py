"""Compiling: the same numbers, and no more work for a deeper model."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch._dynamo.testing import CompileCounter

from models import config
from models.config import ModelConfig
from models.pretrain import model
from models.pretrain.data import LENGTHS

NANO = sorted((Path(__file__).parents[3] / "models/configs").glob("nano-*.toml"))


@pytest.mark.parametrize("path", NANO, ids=lambda path: path.stem)
def test_a_nano_model_is_small_enough_to_be_bundled_and_long_enough_for_its_records(path: Path) -> None:
    resolved = config.load(path)
    with torch.device("meta"):
        made = model.create(resolved.model, resolved.dataset.vocab_size)
    assert sum(p.numel() for p in made.parameters()) <= 22e6
    assert resolved.dataset.max_tokens <= min(resolved.model.context, LENGTHS[-1])
    assert resolved.model.hidden % resolved.model.heads == 0


@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor")  # what passes between layers is no leaf
def test_layers_share_what_is_compiled_for_a_shape_and_no_length_is_left_out() -> None:
    torch.manual_seed(0)
    plain = model.create(ModelConfig(hidden=32, layers=3, heads=2, intermediate=64), 64)
    batches = [torch.randint(0, 64, (2, length)) for length in LENGTHS]
    expected = [plain(input_ids=ids, use_cache=False).logits for ids in batches]
    counter = CompileCounter()
    compiled = model.compiled(plain, backend=counter)
    for _ in range(2):
        for ids, logits in zip(batches, expected, strict=True):
            torch.testing.assert_close(compiled(input_ids=ids, use_cache=False).logits, logits)
    assert counter.frame_count == len(LENGTHS)


@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor")  # what passes between layers is no leaf
def test_layers_that_are_compiled_for_all_shapes_are_so_once_or_twice() -> None:
    torch.manual_seed(0)
    plain = model.create(ModelConfig(hidden=32, layers=3, heads=2, intermediate=64), 64)
    batches = [torch.randint(0, 64, (5 + number, length)) for number, length in enumerate(LENGTHS)]
    expected = [plain(input_ids=ids, use_cache=False).logits for ids in batches]
    counter = CompileCounter()
    compiled = model.compiled(plain, dynamic=True, backend=counter)
    for ids, logits in zip(batches, expected, strict=True):
        torch.testing.assert_close(compiled(input_ids=ids, use_cache=False).logits, logits)
    assert counter.frame_count <= 2


def test_heads_may_share_keys_and_values() -> None:
    sizes = {}
    for kv_heads in (0, 1, 2, 4):
        made = model.create(ModelConfig(hidden=32, layers=1, heads=4, intermediate=64, kv_heads=kv_heads), 64)
        sizes[kv_heads] = made.model.layers[0].self_attn.k_proj.weight.shape
    assert sizes == {0: (32, 32), 1: (8, 32), 2: (16, 32), 4: (32, 32)}
