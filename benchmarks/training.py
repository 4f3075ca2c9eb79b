# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Full-batch training of XOR, 2-2-1, with Adam beside torch and JAX, in one run on one core.

    python benchmarks/training.py

The peers share the environment of `weight_evolution.py`. A row's process takes turns with the
others'; rates are steps per second.
"""

import argparse
import contextlib
import statistics
from collections.abc import Iterable

from peers.environment import (
    Rates,
    Row,
    Worker,
    description,
    make_environment,
    measure,
    short,
    use_one_core,
)

ROWS = (
    Row("Vynapse", "C", "own", own=True),
    Row("Vynapse", "NumPy", "own", own=True, environment=(("VYNAPSE_KERNELS", "numpy"),)),
    Row("torch", "eager", "torch_training"),
    Row("torch", "fused", "torch_training"),
    Row("torch", "compiled", "torch_training"),
    Row("JAX", "optax", "jax_training"),
    Row("JAX", "by hand", "jax_training"),
)


def table(found: dict[Row, Rates]) -> Iterable[str]:
    own = next((rates.median for row, rates in found.items() if row == ROWS[0]), None)
    yield "| | | steps per second | per CPU second | Vynapse C, ratio |"
    yield "| --- " * 5 + "|"
    for row, rates in found.items():
        ratio = f"{short(own / rates.median)}×" if own else "–"
        cells = [row.library, row.algorithm, str(rates), short(statistics.median(rates.cpu)), ratio]
        yield "| " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7, help="measurements of each rate")
    parser.add_argument("--seconds", type=float, default=1.0, help="of each")
    parser.add_argument("--only", help="libraries, with commas between them")
    options = parser.parse_args()
    wanted = options.only.split(",") if options.only else {row.library for row in ROWS}
    python = make_environment()
    use_one_core()
    with contextlib.ExitStack() as stack:
        rows = [row for row in ROWS if row.library in wanted]
        workers = [stack.enter_context(Worker(row, python)) for row in rows]
        found = measure(workers, "train", rounds=options.rounds, seconds=options.seconds)
    print(description(), "\n")
    print(f"Median of {options.rounds} measurements of {options.seconds:g} s (smallest–largest).\n")
    print("\n".join(table(found)))


if __name__ == "__main__":
    main()
