# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Commands of `vynapse` that show something: on a screen of text, or in a browser."""

from __future__ import annotations

from vynapse.cli.command import Command

PAGES = (
    Command(
        "watch",
        "vynapse.cli.watch:watch",
        "Watch a run on a screen of text, while it goes on or afterwards.",
        "Curves, speeds, the newest measurements, what lived how long, the process and the last "
        "events, twice a second. The run may belong to another process. It is only read: q and "
        "Ctrl-C leave, and change nothing of it. Where standard output is no terminal the screen "
        "is printed once.",
        ("vynapse watch last", "vynapse watch runs/first > screen.txt"),
    ),
    Command(
        "serve",
        "vynapse.cli.serve:serve",
        "Show runs in a browser while they go on.",
        "A list of runs, several compared, and one with its curves, events and network. The page "
        "reads the files of runs and writes none; it listens on this machine alone, unless --host "
        "says otherwise. It needs the extra web.",
        (
            "vynapse serve",
            "vynapse serve experiments --port 0",
            "vynapse serve --host 0.0.0.0 --token a-long-secret",
        ),
    ),
    Command(
        "lab",
        "vynapse.cli.lab:lab",
        "Evolve networks in a browser, with the bits of this machine.",
        "A page in which XOR, two spirals and CartPole are solved by weight evolution and by NEAT, "
        "in the kernels compiled to WebAssembly. With --replay the page makes a run of these tasks "
        "again, and shows that its winner is the same. With --out an application is written that "
        "installs and works offline, or one page. Serving needs the extra web.",
        (
            "vynapse lab",
            "vynapse lab --replay last",
            "vynapse lab --out lab",
            "vynapse lab --out lab.html",
        ),
    ),
)
