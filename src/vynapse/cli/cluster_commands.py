# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The commands for several machines: what help says of them."""

from __future__ import annotations

from vynapse.cli.command import Command

CLUSTER = (
    Command(
        "worker",
        "vynapse.cli.worker:worker",
        "Measure genomes for runs on this or other machines.",
        "It serves the protocol vynapse.evaluation.v1 over gRPC until it is told to end. Runs name "
        "it with evaluator={kind: grpc, workers: [HOST:PORT]}. It prints the address once it "
        "listens.",
        (
            "vynapse worker --listen 127.0.0.1:50051",
            "vynapse worker --listen unix:worker.sock --allow my_package",
        ),
    ),
    Command(
        "cluster status",
        "vynapse.cli.cluster:status",
        "Say how the workers of a run stand: at work, throughput, failures.",
        "It reads cluster.json and cluster.jsonl in the run directory, so the run may go on, or "
        "have ended. With --json one object.",
        ("vynapse cluster status runs/first", "vynapse cluster status last --json"),
    ),
)
