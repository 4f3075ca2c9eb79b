# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Up to which size the evolution kernel measures networks faster than matrix products do.

    python benchmarks/fused.py

Each row: 96 MLPs of one shape on some examples, cross-entropy; how often the kernel of each
instruction set, and its NumPy form, are as fast as `ArrayEncoding`. Best of 8 on one thread.
"""

import os
import time
from collections.abc import Callable

os.environ["OPENBLAS_NUM_THREADS"] = "1"

from vynapse.core import Split
from vynapse.evolution.encoding import ArrayEncoding
from vynapse.evolution.objective import TrainingExamples
from vynapse.kernels import native
from vynapse.kernels.evolve import NativeEvolution
from vynapse.kernels.reference.evolve import ReferenceEvolution
from vynapse.kernels.reference.law import GenerationRule, Problem
from vynapse.networks.mlp import MLP
from vynapse.seeding import Streams
from vynapse.tasks.arrays import ArrayTask, Splits

NETWORKS = 96
SHAPES = (
    (2, 2, 2), (2, 8, 2), (2, 16, 16, 2), (4, 32, 3), (2, 32, 32, 2), (16, 64, 4), (64, 32, 10),
    (2, 48, 48, 2), (30, 90, 10), (64, 64, 10), (64, 128, 10),
)  # fmt: skip
STREAM = Streams(0).stream("benchmark")
LAW = GenerationRule(20, NETWORKS, 20, 3, 0.0, 1.0, None, "self", 1e-4, STREAM, STREAM, None, 0.0)


def best(work: Callable[[], object], repeats: int = 8) -> float:
    """Least seconds of a call."""
    seconds = []
    for _ in range(repeats):
        begin = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begin)
    return min(seconds)


def row(shape: tuple[int, ...], examples: int) -> list[str]:
    """Cells of one shape."""
    inputs = STREAM.normal(examples * shape[0]).reshape(examples, -1)
    targets = STREAM.integers(shape[-1], examples, 1)
    task = ArrayTask(
        "any", Splits(Split(inputs, targets)), input_shape=(shape[0],), output_size=shape[-1],
        loss="cross_entropy",
    )  # fmt: skip
    encoding = ArrayEncoding(MLP(sizes=shape, output="identity"))
    problem = Problem(shape, "tanh", "identity", True, "cross_entropy", inputs, targets)
    genomes = STREAM.normal(NETWORKS * problem.parameters, 2).reshape(NETWORKS, -1)
    objective = TrainingExamples(task, None, STREAM).objective(0)
    products = best(lambda: objective.measure(encoding, genomes))
    kernels = [NativeEvolution(problem, LAW, library) for library in native.libraries()]
    times = [best(lambda kernel=kernel: kernel.measure(genomes)) for kernel in kernels]  # type: ignore[misc]
    reference = ReferenceEvolution(problem, LAW)
    times.append(best(lambda: reference.measure(genomes), 3))
    ratios = [f"{products / seconds:.2f}" for seconds in times]
    name = "-".join(map(str, shape))
    return [name, f"{problem.parameters:,}", str(examples), f"{1e3 * products:.2f}", *ratios]


def main() -> None:
    names = [library.instruction_set for library in native.libraries()]
    header = ["network", "weights", "examples", "products, ms", *names, "NumPy form"]
    print("| " + " | ".join(header) + " |")
    print("|" + " --- |" * len(header))
    for examples in (100, 1000):
        for shape in SHAPES:
            print("| " + " | ".join(row(shape, examples)) + " |", flush=True)


if __name__ == "__main__":
    main()
