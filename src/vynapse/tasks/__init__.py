# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a network is for: the built-in tasks and the registry that finds them by name."""
