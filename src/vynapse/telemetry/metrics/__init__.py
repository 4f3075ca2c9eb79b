# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A Prometheus endpoint: values that runs write, and a process of its own that serves them."""
