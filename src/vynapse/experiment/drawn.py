# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Pictures of matplotlib as SVG that stands within a page: the same bytes for the same data.

Colours are those of Okabe & Ito (2008), which colour-blind people tell apart, without the yellow
that white paper swallows; lines also differ by their dashes. Axes and letters have the colour of
the text around them, and a page may set --line-0 … --line-5 for lines on a dark ground.
"""

from __future__ import annotations

import io
import math
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from vynapse.errors import MissingExtra

COLOURS: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
DASHES: Final[tuple[Any, ...]] = ("-", (0, (5, 2)), (0, (1, 1.2)), (0, (5, 1.5, 1, 1.5)))
HATCHES: Final = ("", "///", "...", "\\\\\\", "xxx", "---")

_INK: Final = "#010203"
"""What becomes the colour of the text around a picture."""
_WIDTH: Final = 7.2
_STYLE: Final[dict[Any, Any]] = {
    "axes.edgecolor": _INK,
    "axes.labelcolor": _INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": _INK,
    "axes.titlesize": 10.5,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "font.size": 9.5,
    "grid.color": _INK,
    "grid.alpha": 0.12,
    "hatch.linewidth": 0.6,
    "hatch.color": _INK,
    "legend.frameon": False,
    "savefig.facecolor": "none",
    "svg.fonttype": "none",
    "svg.hashsalt": "vynapse",
    "text.color": _INK,
    "text.parse_math": False,
    "xtick.color": _INK,
    "ytick.color": _INK,
}
_SUPERSCRIPTS: Final = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def look(number: int) -> dict[str, Any]:
    """Colour and dashes of the line of that number."""
    dash = (number // len(COLOURS) + number) % len(DASHES)
    return {"color": COLOURS[number % len(COLOURS)], "linestyle": DASHES[dash]}


@contextmanager
def picture(purpose: str, height: float = 3.4, width: float = _WIDTH) -> Iterator[Any]:
    """A figure in the look of reports, to be drawn on.

    Args:
        purpose: who needs it, for the sentence of an error.
        height, width: inches.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    try:
        from matplotlib import rc_context
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtra("matplotlib", "viz", purpose) from None
    with rc_context(_STYLE), warnings.catch_warnings():
        # the fonts of the reader show the letters that the fonts here lack
        warnings.filterwarnings("ignore", message="Glyph ")
        yield Figure(figsize=(width, height), layout="constrained")


def svg_of(figure: Any) -> str:
    """The figure as an <svg> element; call it while `picture` is open."""
    content = io.StringIO()
    figure.savefig(content, format="svg", metadata={"Date": None})
    text = content.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"\s*<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    # within a page a style sheet would hold for all of it
    text = re.sub(r"\s*<style[^>]*>.*?</style>", "", text, flags=re.DOTALL)
    text = text.replace(' xmlns:xlink="http://www.w3.org/1999/xlink"', "").replace("xlink:", "")
    text = re.sub(r"font: ([0-9.]+)px [^;\"]*", r"font: \1px system-ui, sans-serif", text)
    for number, colour in enumerate(COLOURS):
        text = text.replace(colour.lower(), f"var(--line-{number}, {colour.lower()})")
    return text.replace(_INK, "currentColor")


def logarithmic(axis: Any) -> None:
    """Let the axis name powers of ten, and other ticks only where there are few powers."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axis.set_major_locator(LogLocator(numticks=7))
    axis.set_minor_locator(LogLocator(subs=(2, 5), numticks=7))
    axis.set_major_formatter(FuncFormatter(_power))
    low, high = sorted(axis.get_view_interval())
    few = low > 0 and math.log10(high / low) < 1.5
    axis.set_minor_formatter(FuncFormatter(_beside) if few else NullFormatter())


def plain_numbers(axis: Any) -> None:
    """Let the axis write 20,000 and 2×10⁶ rather than an offset at its end."""
    from matplotlib.ticker import FuncFormatter

    axis.set_major_formatter(FuncFormatter(_number))


def _power(value: float, _place: Any = None) -> str:
    exponent = round(math.log10(value)) if value > 0 else 0
    if -3 <= exponent <= 3:
        return f"{value:,g}"
    return f"10{str(exponent).translate(_SUPERSCRIPTS)}"


def _beside(value: float, _place: Any = None) -> str:
    leading = value / 10 ** math.floor(math.log10(value)) if value > 0 else 0
    return _number(value) if round(leading, 6) in (2, 5) else ""


def _number(value: float, _place: Any = None) -> str:
    if value == 0 or 1e-3 <= abs(value) < 1e6:
        return f"{value:,.6g}"
    factor, exponent = f"{value:.3e}".split("e")
    return f"{float(factor):g}×10{str(int(exponent)).translate(_SUPERSCRIPTS)}"


def with_unique_ids(svg: str, prefix: str) -> str:
    """The same picture, whose ids are those of no other picture of a page."""

    def renamed(match: re.Match[str]) -> str:
        return f"{match[1]}{prefix}{match[2]}"

    patterns: tuple[str, ...] = (r'(\bid=")([^"]*)', r"(url\(#)([^)]*)", r'(\bhref="#)([^"]*)')
    for pattern in patterns:
        svg = re.sub(pattern, renamed, svg)
    return svg
