# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a network forgets while it grows on other data than it was trained on.

    python benchmarks/growth_forgetting.py --seeds 0,1,2

A perceptron 64-32-10 with ten outputs from the start learns the digits 0 to 4. Then it grows on the
digits 5 to 9 alone and never sees a 0 to 4 again. A clock grows it, so that all rows grow at the
same time. Accuracy is that of the network at rest on validation pictures, among all ten outputs.
"""

import argparse
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, cast

import numpy as np
from growth_runs import cells, markdown, say

from vynapse.core import Split
from vynapse.esper.tolaria.trainer import GrowthTrainer
from vynapse.experiment.config import load_recipe
from vynapse.experiment.plan import Plan, prepare
from vynapse.experiment.session import Session
from vynapse.experiment.store import load
from vynapse.networks.state import NetworkState
from vynapse.tasks.arrays import ArrayTask, Splits
from vynapse.tasks.digits import digits
from vynapse.tasks.pictures import PictureSettings

NETWORK: Final = "network={mlp: {sizes: [64, 32, 10], hidden: relu}}"
HOST: Final = (
    NETWORK, "learning_rate=0.005", "batch_size=32", "schedule=cosine",
    "budget={epochs: 20, target: null, patience: null}", "threads=1",
)  # fmt: skip
EPOCHS: Final = 12
INCUBATING: Final = 5
RULE: Final = (
    "training={learning_rate: 0.002, batch_size: 32, schedule: cosine}", "threads=1",
    f"budget={{epochs: {EPOCHS}, target: null, patience: null}}",
)  # fmt: skip
CLOCK: Final = (
    f"controller={{kind: fixed, begin: 0, every: 100, training_epochs: {INCUBATING}, "
    "blueprints: [mlp], parameter_limit: 20}"
)
ARMS: Final[Mapping[str, tuple[str, ...]]] = {
    "a seed, isolation frozen": (CLOCK, "isolation=frozen"),
    "a seed, isolation shadow": (CLOCK, "isolation=shadow"),
    "a seed, isolation joint": (CLOCK, "isolation=joint"),
    "32 channels more, from 32": (
        "controller={kind: 'growth_widening:Wider', begin: 0, every: 100, most: 64}",
    ),
    "no growth: plain fine-tuning": ("controller=no-op",),
}
"""How the network grows, by row."""


def half(lower: bool = True) -> ArrayTask:
    """The digits 0 to 4, or 5 to 9, with outputs for all ten."""
    whole = digits(PictureSettings())

    def chosen(name: Literal["train", "validation", "test"]) -> Split:
        split = cast("Split", whole.source(name))
        return split.take((split.targets < 5) == lower)

    return ArrayTask(
        f"digits {'0 to 4' if lower else '5 to 9'}",
        lambda: Splits(chosen("train"), chosen("validation"), chosen("test")),
        input_shape=whole.input_shape,
        output_size=whole.output_size,
        loss="cross_entropy",
        classes=whole.classes,
        prepare=whole.prepare,
    )


@dataclass(frozen=True)
class Course:
    """What became of a network.

    Attributes:
        old: accuracy on 0 to 4 after each epoch, the one before the first included.
        new, final: accuracy on 5 to 9 and on all digits at the end.
        same: epochs from the first on after which each tensor of the host was the same to the bit.
        parameters: at the end.
    """

    old: tuple[float, ...]
    new: float
    final: float
    same: int
    parameters: int


def course(seed: int, host: Path, settings: Sequence[str]) -> Course:
    """Grow the network of a run on the other digits."""
    own = "task.lower=false", NETWORK, f"weights={host}", f"seed={seed}"
    recipe = load_recipe("growth_forgetting:half", "grow", overrides=[*own, *RULE, *settings])
    plan, old, whole = prepare(recipe), half(), digits(PictureSettings())
    trainer = cast("GrowthTrainer", plan.build(0, None)[0])
    start = load(host).network
    states = [start]
    for _ in range(EPOCHS):
        trainer.step()
        states.append(trainer.growth.network.winner())
    same = next((n for n, state in enumerate(states) if not keeps(start, state)), len(states))
    end = states[-1]
    return Course(
        tuple(accuracy(old, state) for state in states),
        accuracy(plan.task, end),
        accuracy(whole, end),
        same - 1,
        sum(tensor.size for tensor in end.tensors.values()),
    )


def keeps(start: NetworkState, state: NetworkState) -> bool:
    """Whether a network is another one, to the bit; one that has grown in is another."""
    return start.tensors.keys() == state.tensors.keys() and all(
        np.array_equal(tensor, state.tensors[name]) for name, tensor in start.tensors.items()
    )


def accuracy(task: object, state: NetworkState) -> float:
    """In per cent, on the validation split."""
    found = cast("ArrayTask", task).evaluate(state.predictor(), "validation")
    return 100 * found.metrics["accuracy"]


def trained(seed: int, path: Path) -> Plan:
    """Train the host on the digits 0 to 4, or only read it."""
    recipe = load_recipe("growth_forgetting:half", "sgd", overrides=[*HOST, f"seed={seed}"])
    Session.create_or_open(recipe, path).run()
    return prepare(recipe)


def line(name: str, found: Sequence[Course]) -> dict[str, str]:
    """A row of the table."""
    blended = INCUBATING + 2  # seeds germinate before the first epoch and blend in one epoch
    return {
        "": name,
        "before": cells([one.old[0] for one in found], 1),
        "lowest while the seed trains": cells([min(one.old[: INCUBATING + 1]) for one in found], 1),
        "same to the bit for": ", ".join(sorted({f"{one.same} epochs" for one in found})),
        "after blending": cells([one.old[blended] for one in found], 1),
        "at the end": cells([one.old[-1] for one in found], 1),
        "5 to 9 at the end": cells([one.new for one in found], 1),
        "all at the end": cells([one.final for one in found], 1),
        "parameters": f"{found[0].parameters:,}",
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", default="0,1,2", help="with commas between them")
    parser.add_argument("--out", type=Path, default=Path("runs/growth-forgetting"))
    given = parser.parse_args()
    seeds = [int(seed) for seed in given.seeds.split(",")]
    began, hosts = time.process_time(), {seed: given.out / f"host-{seed}" for seed in seeds}
    for seed, path in hosts.items():
        trained(seed, path)
    lines = []
    for name, settings in ARMS.items():
        found = [course(seed, hosts[seed], settings) for seed in seeds]
        lines.append(line(name, found))
        say(f"{name}: {' '.join(f'{value:.0f}' for value in found[0].old)}")
    print(markdown(lines))
    say(f"{time.process_time() - began:.0f} s of CPU time")


if __name__ == "__main__":
    main()
