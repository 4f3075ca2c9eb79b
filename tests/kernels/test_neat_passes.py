# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Passes in kept room give the bits of single calls, in C and in NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from tests.evolution.neat.test_batched import grown
from vynapse.kernels import native, neat
from vynapse.kernels.neat_passes import Passes


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("examples", [1, 63, 150])
def test_passes_are_forward_and_gradients(
    seed: int, examples: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    genomes, rng = grown(seed), np.random.default_rng(seed)
    programs = neat.compile_genomes(genomes, False)
    edges = programs.first[np.arange(len(programs)), programs.steps]
    programs.weight[np.arange(programs.weight.shape[1]) >= edges[:, None]] = 0  # anything is there
    batch = neat.Batch(rng.normal(size=(examples, genomes.inputs)).astype(np.float32))
    fast = Passes(programs, batch)
    with monkeypatch.context() as patch:
        patch.setattr(native, "status", lambda: native.Status(None, "not wanted"))
        plain = Passes(programs, batch)
    for _ in range(3):  # what an earlier call left behind must not matter
        programs.weight += rng.normal(size=programs.weight.shape).astype(np.float32)
        shape = len(genomes), examples, genomes.outputs
        slopes = rng.normal(size=shape).astype(np.float32)
        outputs = fast.outputs()
        assert outputs.tobytes() == neat.forward(programs, batch).tobytes()
        found, wanted = fast.gradients(slopes), neat.gradients(programs, batch, slopes)
        assert found.tobytes() == wanted.tobytes()
        with monkeypatch.context() as patch:
            patch.setattr(native, "status", lambda: native.Status(None, "not wanted"))
            assert plain.outputs().tobytes() == outputs.tobytes()
            assert plain.gradients(slopes).tobytes() == wanted.tobytes()
