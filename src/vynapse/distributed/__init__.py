# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Genomes measured by other processes and machines: by Ray, or by workers that speak gRPC."""
