"""Optimizers and the learning-rate schedule.

Muon (Jordan et al. 2024; the form of torch.optim.Muon) moves the matrices inside the layers, AdamW everything else.
"""

from __future__ import annotations

import torch
from torch import nn

from models.config import PretrainConfig


def optimizers(model: nn.Module, config: PretrainConfig) -> list[torch.optim.Optimizer]:
    """Muon for the 2-D weights of the layers, AdamW for embeddings and norms."""
    matrices = [
        p for name, p in model.named_parameters() if p.ndim == 2 and "embed" not in name and "lm_head" not in name
    ]
    chosen = {id(p) for p in matrices}
    others = [p for p in model.parameters() if id(p) not in chosen]
    return [
        torch.optim.Muon(matrices, lr=config.lr, weight_decay=config.weight_decay, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(others, lr=config.lr, betas=(0.9, 0.95), weight_decay=0.0, fused=True),
    ]


def rate(step: int, progress: float, config: PretrainConfig) -> float:
    """Share of the peak rate: linear warm-up over steps, constant, linear to zero over the last part of the budget."""
    warm = min(1.0, (step + 1) / max(1, config.warmup_steps))
    cool = min(1.0, (1.0 - progress) / config.decay) if config.decay > 0 else 1.0
    return max(0.0, warm * cool)
