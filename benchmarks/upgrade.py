# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Whether this tree computes what an older commit computed: the same runs in both, compared.

    python benchmarks/upgrade.py                       # every run; writes results/upgrade.md
    python benchmarks/upgrade.py --base COMMIT         # against another commit
    python benchmarks/upgrade.py --only cut-sgd stages --out one.md

The older commit is unpacked into a temporary folder and its kernels are compiled there. Each run is
a process of its own, on one thread. A run that begins with `cut-` is killed with SIGKILL after its
first checkpoint and resumed; this tree also resumes one that the older commit began. What the older
commit wrote is also read by `vynapse evaluate` of this tree. The exit code is 1 where a run differs
and `EXPLAINED` in upgrade_runs.py does not say why.
"""

import argparse
import json
import platform
import shlex
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from upgrade_compare import differences, story
from upgrade_runs import EXPLAINED, RUNS
from upgrade_trees import Failed, Tree, compile_kernels, furnish, install

ROOT: Final = Path(__file__).parents[1]
BASE: Final = "e415dd61246abdfb88453474309fd47bbf58d803"
RESULTS: Final = ROOT / "benchmarks" / "results" / "upgrade.md"
# REUSE-IgnoreStart
PAGE: Final = """\
<!-- SPDX-FileCopyrightText: 2026 Vynapse contributors -->
<!-- SPDX-License-Identifier: MIT OR Apache-2.0 -->

# The same runs in an older commit and in this tree

{about}
{counts} Each run was a process of its own, on one thread.

*Equal* means: the same bytes of weights and the same `network_sha256`; the same `metrics.csv` but
for its column of seconds; and in `summary.json` the same loss, metrics, test figures, costs, steps
and reasons to stop. For an undisturbed run it also means that `vynapse evaluate` of this tree
measures in the older commit's run what the older commit measured. *Resumed*: this tree killed the
run with SIGKILL after its first checkpoint and resumed it. *Handed over*: the older commit began
the run and was killed, and this tree resumed it. Both are compared with the older commit's
undisturbed run.

| run | command of `vynapse` | what it came to | result |
| --- | --- | --- | --- |
{lines}
"""
# REUSE-IgnoreEnd


@dataclass(frozen=True)
class Row:
    """One comparison.

    Attributes:
        name: of the run, and what was done with it.
        command: what was typed.
        story: what the run came to.
        differs: what differs; "" where nothing does.
    """

    name: str
    command: str
    story: str
    differs: str

    @property
    def verdict(self) -> str:
        """Equal, or what differs and why that is meant."""
        why = EXPLAINED.get(self.differs)
        return ": ".join(filter(None, (self.differs, why))) if self.differs else "*equal*"


def needed(only: list[str]) -> list[str]:
    """The runs that are asked for and those whose networks they begin with, in order."""
    for name in only:
        if name not in RUNS:
            raise SystemExit(f"{name} is no run: {', '.join(RUNS)}")
    wanted = set(only or RUNS)
    wanted |= {other for other in RUNS for name in wanted if f"{{runs}}/{other}" in RUNS[name]}
    return [name for name in RUNS if name in wanted]


def rows(name: str, base: Tree, today: Tree) -> Iterator[Row]:
    """What is done with one command, one row each."""
    command = f"`{RUNS[name]}`"
    try:
        old = base.whole(name)
    except Failed as failure:
        yield Row(name, command, "", f"the older commit: {failure}")
        return
    what = compared(lambda: [*differences(old, today.whole(name)), *misread(old, today)])
    yield Row(name, command, story(old), what)
    if name.startswith("cut-"):
        what = compared(lambda: differences(old, today.resumed(today.begun(name))))
        yield Row(f"{name}, resumed", "the same, killed and resumed", "", what)
        handed = today.runs / f"{name}-handed-over-begun"
        shutil.move(base.begun(name), handed)
        what = compared(lambda: differences(old, today.resumed(handed)))
        yield Row(f"{name}, handed over", "the same, begun by the older commit", "", what)


def compared(look: Callable[[], list[str]]) -> str:
    """What a comparison finds, or why it could not be made."""
    try:
        return "; ".join(look())
    except Failed as failure:
        return str(failure)


def misread(old: Path, today: Tree) -> list[str]:
    """What `vynapse evaluate` of today's tree finds otherwise in a run of the older one."""
    summary = json.loads((old / "summary.json").read_text(encoding="utf-8"))
    measured = json.loads(today.vynapse(f"evaluate {shlex.quote(str(old))} validation --json"))
    same = (measured["loss"], measured["metrics"]) == (summary["loss"], summary["metrics"])
    return [] if same else [f"evaluate: {measured['loss']} instead of {summary['loss']}"]


def table(found: list[Row], base: str, seconds: float) -> str:
    """The page."""
    equal = sum(not row.differs for row in found)
    about = f"`python benchmarks/upgrade.py --base {base[:7]}`, {datetime.now(UTC):%Y-%m-%d}"
    lines = [
        f"| {row.name} | {row.command.replace('|', chr(92) + '|')} | {row.story} | {row.verdict} |"
        for row in found
    ]
    counts = (
        f"{len(found)} comparisons in {seconds:.0f} s: {equal} equal, {len(found) - equal} not."
    )
    return PAGE.format(about=f"{about}, {machine()}.", counts=counts, lines="\n".join(lines))


def machine() -> str:
    """The machine and the versions that the results depend on."""
    versions = [f"{name} {version(name)}" for name in ("torch", "numpy")]
    python = f"Python {platform.python_version()}"
    return ", ".join([f"{platform.system()} {platform.machine()}", python, *versions])


def main() -> int:
    """Run, compare, write; 1 where a difference is not explained."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--base", default=BASE, metavar="COMMIT", help="the older commit")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="these runs alone")
    parser.add_argument("--out", type=Path, default=RESULTS, help="the table, in Markdown")
    given = parser.parse_args()
    names, begin, found = needed(given.only), time.monotonic(), list[Row]()
    with tempfile.TemporaryDirectory(prefix="upgrade-") as folder:
        base = Tree(Path(folder) / "source", Path(folder) / "base")
        today = Tree(ROOT, Path(folder) / "today")
        install(given.base, base.source)
        compile_kernels(ROOT)
        for tree in (base, today):
            furnish(tree.work)
        for name in names:
            for row in rows(name, base, today):
                found.append(row)
                print(f"{time.monotonic() - begin:6.1f} s  {row.name}: {row.verdict}", flush=True)
    given.out.write_text(table(found, given.base, time.monotonic() - begin), encoding="utf-8")
    return int(any(row.differs and row.differs not in EXPLAINED for row in found))


if __name__ == "__main__":
    sys.exit(main())
