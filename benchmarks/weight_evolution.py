# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Weight evolution beside the peers: one table from one run on one core.

    python benchmarks/weight_evolution.py

The first run installs the peers (see peers/environment.py). Rates are generations per second of
wall-clock time: XOR with a 2-2-1 network at populations 100 and 1000, and a 784-32-10 network on
1,000 rows at population 256. Beside them stands how surely and how fast XOR is solved.
"""

import argparse
import contextlib
import statistics
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from peers.environment import (
    Rates,
    Row,
    Worker,
    description,
    make_environment,
    measure,
    say,
    short,
    timed,
    use_one_core,
)
from peers.problems import SOLVE_EVALUATIONS, XOR_SOLVED

C = Row("Vynapse", "C", "own", own=True)
NUMPY = Row("Vynapse", "NumPy", "own", own=True, environment=(("VYNAPSE_KERNELS", "numpy"),))
ROWS = (
    C,
    NUMPY,
    Row("DEAP", "eaMuPlusLambda", "deap"),
    Row("DEAP", "eaSimple", "deap"),
    Row("pycma", "CMA-ES", "pycma"),
    Row("EvoTorch", "GeneticAlgorithm", "evotorch"),
    Row("EvoTorch", "SNES", "evotorch"),
    Row("EvoX", "PSO", "evox"),
    Row("EvoX", "OpenES", "evox"),
    Row("evosax", "SimpleGA", "evosax"),
    Row("evosax", "Open_ES", "evosax"),
)
# CMA-ES keeps a matrix of weights squared; DEAP's two differ in XOR's law of evolution alone
NO_MLP = {("pycma", "CMA-ES"), ("DEAP", "eaSimple")}


@dataclass
class Line:
    """What was found of one row."""

    rates: dict[str, Rates] = field(default_factory=dict)
    solved: list[dict[str, Any]] = field(default_factory=list)
    cold: list[float] = field(default_factory=list)


def take(rows: tuple[Row, ...], options: argparse.Namespace) -> dict[Row, Line]:
    python = make_environment()
    use_one_core()
    lines = {row: Line() for row in rows}
    with contextlib.ExitStack() as stack:
        workers = [stack.enter_context(Worker(row, python)) for row in rows]
        take_rates(workers, lines, options)
        for worker in workers:
            say(f"solving XOR: preparing {worker.row.library} {worker.row.algorithm}")
            worker("solve", 0)
        for seed in range(options.seeds):
            for worker in workers:
                say(f"solving XOR: seed {seed}, {worker.row.library} {worker.row.algorithm}")
                lines[worker.row].solved.append(worker("solve", seed))
    for seed in range(options.cold):
        for row in rows:
            say(f"cold start: seed {seed}, {row.library} {row.algorithm}")
            lines[row].cold.append(timed(row, python, "solve", seed))
    return lines


def take_rates(workers: list[Worker], lines: dict[Row, Line], options: argparse.Namespace) -> None:
    rounds, seconds = options.rounds, options.seconds
    large = [w for w in workers if (w.row.library, w.row.algorithm) not in NO_MLP]
    found = {
        "100": measure(workers, "xor", 100, rounds=rounds, seconds=seconds),
        "1000": measure(workers, "xor", 1000, rounds=rounds, seconds=seconds),
        "mlp": measure(large, "mlp", rounds=rounds, seconds=2 * seconds),
    }
    for name, rates in found.items():
        for row, rate in rates.items():
            lines[row].rates[name] = rate


def table(lines: dict[Row, Line]) -> Iterable[str]:
    yield (
        "| | | XOR, population 100 | XOR, population 1000 | 784-32-10, population 256 | "
        "XOR solved | evaluations | seconds | cold process, s |"
    )
    yield "| --- " * 9 + "|"
    for row, line in lines.items():
        good = [run for run in line.solved if run["loss"] < XOR_SOLVED]
        evaluations = f"{statistics.median(r['evaluations'] for r in good):,.0f}" if good else "–"
        seconds = f"{statistics.median(r['seconds'] for r in line.solved):.2g}"
        rates = [str(line.rates.get(name, "–")) for name in ("100", "1000", "mlp")]
        cells = [row.library, row.algorithm, *rates, f"{len(good)} of {len(line.solved)}"]
        cells += [evaluations, seconds, f"{statistics.median(line.cold):.2g}"]
        yield "| " + " | ".join(cells) + " |"


def ratios(lines: dict[Row, Line]) -> Iterable[str]:
    """Ours over each peer; the kernels, then NumPy."""
    names = {"100": "population 100", "1000": "population 1000", "mlp": "784-32-10"}
    own = [row for row in lines if row.own]
    heads = [f"{row.algorithm}, {name}" for row in own for name in names.values()]
    yield "| Vynapse's rate over that of | " + " | ".join(heads) + " |"
    yield "| --- " * (1 + len(heads)) + "|"
    for row, line in lines.items():
        if not row.own:
            pairs = [(lines[o].rates.get(n), line.rates.get(n)) for o in own for n in names]
            cells = [f"{short(a.median / b.median)}×" if a and b else "–" for a, b in pairs]
            yield f"| {row.library} {row.algorithm} | " + " | ".join(cells) + " |"


def cpu_seconds(lines: dict[Row, Line]) -> Iterable[str]:
    """What the rates would be had nobody else used the core: per second of CPU time."""
    yield "| generations per CPU second | XOR, population 100 | XOR, population 1000 | 784-32-10 |"
    yield "| --- " * 4 + "|"
    for row, line in lines.items():
        cells = [f"{row.library} {row.algorithm}"]
        for name in ("100", "1000", "mlp"):
            rates = line.rates.get(name)
            cells.append(short(statistics.median(rates.cpu)) if rates else "–")
        yield "| " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="measurements of each rate")
    parser.add_argument("--seconds", type=float, default=1.0, help="of each; twice for 784-32-10")
    parser.add_argument("--seeds", type=int, default=20, help="searches for a solution of XOR")
    parser.add_argument("--cold", type=int, default=3, help="of them in processes of their own")
    parser.add_argument("--only", help="libraries, with commas between them")
    options = parser.parse_args()
    wanted = options.only.split(",") if options.only else {row.library for row in ROWS}
    lines = take(tuple(row for row in ROWS if row.library in wanted), options)
    print(description(), "\n")
    print(
        f"Generations per second: median of {options.rounds} measurements of {options.seconds:g} s "
        f"(smallest–largest). XOR is solved below {XOR_SOLVED:g} within {SOLVE_EVALUATIONS:,} "
        f"evaluations, on {options.seeds} seeds; evaluations are the median where it is solved. "
        "Seconds are medians over all seeds in a warm process, and over "
        f"{options.cold} seeds from the start of a cold one, imports and compilation included. "
        "DEAP's eaSimple measures about 60 new networks in a generation of 100.\n"
    )
    for part in (table, ratios, cpu_seconds):
        print("\n".join(part(lines)), "\n")


if __name__ == "__main__":
    main()
