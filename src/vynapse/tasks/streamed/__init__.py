# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The task csv for files larger than memory: read in place, fitted and split block by block."""
