# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Where the programs `vynapse` and `esper` begin, before anything else is imported.

Ctrl-C while Python still loads modules would end in a traceback of whatever was being loaded. Until
a command has begun, it ends the process with one sentence. Importing this module changes nothing.
"""

import os
import signal
import sys


def vynapse() -> int:
    """Run the command line of this process; its exit code."""
    _be_brief_when_interrupted("vynapse")
    from vynapse.cli.main import main

    return main()


def esper() -> int:
    """Run the command line of this process; its exit code."""
    _be_brief_when_interrupted("esper")
    from vynapse.cli.esper import main

    return main()


def _be_brief_when_interrupted(name: str) -> None:
    def end(_number: int, _frame: object) -> None:
        try:
            os.write(2, f"{name}: interrupted\n".encode())
            if "--json" in sys.argv:
                answer = '{"error": "interrupted", "kind": "Interrupted", "exit_code": 130}\n'
                os.write(1, answer.encode())
        finally:
            os._exit(130)

    # a shell starts what runs in the background deaf to Ctrl-C; that stays
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, end)
