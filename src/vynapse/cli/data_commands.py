# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The commands `vynapse data …`: what help says of them."""

from __future__ import annotations

from vynapse.cli.command import Command

DATA = (
    Command(
        "data info",
        "vynapse.cli.data:info",
        "Say what data hold: columns, types, missing values, the target.",
        "DATA is a CSV file, the directory of a run, or the name of a task. With --target the "
        "splits of a run are counted too, and columns that tell the target alone are warned of.",
        (
            "vynapse data info plants.csv --target kind",
            "vynapse data info runs/plants --json",
        ),
    ),
    Command(
        "data split",
        "vynapse.cli.data:split",
        "Write the splits of a CSV file as files.",
        "They are the splits that a run with these keys uses. Rows are copied as they stand, the "
        "header into each file. A folder that holds something is refused.",
        ("vynapse data split plants.csv --target kind --out parts --set data_seed=1",),
    ),
    Command(
        "data hash",
        "vynapse.cli.data:hash_",
        "Hash data: their content, order and options.",
        "With --target the fingerprint of the examples is printed too, which stands in every run.",
        ("vynapse data hash plants.csv --target kind --json > plants.json",),
    ),
    Command(
        "data verify",
        "vynapse.cli.data:verify",
        "Say whether data are still those of a run, or of a hash.",
        "The exit code is 0 where they are and 1 where they are not: the sentence names the file "
        "and what changed. A file that changed without changing an example is told of only.",
        (
            "vynapse data verify runs/plants",
            "vynapse data verify plants.csv --target kind --against plants.json",
        ),
    ),
)
