# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A training step tried before a run begins, so that what cannot be trained is said at the start.

Batch norm over single values cannot train on one example, which the last batch of an epoch may be.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vynapse.core import SupervisedTask, loss_of_tensors
from vynapse.errors import ConfigError, TrainingError
from vynapse.networks import modules
from vynapse.trainers.mode import Stage
from vynapse.trainers.order import order_of
from vynapse.user_code import guarded


def forward_and_backward(
    module: nn.Module,
    task: SupervisedTask,
    inputs: Tensor,
    targets: Tensor,
    kind: type[ConfigError | TrainingError] = TrainingError,
) -> Tensor:
    """The loss of a batch; parameters get its gradient.

    Args:
        module: the network.
        task: whose loss.
        inputs: (batch, *input_shape).
        targets: (batch,) or (batch, out).
        kind: the class of the error where the module or the loss fails.
    """
    what = f"a batch of {len(inputs)} {'example' if len(inputs) == 1 else 'examples'}"
    output = modules.call(module, inputs, what, kind)
    with guarded(f"loss {task.loss.name}: it cannot take outputs of {tuple(output.shape)}", kind):
        loss = loss_of_tensors(task.loss, output, targets)
    with guarded("network: its gradient cannot be computed", kind):
        loss.backward()
    return loss


def rehearse(stage: Stage, batch_size: int | None, steps: int | None = None) -> None:
    """Try a training step on a copy of the stage's network, with the sizes that batches will have.

    Networks whose structure knows its weights without a module are not tried.

    Args:
        stage: the stage with its network and its task; neither is changed.
        batch_size: examples per batch; None for all of them.
        steps: batches that will be made at most; None where nobody knows.

    Raises:
        ConfigError: the module or the loss raises, or the module gives no gradient.
    """
    if stage.network.structure.layout() is not None:
        return
    order = order_of(stage.supervised, batch_size, stage.streams)
    size = order.batch_size or order.count
    if size > 1:
        _try_batch(stage, 2)
    reaches_last = steps is None or steps >= order.steps_per_epoch
    if size == 1 or (reaches_last and order.count % size == 1):
        _try_lone_example(stage, size, order.count)


def _try_lone_example(stage: Stage, size: int, count: int) -> None:
    try:
        _try_batch(stage, 1)
    except ConfigError as error:
        why = str(error).partition(": it cannot take a batch of 1 example: ")[2] or str(error)
        which = (
            "batches are single examples"
            if size == 1
            else f"the last batch of {count} examples in batches of {size} is a single one"
        )
        raise ConfigError(
            f"network: {which}, and it cannot train on that: {why}: choose another batch_size"
        ) from None


def _try_batch(stage: Stage, count: int) -> None:
    task, network = stage.supervised, stage.network
    batch = task.split("train").take(slice(0, count))
    inputs = torch.tensor(task.prepare(batch.inputs), device=stage.device)
    targets = torch.tensor(batch.targets, device=stage.device)
    with modules.isolated_generators(0):
        module = modules.build(network.structure, network.tensors).to(stage.device).train()
        if modules.prefers_channels_last(module) and inputs.ndim == 4:
            module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
            inputs = inputs.contiguous(memory_format=torch.channels_last)
        if any(parameter.requires_grad for parameter in module.parameters()):
            forward_and_backward(module, task, inputs, targets, ConfigError)
