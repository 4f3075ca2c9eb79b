# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
# mypy: ignore-errors
# The peers have no types.
"""Steps of gradient descent and inference, as torch does them and as graphs, on one core.

    python benchmarks/gradient.py > benchmarks/results/gradient.md

All rows of a table take turns within one process, which keeps to one core. A figure is CPU time of
a step, the median over rounds; a ratio is the median over rounds of torch eager's time over the
row's, with its interquartile range. JAX is measured where it is installed, and its absence is said.
"""

from __future__ import annotations

import importlib.util
import itertools
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from peers.environment import ONE_CORE, use_one_core
from torch import nn

from vynapse.core import Budget, Split
from vynapse.graph.execute.onnxruntime import OnnxRuntime
from vynapse.graph.execute.planned import Planned
from vynapse.graph.execute.stepping import Interpreted
from vynapse.graph.rewrite import fusion
from vynapse.graph.trace import trace
from vynapse.kernels import native
from vynapse.kernels.train import Problem, Training, fresh
from vynapse.kernels.train import Rule as KernelRule
from vynapse.networks.mlp import MLP
from vynapse.networks.modules import isolated_generators
from vynapse.networks.state import initial_state
from vynapse.seeding import Streams
from vynapse.tasks.arrays import ArrayTask, Splits
from vynapse.trainers.mode import Stage
from vynapse.trainers.rules import Rule
from vynapse.trainers.sgd_settings import SgdSettings
from vynapse.trainers.sgd_torch import TorchEngine
from vynapse.trainers.static_engine import StaticEngine
from vynapse.trainers.static_settings import StaticSettings
from vynapse.trainers.static_step import TrainingStep, carried

Call = Callable[[], object]
Rows = dict[str, tuple[Call, int]]
"""Calls by name, and how many steps each makes; the first is what the others are compared with."""
ROUNDS = 30
SEEDS, NUDGES = 10, 9
WINNERS = {"xor": (2, 2, 1), "digits": (64, 128, 10), "": (784, 128, 10), "mnist": (784, 512, 10)}
"""Networks of inference, by the task whose preset they are."""


def main() -> None:
    """Measure, and print Markdown."""
    os.environ.update(ONE_CORE)
    use_one_core()
    torch.set_num_threads(1)
    # REUSE-IgnoreStart
    print("<!-- SPDX-FileCopyrightText: 2026 Vynapse contributors -->")
    print("<!-- SPDX-License-Identifier: MIT OR Apache-2.0 -->\n")
    # REUSE-IgnoreEnd
    print("# Gradient descent and inference\n")
    print(
        f"`python benchmarks/gradient.py`, one core, torch {torch.__version__}, {jax_version()}, "
        f"Python {platform.python_version()}, {processor()}.\nMicroseconds are CPU time; other "
        f"processes ran on the machine (load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores), "
        f"so ratios mean more.\n"
        f"A linear layer in oneDNN takes {one_dnn():.2f} of its time in MKL here.\n"
    )
    tables = {
        "A training step: MLP 784-128-10, batch 128, Adam": training_rows,
        "The same step in the modes: batch, step, and the loss read each time": mode_rows,
        "A training step: XOR, 2-2-1, full batch, Adam": xor_rows,
    }
    for title, rows in tables.items():
        show(title, measure(rows()))
    spreads()
    for task, sizes in WINNERS.items():
        name = "-".join(map(str, sizes))
        preset = f", the network of task {task}" if task else ""
        show(f"Inference at batch 1: {name}{preset}", measure(inference_rows(sizes)))


def spreads() -> None:
    """How far mode static ends from eager, beside eager from itself, as a test measures it."""
    sys.path.append(str(Path(__file__).parents[1]))
    from tests.trainers.spread import NETWORKS, STEPS, ends

    print(
        f"## Final losses after {STEPS} steps on the digits, {SEEDS} seeds\n\n"
        "Distance: mean over the seeds of the relative difference from eager's final loss, of "
        f"static from the\nsame start, and of eager from {NUDGES} sets of starts whose weights "
        "are all one ulp away.\n\n"
        "Deviation: static's mean loss less the mean of eager's, in standard deviations of eager's "
        "over the sets.\n\n"
        "| network | rule | loss, eager | loss, static | distance of static | of eager nudged "
        "| deviation |\n|---|---|---|---|---|---|---|"
    )
    for network in NETWORKS:
        for name, rule in (("adam", Rule("adam")), ("momentum", Rule("sgd", momentum=0.9))):
            found = ends(network, rule, SEEDS, NUDGES)
            print(
                f"| {network} | {name} | {found.eager.mean():.7f} | {found.static.mean():.7f} | "
                f"{found.distance:.1e} | {found.spread.min():.1e} to {found.spread.max():.1e} | "
                f"{found.deviations:.2f} |"
            )
    print()


def jax_version() -> str:
    """Its version, or that it is not there."""
    if importlib.util.find_spec("jax") is None:
        return "JAX not installed and not measured"
    import jax

    return f"JAX {jax.__version__}"


def training_rows() -> Rows:
    """The middling network."""
    with isolated_generators(0):
        module = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
        x, y = torch.randn(128, 784), torch.randint(10, (128,))
    rows = step_rows(module, nn.functional.cross_entropy, x, y)
    if importlib.util.find_spec("jax") is not None:
        rows["JAX, jitted"] = (jax_step(module, x, y), 1)
    return rows


def xor_rows() -> Rows:
    """The smallest network; the kernel makes 100 steps in a call."""
    with isolated_generators(0):
        module = nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 1), nn.Sigmoid())
    x = torch.tensor([[0.0, 0], [0, 1], [1, 0], [1, 1]])
    y = torch.tensor([[0.0], [1], [1], [0]])
    rows = step_rows(module, nn.functional.mse_loss, x, y)
    problem = Problem((2, 2, 1), "tanh", "sigmoid", True, "mse", x.numpy(), y.numpy())
    rule = KernelRule("adam", 0.0, False, (0.9, 0.999), 0.0, None)
    training = Training(problem, rule, native.status().library)
    learner = fresh(np.linspace(-1, 1, problem.parameters, dtype=np.float32))
    rates = np.full(100, 1e-3)
    rows["mode static, which takes the kernel"] = (lambda: training.run(learner, rates), 100)
    return rows


def step_rows(
    module: nn.Module,
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    x: torch.Tensor,
    y: torch.Tensor,
) -> Rows:
    """Eager torch and the executors."""
    step = TrainingStep(module, loss, Rule("adam"))
    position = step.begin()
    graph = step.traced(position, x, y)
    rate = torch.tensor(1e-3, dtype=torch.float64)
    steppers = {
        "graph, planned": Planned(graph, carried(graph), fast_linear=False, fused_update=False),
        "graph, planned, fused update": Planned(graph, carried(graph), fast_linear=False),
        "graph, planned, fast linear, fused update": Planned(graph, carried(graph)),
        "graph, interpreter": Interpreted(graph, carried(graph)),
    }
    optimiser = torch.optim.Adam(module.parameters(), fused=True)
    plain = torch.optim.Adam(module.parameters())

    def eager(rule: torch.optim.Optimizer) -> None:
        rule.zero_grad()
        loss(module(x), y).backward()
        rule.step()

    rows: Rows = {
        "torch eager": (lambda: eager(plain), 1),
        "torch eager, fused Adam": (lambda: eager(optimiser), 1),
    }
    for name, stepper in steppers.items():
        stepper.start(*position.tensors())
        rows[name] = (lambda s=stepper: (s.compute(x, y, rate), s.commit()), 1)
    return rows


def mode_rows() -> Rows:
    """What the engines of the modes make of 20 steps, beside the same by hand."""
    draw = np.random.default_rng(0)
    x, y = draw.normal(size=(1280, 784)).astype(np.float32), draw.integers(10, size=1280)
    part = Split(x, y)
    task = ArrayTask(
        "any", Splits(part, part, part), input_shape=(784,), output_size=10, loss="cross_entropy"
    )
    structure = MLP(sizes=(784, 128, 10), hidden="relu").fit(task.interface())
    network, streams = initial_state(structure, Streams(0)), Streams(0).child("stage")
    stage = Stage(task, network, True, streams, budget=Budget(steps=10**9))
    engines = {
        "mode sgd": TorchEngine(stage, SgdSettings()),
        "mode static": StaticEngine(stage, StaticSettings()),
    }
    with isolated_generators(0):
        module = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
    parts = zip(torch.from_numpy(x).split(128), torch.from_numpy(y).split(128), strict=True)
    batches = list(parts)
    optimiser = torch.optim.Adam(module.parameters())

    def eager() -> None:
        for inputs, targets in 2 * batches:
            optimiser.zero_grad()
            loss = nn.functional.cross_entropy(module(inputs), targets)
            loss.backward()
            optimiser.step()
            loss.item()

    rows: Rows = {"torch eager": (eager, 20)}
    rates = np.full(20, 1e-3)
    for name, engine in engines.items():
        call = (lambda e=engine: e.update(0, rates), 20)
        rows[f"{name}: {engine.path}"] = call
    return rows


def inference_rows(sizes: tuple[int, ...]) -> Rows:
    """One example at a time."""
    act = nn.Tanh if sizes[0] == 2 else nn.ReLU
    with isolated_generators(0):
        layers = [nn.Linear(*pair) for pair in itertools.pairwise(sizes)]
        module = nn.Sequential(layers[0], act(), layers[1]).eval()
    x = torch.zeros(1, sizes[0])
    graph = trace(module, x)
    onnx, planned = OnnxRuntime(graph), Planned(graph)
    array = {onnx._session.get_inputs()[0].name: x.numpy()}
    (filled,) = onnx.memory()

    def eager() -> object:
        with torch.no_grad():
            return module(x)

    return {
        "torch eager": (eager, 1),
        "graph, planned": (lambda: planned.step(x), 1),
        "ONNX Runtime, session.run": (lambda: onnx._session.run(None, array), 1),
        "ONNX Runtime, bound memory, input copied": (lambda: onnx.compute(x), 1),
        "ONNX Runtime, bound memory": (lambda: onnx.compute(filled), 1),
    }


def jax_step(module: nn.Module, x: torch.Tensor, y: torch.Tensor) -> Call:
    """The same step in JAX, jitted."""
    import jax
    from jax import numpy as jnp

    weights = [jnp.asarray(p.detach().numpy()) for p in module.parameters()]
    given, wanted = jnp.asarray(x.numpy()), jnp.asarray(y.numpy())

    def loss(p: list[jax.Array]) -> jax.Array:
        hidden = jax.nn.relu(given @ p[0].T + p[1])
        scores = jax.nn.log_softmax(hidden @ p[2].T + p[3])
        return -scores[jnp.arange(len(wanted)), wanted].mean()

    @partial(jax.jit, donate_argnums=0)
    def step(state: tuple) -> tuple:
        p, m, v, t = state
        t, g = t + 1, jax.grad(loss)(p)
        m = [0.9 * a + 0.1 * b for a, b in zip(m, g, strict=True)]
        v = [0.999 * a + 0.001 * b * b for a, b in zip(v, g, strict=True)]
        one, two = 1 - 0.9**t, 1 - 0.999**t
        p = [
            w - 1e-3 * (a / one) / (jnp.sqrt(b / two) + 1e-8)
            for w, a, b in zip(p, m, v, strict=True)
        ]
        return p, m, v, t

    mean, square = ([jnp.zeros_like(w) for w in weights] for _ in range(2))
    held = [(weights, mean, square, jnp.zeros(()))]

    def call() -> None:
        held[0] = jax.block_until_ready(step(held[0]))

    return call


def measure(rows: Rows) -> dict[str, list[float]]:
    """Microseconds of CPU of a step in each round, rows taking turns."""
    calls = {}
    for name, (call, _) in rows.items():
        for _ in range(3):
            call()
        begin = time.perf_counter()
        call()
        calls[name] = max(1, int(0.02 / (time.perf_counter() - begin)))
    found: dict[str, list[float]] = {name: [] for name in rows}
    for _ in range(ROUNDS):
        for name, (call, steps) in rows.items():
            begin = time.process_time()
            for _ in range(calls[name]):
                call()
            spent = time.process_time() - begin
            found[name].append(1e6 * spent / calls[name] / steps)
    return found


def show(title: str, found: dict[str, list[float]]) -> None:
    """A table; ratios are to the first row, round by round."""
    print(f"## {title}\n\n| | microseconds | times torch eager | quartiles |\n|---|---|---|---|")
    first = next(iter(found.values()))
    for name, values in found.items():
        ratios = [eager / own for eager, own in zip(first, values, strict=True)]
        low, middle, high = statistics.quantiles(ratios, n=4)
        print(
            f"| {name} | {statistics.median(values):.1f} | {middle:.2f} | {low:.2f} to {high:.2f} |"
        )
    print()


def one_dnn() -> float:
    """Time of a linear layer in oneDNN over that in MKL."""
    x, w, b = torch.randn(128, 784), torch.randn(128, 784), torch.randn(128)
    if not fusion.available():
        return float("nan")
    op = torch.ops.mkldnn._linear_pointwise
    rows: Rows = {
        "mkl": (lambda: nn.functional.linear(x, w, b), 1),
        "dnn": (lambda: op(x, w, b, "none", [], ""), 1),
    }
    found = measure(rows)
    return statistics.median(found["dnn"]) / statistics.median(found["mkl"])


def processor() -> str:
    """Its name, where the system tells."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            lines = [line for line in file if line.startswith("model name")]
        return lines[0].partition(":")[2].strip()
    except (OSError, IndexError):
        return platform.machine()


if __name__ == "__main__":
    main()
