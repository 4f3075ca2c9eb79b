# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The body: slots, seeds, blueprints, blending, isolation, and hosts to grow in."""
