# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Whether growth earns its place: tables in which every row has the same budget in FLOPs.

    python benchmarks/growth.py table cifar10 --seeds 0,1,2,3,4    # the heuristic and its controls
    python benchmarks/growth.py contributions cifar10              # of the seeds in its winners
    python benchmarks/growth.py variants cifar10                   # other settings, less to spend
    python benchmarks/growth.py upgrade cifar10 --seeds 0,1,2,3,4  # a network trained before
    python benchmarks/growth.py ablation glyphs --seeds 0,1,2      # one setting at a time
    python benchmarks/growth.py thresholds glyphs --seeds 0,1,2    # settings of the heuristic
    python benchmarks/growth.py unequal cifar10 --seeds 0          # as the seed project compared

Each table is printed, and its runs are written to a CSV file in --out, one a line. Where torch sees
a GPU they run there.

Budgets are counted in epochs of the largest network that growth aims at, so growth never sees more
than a network of that size would in so many epochs, and a small network sees more. Runs are kept in
--out: those that have ended are not repeated, and one that was interrupted is gone on with.
"""

import argparse
from pathlib import Path
from typing import Final

from growth_contributions import contributions
from growth_existing import ablation, upgrade
from growth_fresh import table, thresholds, unequal, variants
from growth_settings import EPOCHS

TABLES: Final = {
    "table": table,
    "contributions": contributions,
    "variants": variants,
    "upgrade": upgrade,
    "ablation": ablation,
    "thresholds": thresholds,
    "unequal": unequal,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=TABLES)
    parser.add_argument("task", choices=EPOCHS)
    parser.add_argument("--seeds", default="0,1,2,3,4", help="with commas between them")
    parser.add_argument("--out", type=Path, default=Path("runs/growth"))
    given = parser.parse_args()
    TABLES[given.what](given.task, [int(seed) for seed in given.seeds.split(",")], given.out)


if __name__ == "__main__":
    main()
