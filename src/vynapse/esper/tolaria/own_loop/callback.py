# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Growth for a trainer that calls back as Lightning does; it needs nothing of Lightning."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, final

from torch import Tensor

from vynapse.esper.tolaria.own_loop.witness import Validation


@final
class GrowthCallback:
    """Tells a grower of batches and epochs. Any other call back does nothing."""

    def __init__(
        self,
        after_step: Callable[[float | Tensor], None],
        after_epoch: Callable[[Validation], None],
        validation: Validation,
    ) -> None:
        self._after_step, self._after_epoch = after_step, after_epoch
        self._validation = validation

    def on_train_batch_end(self, _trainer: Any, _module: Any, outputs: Any, *_: Any) -> None:
        """`outputs` is the loss, or a mapping with the key `loss`."""
        self._after_step(outputs["loss"] if isinstance(outputs, Mapping) else outputs)

    def on_validation_epoch_end(self, trainer: Any, *_: Any) -> None:
        """An epoch is over; the trial before the first one is none."""
        if not getattr(trainer, "sanity_checking", False):
            self._after_epoch(self._validation)

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name.startswith("on_") or name in ("setup", "teardown"):
            return lambda *_arguments, **_named: None
        raise AttributeError(f"GrowthCallback has no attribute {name!r}")
