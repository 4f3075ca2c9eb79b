# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Structured logging on the standard `logging` module; the root logger is never touched.

log = logging.getLogger("vynapse.session")
log.info("checkpoint saved", extra={"step": 200})

12:00:00 INFO checkpoint saved step=200                      configure("info")
{"time": …, "level": "info", "logger": "vynapse.session",    configure("info", as_json=True)
 "message": "checkpoint saved", "step": 200}
"""

from __future__ import annotations

import logging
import sys
import time
from typing import Any, Final, Literal, final, get_args

from vynapse.errors import UnknownName
from vynapse.telemetry.events import Event, json_line

Level = Literal["debug", "info", "warning", "error"]

LEVELS: Final[tuple[str, ...]] = get_args(Level)

_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def configure(level: str = "warning", as_json: bool = False) -> None:
    """Send what "vynapse" loggers say to standard error; a later call replaces an earlier one.

    Args:
        level: the lowest level that is shown, one of `LEVELS`.
        as_json: one JSON object a line instead of words.

    Raises:
        UnknownName: there is no such level.
    """
    if level not in LEVELS:
        raise UnknownName("log level", level, LEVELS)
    logger = logging.getLogger("vynapse")
    for handler in list(logger.handlers):
        if isinstance(handler, StderrHandler):
            logger.removeHandler(handler)
    handler = StderrHandler()
    handler.setFormatter(JsonFormatter() if as_json else HumanFormatter())
    logger.addHandler(handler)
    logger.setLevel(level.upper())
    logger.propagate = False


def log_event(event: Event) -> None:
    """Log an event: a warning at its level, with its message; anything else as information.

    A failure is information here because the error itself reaches the user.
    """
    level, text = logging.INFO, event.kind
    if event.kind == "warning":
        level, text = logging.WARNING, str(event.data.get("message", text))
    logger = logging.getLogger("vynapse.run")
    if logger.isEnabledFor(level):
        fields = {"stage": event.stage, "step": event.step, **event.data}
        known = {key: value for key, value in fields.items() if key not in _STANDARD}
        logger.log(level, text, extra=known)


@final
class StderrHandler(logging.Handler):
    """Writes to what `sys.stderr` is at that moment, which a progress bar may have wrapped."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record; a standard error that was closed does not stop a run."""
        try:
            sys.stderr.write(self.format(record) + "\n")
            sys.stderr.flush()
        except (OSError, ValueError):
            return


@final
class HumanFormatter(logging.Formatter):
    """`12:00:00 INFO message key=value`."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, and the traceback below where there is one."""
        fields = "".join(f" {key}={_word(value)}" for key, value in _fields(record).items())
        clock = time.strftime("%H:%M:%S", time.localtime(record.created))
        line = f"{clock} {record.levelname} {record.getMessage()}{fields}"
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return line


@final
class JsonFormatter(logging.Formatter):
    """One JSON object a line: time (UTC), level, logger, message and the extra fields."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line of strict JSON."""
        clock = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        content: dict[str, Any] = {
            "time": f"{clock}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        content |= {key: value for key, value in _fields(record).items() if key not in content}
        if record.exc_info:
            content["exception"] = self.formatException(record.exc_info)
        return json_line(content)


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    """What the caller gave as `extra`; libraries such as Ray put private fields into records."""
    own = {key: value for key, value in vars(record).items() if key not in _STANDARD}
    return {key: value for key, value in own.items() if not key.startswith("_")}


def _word(value: object) -> str:
    text = str(value)
    return repr(text) if not text or any(c.isspace() or c in "\"'=" for c in text) else text
