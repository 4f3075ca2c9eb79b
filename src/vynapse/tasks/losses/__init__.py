# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What training can minimise: one file for each loss, and the registry that finds them by name."""
