# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`python -m vynapse` is the command `vynapse`."""

import sys

from vynapse.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
