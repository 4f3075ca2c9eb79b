# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The whole idea: a `Trainer` improves a network on a `Task`, one `step()` at a time.

The network is always a `torch.nn.Module`. This room loads no torch: whoever needs a module
imports it, and a run that needs none (weight evolution of small networks) starts at once.

    cost       Cost, Budget               what work costs, and when to stop
    network    Network, Policy, Winner    a network as a function and as data
    examples   Source, Split              where examples come from
    loss       Loss                       what training minimises
    task       Task, SupervisedTask       what a network is for
    control    ControlTask, Environments  networks that act
    trainer    Trainer, Report            who improves it, and what was reached
    loop       run, Progress              the loop of every mode
"""

from vynapse.core.control import (
    ControlTask,
    Environments,
    Episodes,
    KernelEpisodes,
    with_episodes,
)
from vynapse.core.cost import AMOUNTS, NO_COST, Budget, Cost
from vynapse.core.examples import Digest, Rows, Source, Split, block_of
from vynapse.core.loop import NOTHING_FINITE, Progress, run
from vynapse.core.loss import KernelLoss, Loss, as_loss, loss_of_arrays, loss_of_tensors
from vynapse.core.network import (
    Array,
    FunctionPolicy,
    Network,
    Policy,
    Predict,
    State,
    Stateless,
    Winner,
    predictor_of,
)
from vynapse.core.task import (
    Activation,
    Augment,
    Evaluation,
    Interface,
    Measure,
    Origin,
    SplitName,
    SupervisedTask,
    Task,
    as_task,
    with_examples,
)
from vynapse.core.trainer import Report, Trainer

__all__ = [
    "AMOUNTS",
    "NOTHING_FINITE",
    "NO_COST",
    "Activation",
    "Array",
    "Augment",
    "Budget",
    "ControlTask",
    "Cost",
    "Digest",
    "Environments",
    "Episodes",
    "Evaluation",
    "FunctionPolicy",
    "Interface",
    "KernelEpisodes",
    "KernelLoss",
    "Loss",
    "Measure",
    "Network",
    "Origin",
    "Policy",
    "Predict",
    "Progress",
    "Report",
    "Rows",
    "Source",
    "Split",
    "SplitName",
    "State",
    "Stateless",
    "SupervisedTask",
    "Task",
    "Trainer",
    "Winner",
    "as_loss",
    "as_task",
    "block_of",
    "loss_of_arrays",
    "loss_of_tensors",
    "predictor_of",
    "run",
    "with_episodes",
    "with_examples",
]
