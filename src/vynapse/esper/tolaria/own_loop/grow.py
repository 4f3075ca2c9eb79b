# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Growth in anyone's training loop: `vynapse.grow`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import nn

from vynapse.core import State
from vynapse.errors import ConfigError
from vynapse.esper.kasmina.attach import REMEDY, attach_by, suggested_by
from vynapse.esper.kasmina.carried import NAME, carry
from vynapse.esper.kasmina.example_call import ExampleCall, first_batch, trial_of
from vynapse.esper.leyline.controller import Controller
from vynapse.esper.tamiyo.controllers import CONTROLLERS, make_controller
from vynapse.esper.tolaria.own_loop.editor import LoopEditor
from vynapse.esper.tolaria.own_loop.grower import Grower
from vynapse.esper.tolaria.own_loop.members import Members
from vynapse.esper.tolaria.own_loop.rest import AtRest
from vynapse.esper.tolaria.own_loop.settings import LoopSettings
from vynapse.esper.tolaria.own_loop.surveyor import Surveyor
from vynapse.esper.tolaria.own_loop.widenings import Event, Widenings
from vynapse.esper.tolaria.own_loop.witness import Witness
from vynapse.seeding import Streams
from vynapse.settings import validate


def grow(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    *,
    example_inputs: Any = None,
    loader: Iterable[Any] | None = None,
    controller: str | Mapping[str, Any] | Controller = "heuristic",
    scheduler: Any = None,
    on_event: Callable[[Event], object] | None = None,
    **settings: Any,
) -> Grower:
    """Let a model grow in a training loop of your own.

    The model is changed in place: it gets slots as parts of its own (`vynapse_growth`), and its
    call, its class and the names of its parameters stay. New parameters join the groups of the
    optimiser in which the parameters beside them are, and no other is touched.

    Args:
        model: any module, also one that `torch.compile` has wrapped.
        optimizer: any of `torch.optim` but LBFGS, with parameters of the model.
        example_inputs: a batch that the model takes: a tensor, a tuple of arguments, or a mapping
            of arguments by name. Two examples of it are tried, and nothing changes by it.
        loader: what gives such batches, in place of one. Of a tuple the first part is the input.
        controller: a name of docs/controllers.md, a mapping with `kind` and its keys, or an object
            with the method `decide`.
        scheduler: a learning rate scheduler whose state is to be kept in `state_dict()`.
        on_event: called with each event, a mapping with `kind` and `data`.
        **settings: `slots`, `blueprints`, `isolation`, `epochs`, `seed` and the other keys of
            `LoopSettings`; see docs/grow-your-own-loop.md.

    Raises:
        ConfigError: a setting is wrong, the model cannot grow there, or nothing can enter such an
            optimiser.
    """
    own = validate(LoopSettings, settings, also=("controller", "example_inputs", "loader"))
    host = model
    while isinstance(inner := getattr(host, "_orig_mod", None), nn.Module):
        host = inner
    if NAME in host._modules:
        raise ConfigError("model: it grows already: use the grower that it has, or finish() that")
    members = Members(optimizer, host)
    trial = _trial(host, example_inputs, loader)
    chosen, data, names = _controller(controller, own)
    places = _places(host, own, trial)
    rest = AtRest(host, places, trial)
    editor = _editor(host, members, own, places, trial)
    witness = Witness(editor.network)
    return Grower(
        model,
        editor,
        Surveyor(editor, witness, own, names, trial),
        witness,
        chosen,
        own,
        rest,
        _made(own, editor.network.places, data),
        steps_per_epoch=_length(loader),
        scheduler=scheduler,
        on_event=on_event,
    )


def _places(host: nn.Module, settings: LoopSettings, trial: ExampleCall) -> tuple[str, ...]:
    """Where the model may grow."""
    places = settings.slots or suggested_by(host, lambda: trial.call(host))
    if not places:
        raise ConfigError(
            f"slots: the model has no activation to grow behind: name parts of it; or, {REMEDY}"
        )
    return tuple(places)


def _editor(
    host: nn.Module,
    members: Members,
    settings: LoopSettings,
    places: tuple[str, ...],
    trial: ExampleCall,
) -> LoopEditor:
    """The host gets slots, and what edits it."""
    network = attach_by(host, places, lambda: trial.call(host))
    carry(network)
    widenings = Widenings(network, members, trial)
    return LoopEditor(network, members, settings, Streams(settings.seed), widenings)


def _trial(model: nn.Module, example_inputs: Any, loader: Iterable[Any] | None) -> ExampleCall:
    if (example_inputs is None) == (loader is None):
        raise ConfigError("example_inputs: give either example_inputs or loader")
    given = example_inputs if loader is None else first_batch(loader)
    device = next((p.device for p in model.parameters()), torch.device("cpu"))
    trial = trial_of(given, device)
    trial.call(model)
    return trial


def _controller(
    given: str | Mapping[str, Any] | Controller, settings: LoopSettings
) -> tuple[Controller, Any, tuple[str, ...] | None]:
    """The controller, what it was made from, and the blueprints that it is to be offered."""
    names = settings.blueprints
    if isinstance(given, Controller):
        kind = type(given)
        return given, f"{kind.__module__}:{kind.__qualname__}", names
    content = {"kind": given} if isinstance(given, str) else dict(given)
    choice = CONTROLLERS.choose(content, "controller")
    takes = "blueprints" in type(choice.settings).model_fields
    if names is not None and takes and content.get("blueprints") is None:
        choice = CONTROLLERS.choose({**content, "blueprints": list(names)}, "controller")
    names = names or getattr(choice.settings, "blueprints", None)
    made = make_controller(choice, Streams(settings.seed).child("controller"))
    return made, choice.as_data(), None if names is None else tuple(names)


def _made(settings: LoopSettings, places: tuple[str, ...], controller: Any) -> State:
    """What a grower was made from. The length of the training may be another when it goes on."""
    free = {"epochs", "total_steps", "chance_loss", "slots"}
    own = settings.model_dump(mode="json", exclude=free)
    return {**own, "slots": list(places), "controller": controller}


def _length(loader: Any) -> int:
    """Batches of an epoch; 0 where nobody knows."""
    try:
        return len(loader)
    except TypeError:
        return 0
