# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The whole idea: a `Trainer` improves a network on a `Task`, one `step()` at a time.

The network is always a `torch.nn.Module`. This room loads no torch: whoever needs a module
imports it, and a run that needs none (weight evolution of small networks) starts at once.

    cost       Cost, Budget               what work costs, and when to stop
    network    Network, Policy, Winner    a network as a function and as data
    task       Task, SupervisedTask       what a network is for
    trainer    Trainer, Report            who improves it, and what was reached
    loop       run, Progress              the loop of every mode
"""

from vynapse.core.cost import AMOUNTS, NO_COST, Budget, Cost
from vynapse.core.loop import Progress, run
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
from vynapse.core.task import Evaluation, Interface, LossKind, Split, SupervisedTask, Task
from vynapse.core.trainer import Report, Trainer

__all__ = [
    "AMOUNTS",
    "NO_COST",
    "Array",
    "Budget",
    "Cost",
    "Evaluation",
    "FunctionPolicy",
    "Interface",
    "LossKind",
    "Network",
    "Policy",
    "Predict",
    "Progress",
    "Report",
    "Split",
    "State",
    "Stateless",
    "SupervisedTask",
    "Task",
    "Trainer",
    "Winner",
    "predictor_of",
    "run",
]
