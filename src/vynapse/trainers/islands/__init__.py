# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Islands: several populations of one mode that search apart and exchange genomes now and then."""
