# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The millisecond gym: growth of tiny networks on tasks that are made from a seed."""
