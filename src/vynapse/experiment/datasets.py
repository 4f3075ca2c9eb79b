# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Examples of a torch `Dataset` or `DataLoader` as arrays."""

from __future__ import annotations

from typing import Any

import torch
from torch.utils.data import DataLoader

from vynapse.core import Array
from vynapse.errors import DataError
from vynapse.networks.modules import isolated_generators


def arrays_of(data: Any) -> tuple[Array, Array]:
    """Inputs (n, …) and targets of all examples, read once, in the order of the dataset.

    A loader's `collate_fn` is used; its order, its batches and its workers are not, since a run has
    an order of its own, which is a function of the seed. Random changes that a dataset makes are
    made once.

    Raises:
        DataError: the examples are no pairs of tensors of one shape.
    """
    loader = data if isinstance(data, DataLoader) else None
    collate = None if loader is None else loader.collate_fn
    reader: DataLoader[Any] = DataLoader(
        data if loader is None else loader.dataset, batch_size=256, collate_fn=collate
    )
    inputs, targets = [], []
    with isolated_generators(0):
        try:
            for batch in reader:
                one, two = batch
                inputs.append(torch.as_tensor(one))
                targets.append(torch.as_tensor(two))
            return torch.cat(inputs).numpy(), torch.cat(targets).numpy()
        except (RuntimeError, TypeError, ValueError) as error:
            first = str(error).strip().partition("\n")[0]
            raise DataError(
                f"data: examples (input, target) of one shape were wanted: {first}"
            ) from None
