# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`python -m vynapse.esper` is the program `esper`."""

import sys

if __name__ == "__main__":
    from vynapse.program import esper

    sys.exit(esper())
