# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Press Ctrl-C in each stage, resume after each; the run is left in the last stage."""

import os
import signal
from pathlib import Path

from vynapse import Session, load_recipe
from vynapse.errors import Interrupted
from vynapse.experiment.session import StageReport


def press_ctrl_c(stage: int, step: int):
    def observer(report: StageReport) -> None:
        if (report.stage, report.report.step) == (stage, step):
            os.kill(os.getpid(), signal.SIGINT)

    return observer


run = Path("cut")
Session.create(load_recipe(file=Path("recipe.yaml")), run)
for stage, step in ((0, 3), (1, 40), (2, 1), (3, 4)):
    try:
        Session.open(run).run([press_ctrl_c(stage, step)])
    except Interrupted as interruption:
        print(interruption)
    else:
        raise SystemExit("the run ended before it was interrupted")
