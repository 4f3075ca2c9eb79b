# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a person looks at: dashboards, pages and reports, all drawn from the files of runs."""
