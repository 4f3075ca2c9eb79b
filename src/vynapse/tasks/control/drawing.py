# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Scenes as pictures, drawn with Pillow; and the film of an episode, whatever draws it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np

from vynapse.core import Array, ControlTask, Environments, Network
from vynapse.core.control import legal_now
from vynapse.errors import MissingExtra
from vynapse.tasks.control.scenes import INK, Line, Point, Scene

_WIDTH: Final = 400
"""Pixels of a picture from left to right."""
_FINE: Final = 3
"""Pictures are drawn so many times larger, then made smaller, for smooth edges."""
_PAPER: Final = (255, 255, 255)


def draw(scene: Scene, caption: str) -> Array:
    """A picture (h, w, 3) of uint8.

    Raises:
        MissingExtra: Pillow is not installed.
    """
    try:
        from PIL import Image, ImageDraw
    except ImportError:
        raise MissingExtra("pillow", "images", "play --render") from None
    (left, bottom), (right, top) = scene.low, scene.high
    scale = _WIDTH * _FINE / (right - left)
    height = round(_WIDTH * (top - bottom) / (right - left))
    large = Image.new("RGB", (_WIDTH * _FINE, height * _FINE), _PAPER)
    pen = ImageDraw.Draw(large)

    def at(point: Point) -> Point:
        return (point[0] - left) * scale, (top - point[1]) * scale

    for shape in scene.shapes:
        if isinstance(shape, Line):
            width = max(1, round(shape.width * scale))
            pen.line([at(p) for p in shape.points], shape.colour, width, joint="curve")
            continue
        (x, y), radius = at(shape.centre), shape.radius * scale
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), shape.colour)
    small = large.resize((_WIDTH, height), Image.Resampling.LANCZOS)
    ImageDraw.Draw(small).text((8, 6), caption, INK)
    return np.asarray(small)


def film(
    task: ControlTask,
    network: Network,
    environment: Environments,
    picture: Callable[[str], Array],
    every: int,
) -> Iterator[Array]:
    """Pictures of an episode: of its beginning, of every so many steps, and of its end.

    Args:
        task: the task.
        network: who acts.
        environment: one copy.
        picture: draws the copy as it is now, with a caption.
        every: steps from one picture to the next.
    """
    policy, seen = network.policy(), environment.reset()
    state: Any = policy.start(1)
    gained, step, over = 0.0, 0, False
    yield picture("step 0")
    while not over:
        outputs, state = policy(seen, state)
        actions = task.act(outputs, legal_now(task, environment))
        seen, rewards, ended, cut = environment.step(actions)
        gained, step = gained + float(rewards[0]), step + 1
        over = bool(ended[0] or cut[0])
        if over or step % every == 0:
            yield picture(f"step {step}, return {gained:.6g}")
