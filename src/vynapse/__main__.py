# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`python -m vynapse` is the command `vynapse`."""

import sys

from vynapse.program import vynapse

if __name__ == "__main__":
    sys.exit(vynapse())
