# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The open protocol of evaluators: one folder for each version. It needs grpc and nothing else."""
