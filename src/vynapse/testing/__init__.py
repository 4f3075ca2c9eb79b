# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Checkers for what you plug in: your task, your trainer, your structure, your encoding, …

Call them in your own tests. Each raises `AssertionError` with one sentence that says which promise
is broken; the built-in tasks, modes and structures pass the same checks.

    from vynapse.testing import check_task
    check_task(lambda: MyTask())
"""

from vynapse.testing.blueprint import check_blueprint
from vynapse.testing.control import check_control_task
from vynapse.testing.controller import check_controller
from vynapse.testing.encoding import check_encoding
from vynapse.testing.evaluator import check_evaluator
from vynapse.testing.export import check_export
from vynapse.testing.loss import check_loss
from vynapse.testing.mode import check_mode
from vynapse.testing.population import check_population
from vynapse.testing.sink import check_sink
from vynapse.testing.structure import check_structure
from vynapse.testing.task import check_task
from vynapse.testing.trainer import check_trainer

__all__ = [
    "check_blueprint",
    "check_control_task",
    "check_controller",
    "check_encoding",
    "check_evaluator",
    "check_export",
    "check_loss",
    "check_mode",
    "check_population",
    "check_sink",
    "check_structure",
    "check_task",
    "check_trainer",
]
