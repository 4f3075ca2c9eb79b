# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Write docs/commands.md from the command line itself.

python scripts/command_reference.py            write the page
python scripts/command_reference.py --check    exit 1 if the page is not up to date
"""

from __future__ import annotations

import sys
from pathlib import Path

from vynapse.cli.app import build_app
from vynapse.cli.command import Program
from vynapse.cli.commands import ESPER, VYNAPSE

PAGE = Path(__file__).parent.parent / "docs" / "commands.md"

HEAD = """\
<!-- SPDX-FileCopyrightText: 2026 Vynapse contributors -->
<!-- SPDX-License-Identifier: MIT OR Apache-2.0 -->
<!-- Written by scripts/command_reference.py: change the commands, not this page. -->

# Commands

`vynapse --help` and `vynapse COMMAND --help` say the same in a terminal; `python -m vynapse` is the
same program.

## Output

Results go to standard output; progress, log messages and errors to standard error. On a terminal
progress is a bar, refreshed at most four times a second; otherwise it is a line every five seconds
and one at the end of each stage.

With `--json` standard output carries one JSON object per line and nothing else, and there is no
progress. `run` and `resume` write an object for each row that they add to `metrics.csv`
(`--log-every` thins both) with the keys `stage`, `mode`, `step`, `loss`, `metrics`, `seconds` and
`cost`, the last two of that stage alone. The last line is the summary, the object that
`vynapse show RUN --json` prints. A number that is not finite is `null`. If the reader of standard
output goes away, as `head` does, a run goes on to its end.

An error is one sentence, or one for each problem, on standard error, prefixed with `vynapse: `.
With `--json` the last line of standard output is then an object with the keys `error` (the
sentences), `kind` (the class in `vynapse.errors`, or `UsageError`) and `exit_code`.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | the run failed, or the disk refused |
| 2 | wrong use, configuration, data or run directory |
| 3 | `vynapse reproduce`: the run was made again and has other bytes |
| 130 | interrupted; the state was saved and `vynapse resume RUN` goes on |
"""


GROWTH = """\
# The program esper

`esper` is growth alone; `python -m vynapse.esper` is the same program. Output, errors and exit
codes are those of `vynapse`.
"""


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *sections(VYNAPSE, ""), GROWTH, *sections(ESPER, "esper ")])


def sections(program: Program, prefix: str) -> list[str]:
    """A section for each command, its heading led by `prefix`."""
    found = build_app(program).generate_docs(max_heading_level=2).split(f"\n## {program.name} ")
    texts = []
    for command, section in zip(program.commands, found[1:], strict=True):
        name, _, body = section.partition("\n")
        if name != command.name:
            raise ValueError(f"section {command.name!r} was wanted, got {name!r}")
        # cyclopts knows commands of one word, and gives the last of several twice
        body = body.replace(f"{name} {name.split()[-1]} ", f"{name} ") if " " in name else body
        examples = "\n".join(command.examples)
        texts.append(f"## {prefix}{name}\n\n{body.strip()}\n\n```console\n{examples}\n```\n")
    return texts


def main() -> int:
    """Write or check the page."""
    wanted = page()
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(wanted, encoding="utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == wanted:
        return 0
    sys.stderr.write(f"{PAGE} is not up to date: run python scripts/command_reference.py\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
