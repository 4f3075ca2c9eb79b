# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""One file that tells of a run, or of runs side by side, to people who have nothing else."""
