# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
# mypy: ignore-errors
# Written as such packages are: without types, and against what checkers allow.
"""Modules as users bring them: small ones, written the way well-known packages write theirs.

Those of `VECTORS` take three numbers, those of `TOKENS` five numbers of tokens below 7; all give
two outputs. `PART` names a part behind which each may grow.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn
from torch.nn.utils import parametrizations

VOCABULARY = 7


class Block(nn.Module):
    """As timm has them: pre-norm, layer scale, drop path, an activation class as an argument."""

    def __init__(self, width, act_layer=nn.GELU, drop_path=0.1):
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.fc1, self.act, self.fc2 = nn.Linear(width, 8), act_layer(), nn.Linear(8, width)
        self.gamma = nn.Parameter(1e-1 * torch.ones(width))
        self.drop_path = drop_path

    def forward(self, x):
        y = self.gamma * self.fc2(self.act(self.fc1(self.norm1(x))))
        if self.training and self.drop_path:
            keep = torch.rand(len(x), *[1] * (x.dim() - 1)) >= self.drop_path
            y = y * keep / (1 - self.drop_path)
        return x + y


class TimmLike(nn.Module):
    def __init__(self, num_classes):
        super().__init__()
        self.num_classes = self.num_features = num_classes
        self.stem = nn.Linear(3, 6)
        self.blocks = nn.Sequential(*[Block(6, nn.Hardswish), Block(6)])
        self.head = nn.Identity()
        self.reset_classifier(num_classes)

    def reset_classifier(self, num_classes):
        self.head = nn.Linear(6, num_classes)

    def forward_features(self, x):
        return self.blocks(self.stem(x))

    def forward(self, x):
        return self.head(self.forward_features(x))


class ModelOutput(dict):
    """As Hugging Face's: a mapping whose entries are attributes."""

    __getattr__ = dict.__getitem__


class Config:
    def __init__(self, **keys):
        self.hidden_size, self.num_labels, self.vocab_size = 8, 2, VOCABULARY
        self.__dict__.update(keys)


class Encoder(nn.Module):
    """As Hugging Face's BERT: expanded position ids, a mask of -inf, keyword arguments."""

    def __init__(self, config):
        super().__init__()
        self.config = config
        self.word_embeddings = nn.Embedding(config.vocab_size, config.hidden_size, padding_idx=0)
        self.position_embeddings = nn.Embedding(16, config.hidden_size)
        self.register_buffer("position_ids", torch.arange(16).expand((1, -1)))
        self.register_buffer("mask", torch.triu(torch.full((5, 5), -math.inf), diagonal=1))
        self.query = nn.Linear(config.hidden_size, config.hidden_size)
        self.dense = nn.Linear(config.hidden_size, config.hidden_size)
        self.dropout = nn.Dropout(0.1)
        self.classifier = nn.Linear(config.hidden_size, config.num_labels)

    def forward(self, input_ids, attention_mask=None, return_dict=True):
        if input_ids.min() < 0 or input_ids.max() >= self.config.vocab_size:
            raise KeyError(int(input_ids.min()))
        places = self.position_ids[:, : input_ids.shape[1]]
        h = self.word_embeddings(input_ids) + self.position_embeddings(places)
        weights = (self.query(h) @ h.transpose(1, 2) + self.mask).softmax(-1)
        h = self.dropout(torch.tanh(self.dense(weights @ h)))
        return ModelOutput(logits=self.classifier(h[:, -1]), hidden_states=(h,))


class Logits(nn.Module):
    """What users write around such a model."""

    def __init__(self):
        super().__init__()
        self.model = Encoder(Config())

    def forward(self, x):
        return self.model(input_ids=x.long(), return_dict=True).logits


class Reader(nn.Module):
    def __init__(self, bidirectional=True):
        super().__init__()
        self.embed = nn.Embedding(VOCABULARY, 4)
        self.lstm = nn.LSTM(4, 5, batch_first=True, bidirectional=bidirectional)
        self.last = nn.Identity()
        self.head = nn.Linear(10, 2)

    def forward(self, x):
        features, _ = self.lstm(self.embed(x.long()))
        return self.head(self.last(features[:, -1]))


class Tied(nn.Module):
    """Weights of the embedding that are those of the output, as in language models."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(VOCABULARY, 6)
        self.mix = nn.Linear(6, 6)
        self.out = nn.Linear(6, VOCABULARY, bias=False)
        self.out.weight = self.embed.weight
        self.head = nn.Linear(VOCABULARY, 2)

    def forward(self, x):
        return self.head(self.out(torch.relu(self.mix(self.embed(x.long()).mean(1)))))


class Snake(nn.Module):
    """An activation of one's own, with a parameter."""

    def __init__(self):
        super().__init__()
        self.alpha = nn.Parameter(torch.tensor(1.0))

    def forward(self, x):
        return x + torch.sin(self.alpha * x) ** 2 / self.alpha


class Counted(nn.Module):
    """Buffers: whole numbers that count, an expanded one, one that is in no state dict."""

    def __init__(self):
        super().__init__()
        self.fc1, self.norm, self.fc2 = nn.Linear(3, 6), nn.BatchNorm1d(6), nn.Linear(6, 2)
        self.register_buffer("calls", torch.zeros((), dtype=torch.long))
        self.register_buffer("scale", torch.full((1,), 0.5).expand(6))
        self.register_buffer("rotation", torch.ones(6, dtype=torch.complex64), persistent=False)
        self.empty = nn.Parameter(torch.empty(0, 3))

    def forward(self, x):
        if self.training:
            self.calls += 1
        return self.fc2(torch.relu(self.norm(self.fc1(x))) * self.scale * self.rotation.real)


class Nonzero(nn.Module):
    """It refuses zeros, and whatever is no unit of length."""

    def __init__(self):
        super().__init__()
        self.a, self.act, self.b = nn.Linear(3, 6), nn.Tanh(), nn.Linear(6, 2)

    def forward(self, x):
        assert x.abs().sum() > 0
        return self.b(self.act(self.a(x / x.norm(dim=-1, keepdim=True))))


def timm_like(num_classes: int = 2) -> nn.Module:
    return TimmLike(num_classes)


def hf_like() -> nn.Module:
    return Logits()


def embedding() -> nn.Module:
    return nn.Sequential(Long(), nn.Embedding(VOCABULARY, 4), nn.Flatten(), nn.Linear(20, 2))


class Long(nn.Module):
    def forward(self, x):
        return x.long()


def lstm() -> nn.Module:
    return Reader()


def tied() -> nn.Module:
    return Tied()


def weight_norm() -> nn.Module:
    first = parametrizations.weight_norm(nn.Linear(3, 6))
    return nn.Sequential(first, nn.ReLU6(), nn.Linear(6, 2))


def spectral_norm() -> nn.Module:
    first = parametrizations.spectral_norm(nn.Linear(3, 6))
    return nn.Sequential(first, nn.Mish(), nn.Linear(6, 2))


def buffers() -> nn.Module:
    return Counted()


def frozen() -> nn.Module:
    module = nn.Sequential(nn.Linear(3, 6), nn.Tanh(), nn.Linear(6, 2))
    return module.requires_grad_(False).append(nn.Linear(2, 2))


def dropout() -> nn.Module:
    return nn.Sequential(nn.Linear(3, 6), nn.SiLU(), nn.Dropout(0.3), nn.Linear(6, 2))


def custom() -> nn.Module:
    return nn.Sequential(nn.Linear(3, 6), Snake(), nn.Linear(6, 2))


def compiled() -> nn.Module:
    part: Any = torch.compile(nn.Tanh(), backend="eager")
    module = nn.Sequential(nn.Linear(3, 6), part, nn.Linear(6, 2))
    module[2].compile(backend="eager")
    whole: Any = torch.compile(module, backend="eager")
    return whole


def nonzero() -> nn.Module:
    return Nonzero()


VECTORS = {
    "timm_like": "blocks.0.act", "weight_norm": "1", "spectral_norm": "1", "buffers": "norm",
    "frozen": "1", "dropout": "1", "custom": "1", "nonzero": "act",
}  # fmt: skip
TOKENS = {"hf_like": "model.dense", "embedding": "2", "lstm": "last", "tied": "mix"}
PART = {**VECTORS, **TOKENS, "compiled": "1"}
