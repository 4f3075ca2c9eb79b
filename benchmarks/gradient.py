# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
# mypy: ignore-errors
# The peers have no types.
"""Steps of gradient descent and inference, as torch does them and as graphs, on one thread.

    python benchmarks/gradient.py > benchmarks/results/gradient.md

All rows of a table take turns within one process. A figure is the median over rounds of the time of
a step, and the interquartile range of that; JAX is measured where it is installed.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import statistics
import time
from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from vynapse.graph.execute.onnxruntime import OnnxRuntime
from vynapse.graph.execute.planned import Planned
from vynapse.graph.execute.stepping import Interpreted
from vynapse.graph.rewrite import fusion
from vynapse.graph.trace import trace
from vynapse.kernels import native
from vynapse.kernels.train import Problem, Training, fresh
from vynapse.kernels.train import Rule as KernelRule
from vynapse.networks.modules import isolated_generators
from vynapse.trainers.rules import Rule
from vynapse.trainers.static_step import TrainingStep, carried

Call = Callable[[], object]
ROUNDS = 30


def main() -> None:
    """Measure, and print Markdown."""
    torch.set_num_threads(1)
    # REUSE-IgnoreStart
    print("<!-- SPDX-FileCopyrightText: 2026 Vynapse contributors -->")
    print("<!-- SPDX-License-Identifier: MIT OR Apache-2.0 -->\n")
    # REUSE-IgnoreEnd
    print("# Gradient descent and inference\n")
    load = os.getloadavg()[0]
    print(
        f"`python benchmarks/gradient.py`, one thread, torch {torch.__version__}, Python "
        f"{platform.python_version()}, {processor()}.\nOther processes ran on the machine: "
        f"the load was {load:.1f} on {os.cpu_count()} cores, so only ratios mean something.\n"
        f"A linear layer in oneDNN takes {one_dnn():.2f} of its time in MKL here.\n"
    )
    tables = {
        "A training step: MLP 784-128-10, batch 128, Adam": training_rows,
        "A training step: XOR, 2-2-1, full batch, Adam": xor_rows,
        "Inference of the MLP at batch 1": inference_rows,
    }
    for title, rows in tables.items():
        show(title, measure(rows()))


def training_rows() -> dict[str, tuple[Call, int]]:
    """Calls by name, and how many steps each makes."""
    with isolated_generators(0):
        module = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
        x, y = torch.randn(128, 784), torch.randint(10, (128,))
    rows = step_rows(module, nn.functional.cross_entropy, x, y)
    if importlib.util.find_spec("jax") is not None:
        rows["JAX, jitted"] = (jax_step(module, x, y), 1)
    return rows


def xor_rows() -> dict[str, tuple[Call, int]]:
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
    rows["mode static: kernel"] = (lambda: training.run(learner, rates), 100)
    return rows


def step_rows(
    module: nn.Module,
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    x: torch.Tensor,
    y: torch.Tensor,
) -> dict[str, tuple[Call, int]]:
    """Eager torch and the executors."""
    step = TrainingStep(module, loss, Rule("adam"))
    position = step.begin()
    graph = step.traced(position, x, y)
    rate = torch.tensor(1e-3, dtype=torch.float64)
    steppers = {
        "graph, planned": Planned(graph, carried(graph), fast_linear=False),
        "graph, planned, fast linear": Planned(graph, carried(graph), fast_linear=True),
        "graph, interpreter": Interpreted(graph, carried(graph)),
    }
    optimiser = torch.optim.Adam(module.parameters(), fused=True)
    plain = torch.optim.Adam(module.parameters())

    def eager(rule: torch.optim.Optimizer) -> None:
        rule.zero_grad()
        loss(module(x), y).backward()
        rule.step()

    rows: dict[str, tuple[Call, int]] = {
        "torch eager": (lambda: eager(plain), 1),
        "torch eager, fused Adam": (lambda: eager(optimiser), 1),
    }
    for name, stepper in steppers.items():
        stepper.start(*position.tensors())
        rows[name] = (lambda s=stepper: (s.compute(x, y, rate), s.commit()), 1)
    return rows


def inference_rows() -> dict[str, tuple[Call, int]]:
    """One example at a time."""
    with isolated_generators(0):
        module = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10)).eval()
    x = torch.zeros(1, 784)
    graph = trace(module, x)
    onnx, planned = OnnxRuntime(graph), Planned(graph)
    array = {onnx._session.get_inputs()[0].name: x.numpy()}

    def eager() -> object:
        with torch.no_grad():
            return module(x)

    return {
        "torch eager": (eager, 1),
        "graph, planned": (lambda: planned.step(x), 1),
        "ONNX Runtime": (lambda: onnx._session.run(None, array), 1),
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

    @jax.jit
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

    zeros = [jnp.zeros_like(w) for w in weights]
    held = [(weights, zeros, zeros, jnp.zeros(()))]

    def call() -> None:
        held[0] = jax.block_until_ready(step(held[0]))

    return call


def measure(rows: dict[str, tuple[Call, int]]) -> dict[str, list[float]]:
    """Microseconds of a step in each round, rows taking turns."""
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
            begin = time.perf_counter()
            for _ in range(calls[name]):
                call()
            spent = time.perf_counter() - begin
            found[name].append(1e6 * spent / calls[name] / steps)
    return found


def show(title: str, found: dict[str, list[float]]) -> None:
    """A table; the ratio is to the first row."""
    print(f"## {title}\n\n| | microseconds | range | times torch eager |\n|---|---|---|---|")
    first = statistics.median(next(iter(found.values())))
    for name, values in found.items():
        low, middle, high = statistics.quantiles(values, n=4)
        print(f"| {name} | {middle:.1f} | {low:.1f} to {high:.1f} | {first / middle:.2f} |")
    print()


def one_dnn() -> float:
    """Time of a linear layer in oneDNN over that in MKL."""
    x, w, b = torch.randn(128, 784), torch.randn(128, 784), torch.randn(128)
    if not fusion.available():
        return float("nan")
    op = torch.ops.mkldnn._linear_pointwise
    rows: dict[str, tuple[Call, int]] = {
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
