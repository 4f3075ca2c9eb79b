# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What Vynapse knows of each op beside what torch knows: reverse rule, FLOPs, bytes."""
