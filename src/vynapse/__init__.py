# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Vynapse: train, evolve and grow small neural networks.

`import vynapse` loads nothing: a public name is imported when it is first used (PEP 562).
"""

from __future__ import annotations

TYPE_CHECKING = False  # as in typing, which takes its time to load

__all__ = [
    "ArrayTask",
    "Budget",
    "Classifier",
    "Comparison",
    "Cost",
    "ExampleTask",
    "Loss",
    "Mode",
    "NetworkState",
    "Recipe",
    "Regressor",
    "Report",
    "Session",
    "Split",
    "Splits",
    "Stage",
    "Streams",
    "SupervisedTask",
    "Task",
    "Trainer",
    "VynapseError",
    "__version__",
    "compare",
    "evolve",
    "grow",
    "load",
    "load_recipe",
    "make_task",
    "minimize",
    "run",
]

__version__ = "0.1.0"

if TYPE_CHECKING:
    from vynapse.core import (
        Budget,
        Cost,
        Loss,
        Report,
        Split,
        SupervisedTask,
        Task,
        Trainer,
    )
    from vynapse.errors import VynapseError
    from vynapse.esper.tolaria.own_loop.grow import grow
    from vynapse.experiment.call import run
    from vynapse.experiment.compare import Comparison
    from vynapse.experiment.compare_call import compare
    from vynapse.experiment.config import load_recipe
    from vynapse.experiment.estimators import Classifier, Regressor
    from vynapse.experiment.recipe import Recipe
    from vynapse.experiment.session import Session
    from vynapse.experiment.store import load
    from vynapse.networks.state import NetworkState
    from vynapse.seeding import Streams
    from vynapse.tasks.arrays import ArrayTask, Splits
    from vynapse.tasks.examples import ExampleTask
    from vynapse.tasks.registry import make_task
    from vynapse.trainers.evolve import evolve
    from vynapse.trainers.minimise import minimize
    from vynapse.trainers.mode import Mode, Stage
else:
    _HOMES = {
        "ArrayTask": "tasks.arrays",
        "Budget": "core",
        "Classifier": "experiment.estimators",
        "Comparison": "experiment.compare",
        "Cost": "core",
        "ExampleTask": "tasks.examples",
        "Loss": "core",
        "Mode": "trainers.mode",
        "NetworkState": "networks.state",
        "Recipe": "experiment.recipe",
        "Regressor": "experiment.estimators",
        "Report": "core",
        "Session": "experiment.session",
        "Split": "core",
        "Splits": "tasks.arrays",
        "Stage": "trainers.mode",
        "Streams": "seeding",
        "SupervisedTask": "core",
        "Task": "core",
        "Trainer": "core",
        "VynapseError": "errors",
        "compare": "experiment.compare_call",
        "evolve": "trainers.evolve",
        "grow": "esper.tolaria.own_loop.grow",
        "load": "experiment.store",
        "load_recipe": "experiment.config",
        "make_task": "tasks.registry",
        "minimize": "trainers.minimise",
        "run": "experiment.call",
    }

    def __getattr__(name):
        """Import a public name from its home, once."""
        if name not in _HOMES:
            raise AttributeError(f"module 'vynapse' has no attribute {name!r}")
        import importlib

        value = getattr(importlib.import_module(f"vynapse.{_HOMES[name]}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return list(__all__)
