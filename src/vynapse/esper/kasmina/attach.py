# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Growth slots at named places of any module.

    network = attach(module, ["stage1", "stage2"], input_shape=(3, 32, 32))
    network(inputs)                               # what module(inputs) gives, until something grows

The module's code is not changed and its parameters keep their names below `host.`. Slots are
carried by forward hooks behind the modules they follow; state dict, device moves,
`copy.deepcopy` and tracing see them as ordinary submodules. This is the network while it grows;
`kasmina.settled` makes of it the network that is handed out, which has no hooks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, Final, NamedTuple, TypeGuard, final

import torch
from torch import Tensor, nn

from vynapse.core import Array
from vynapse.errors import ConfigError, suggestion
from vynapse.esper.kasmina.activations import is_activation
from vynapse.esper.kasmina.isolation import held_constant
from vynapse.esper.kasmina.signature import called_as
from vynapse.esper.kasmina.slot import Slot, slots_behind
from vynapse.esper.leyline.alpha import AlphaOverride
from vynapse.networks.foreign import refuse_scripted
from vynapse.networks.modules import (
    FlatInput,
    isolated_generators,
    shown_shape,
    trial_inputs,
    user_errors,
)

REMEDY: Final = (
    "where it is to grow, let the forward method pass a tensor through an nn.Identity() of its own "
    "name, and name that"
)
"""What to do where no part gives one tensor that can be grown behind, e.g. that of an LSTM."""


@final
class HostWithSlots(nn.Module):
    """A host with slots. Make it with `attach`.

    Attributes:
        host: the module that was given.
        places: names of the parts of the host that slots follow.
        plain: those that the host calls with one argument, by position.
        slots: its slots, in the order in which data flow through them, by `slot_key`: dots in
            their names are written as "-".
    """

    def __init__(
        self, host: nn.Module, shapes: Mapping[str, tuple[int, ...]], plain: frozenset[str]
    ) -> None:
        super().__init__()
        self.host, self.plain = host, plain
        self.places = tuple(shapes)
        self.slots = nn.ModuleDict(
            {slot_key(name): Slot(name, shape) for name, shape in shapes.items()}
        )
        for name in self.places:
            self.host.get_submodule(name).register_forward_hook(self.slot(name).after)

    def slot(self, name: str) -> Slot:
        """The slot behind the submodule `name`."""
        found = self.slots[slot_key(name)]
        if not isinstance(found, Slot):
            raise TypeError(f"{name}: a Slot was wanted, got {type(found).__name__}")
        return found

    def forward(self, *inputs: Any, **named: Any) -> Any:
        """The host's output with the seeds' parts. `attach` gives it the host's parameters."""
        return self.host(*inputs, **named)

    @contextmanager
    def alpha(self, shares: AlphaOverride) -> Iterator[None]:
        """Inside, seeds have other shares (see leyline.alpha).

        Args:
            shares: the share by slot, or by slot/seed. A tensor has one share for each example of
                the batch that the network is called with.

        Raises:
            ConfigError: `shares` names a slot or a seed that does not exist, a number is not in
                [0, 1], or, when the network is called, a tensor has not one share for each example.
        """
        slots = [self.slot(place) for place in self.places]
        before = [dict(slot.override) for slot in slots]
        self._override(shares)
        try:
            yield
        finally:
            for slot, override in zip(slots, before, strict=True):
                slot.override = override

    def shadow(self, name: str, *inputs: Tensor) -> Tensor:
        """The output with the live seed of one slot fully in, of which only the seed can learn.

        Features before the slot are held constant, and so are all parameters but the seed's where
        the caller asks for their gradients alone. All but the seed computes as in evaluation, and
        no buffer but the seed's own changes. Where a training pass over the same inputs has just
        been made, the seed is given the features of that pass. Where the host is a chain, only the
        part behind the slot is computed.

        Args:
            name: the slot's name.
            inputs: the host's inputs in the last training pass.

        Raises:
            ValueError: no seed lives in the slot.
        """
        slot = self.slot(name)
        if slot.live is None:
            raise ValueError(f"{name}: a slot with a live seed was wanted, this one has none")
        seed = slot.seed(slot.live)
        slot.in_shadow = True
        try:
            with held_constant(self, but=seed):
                rest = self.rest(name)
                if rest is not None and slot.features is not None:
                    output: Tensor = seed(slot.features)
                    for module in rest:
                        output = module(output)
                    return output
                with torch.no_grad():  # until the slot is reached
                    whole: Tensor = self.host(*inputs)
                return whole
        finally:
            slot.in_shadow, slot.features = False, None

    def rest(self, name: str) -> list[nn.Module] | None:
        """The host's children behind a slot; None where the host is no chain of its children."""
        if type(self.host) not in (nn.Sequential, FlatInput) or "." in name:
            return None
        parts = self.host._modules  # `named_children` leaves out what stands there a second time
        behind = list(parts.values())[list(parts).index(name) + 1 :]
        return [part for part in behind if part is not None]

    def _override(self, alpha: AlphaOverride) -> None:
        known = {
            key: (place, seed)
            for place in self.places
            for key, seed in [
                (place, ""),
                *((f"{place}/{seed}", seed) for seed in self.slot(place).seeds),
            ]
        }
        for key in alpha:
            if key not in known:
                raise ConfigError(f"alpha: no slot or seed {key!r}{suggestion(key, known)}")
            share = alpha[key]
            if not isinstance(share, Tensor) and not 0 <= share <= 1:
                raise ConfigError(f"alpha: a share in [0, 1] was wanted for {key!r}, got {share}")
        for key, share in alpha.items():
            place, seed = known[key]
            self.slot(place).override[seed] = share


def attach(
    module: nn.Module,
    slots: Sequence[str],
    input_shape: tuple[int, ...],
    dtype: torch.dtype | None = None,
    examples: Array | None = None,
) -> HostWithSlots:
    """`module` with growth slots behind some of its submodules.

    Args:
        module: any module; it gets forward hooks and becomes the `host` of what is returned.
        slots: names of submodules as `named_modules` gives them.
        input_shape: the shape of one input, without the batch. A trial pass, which changes nothing,
            finds the shapes at the slots.
        dtype: the data type of the input; by default that of the parameters. An `nn.Embedding`
            wants torch.long.
        examples: prepared inputs (n, *input_shape) of the task for that pass, as they are. Without
            them it is made over zeros, or over ones where the module does not take zeros.

    Raises:
        ConfigError: there is no such submodule, or data do not pass through it exactly once. Its
            output is not one tensor of floats with the batch first and 1, 2 or 3 further
            dimensions. The module is the host of another growing network.
    """
    return attach_by(module, slots, lambda: trial_pass(module, input_shape, dtype, examples))


def attach_by(
    module: nn.Module, slots: Sequence[str], trial: Callable[[], object]
) -> HostWithSlots:
    """Do what `attach` does, for a module that takes anything.

    Args:
        module, slots: see `attach`.
        trial: calls the module once for two examples, and changes nothing of it.

    Raises:
        ConfigError: see `attach`.
    """
    refuse_scripted(module, "grow")
    parts = set(module.modules())
    if not parts.issuperset(slot for part in parts for slot in slots_behind(part)):
        # they would go on computing, and be in no state dict
        raise ConfigError(
            "module: it carries the slots of another growing network: name all places at once, and "
            "give a module that is not the host of one"
        )
    modules = dict(module.named_modules())
    for name in slots:
        if name not in modules or not name:
            raise ConfigError(
                f"slots: the network has no part {name!r}{suggestion(name, filter(None, modules))}"
            )
    if len(set(slots)) < len(slots):
        raise ConfigError(f"slots: each place once was wanted, got {list(slots)}")
    passed = _passes(module, slots, trial)
    shapes = {name: _shape(name, passed, slots) for name in _passing_order(passed, slots)}
    plain = frozenset(one.name for one in passed if one.plain)
    growing = called_as(HostWithSlots, module, "host")(module, shapes, plain)
    if any(hasattr(part, "_orig_mod") or part._compiled_call_impl for part in parts):
        torch.compiler.reset()  # what was compiled before does not pass by the slots
    return growing


def suggested_slots(
    module: nn.Module, input_shape: tuple[int, ...], examples: Array | None = None
) -> tuple[str, ...]:
    """Where a network may grow when nobody says it.

    The attribute `growth_slots` of a module that has it, else behind each activation that data pass
    once and parameters follow: what comes last is the output. Activations whose output is of
    another form than a slot takes are passed over.

    Args:
        module: the network.
        input_shape: the shape of one input, without the batch.
        examples: prepared inputs; see `attach`.
    """
    return suggested_by(module, lambda: trial_pass(module, input_shape, None, examples))


def suggested_by(module: nn.Module, trial: Callable[[], object]) -> tuple[str, ...]:
    """The slots of `suggested_slots`, for a module that takes anything; see `attach_by`."""
    refuse_scripted(module, "grow")
    own = getattr(module, "growth_slots", None)
    if own is not None:
        return tuple(own)
    found, waiting = [], []
    for name, part in module.named_modules():
        if is_activation(part):
            waiting.append(name)
        elif next(part.parameters(recurse=False), None) is not None:
            found += waiting
            waiting = []
    passed = _passes(module, found, trial)
    calls = Counter(one.name for one in passed)
    fitting = {one.name for one in passed if calls[one.name] == 1 and _fits(one.output)}
    return tuple(name for name in found if name in fitting)


class _Passed(NamedTuple):
    """A call of a part: its name, what left it, and whether it took one argument by position."""

    name: str
    output: object
    plain: bool


def _passes(module: nn.Module, slots: Sequence[str], trial: Callable[[], object]) -> list[_Passed]:
    """The calls of some parts, in the order of a trial pass."""
    passed: list[_Passed] = []

    def note(name: str) -> Any:
        return lambda _module, inputs, named, output: passed.append(
            _Passed(name, output, len(inputs) == 1 and not named)
        )

    hooks = [
        module.get_submodule(name).register_forward_hook(note(name), with_kwargs=True)
        for name in slots
    ]
    try:
        trial()
    finally:
        for hook in hooks:
            hook.remove()
    return passed


def trial_pass(
    module: nn.Module,
    input_shape: tuple[int, ...],
    dtype: torch.dtype | None = None,
    examples: Array | None = None,
) -> None:
    """Call a module in evaluation mode with two inputs; nothing of it changes. See `attach`.

    Raises:
        ConfigError: it cannot take them.
    """
    reference = next(module.parameters(), torch.zeros(()))
    if examples is not None:
        example = trial_inputs(input_shape, examples).to(reference.device, dtype)
    else:
        kind = dtype or reference.dtype
        example = torch.zeros(2, *input_shape, device=reference.device, dtype=kind)
    with held_constant(module), isolated_generators(0), torch.no_grad():
        try:
            with user_errors(shown_shape(example), ConfigError):
                module(example)
        except ConfigError:
            if examples is not None:
                raise
            with user_errors(shown_shape(example), ConfigError):
                module(torch.ones_like(example))


def _passing_order(passed: list[_Passed], slots: Sequence[str]) -> list[str]:
    order = list(dict.fromkeys(one.name for one in passed))
    return [*order, *(name for name in slots if name not in order)]


def _shape(name: str, passed: list[_Passed], slots: Sequence[str]) -> tuple[int, ...]:
    outputs = [one.output for one in passed if one.name == name]
    if len(outputs) != 1:
        raise ConfigError(
            f"slots: data must pass through {name!r} once, they pass {len(outputs)} times: choose "
            f"another part instead of it in {list(slots)}"
        )
    output = outputs[0]
    if not _fits(output):
        shape = tuple(output.shape) if isinstance(output, Tensor) else f"a {type(output).__name__}"
        raise ConfigError(
            f"slots: the output of {name!r} must be floats of shape (batch, channels), (batch, "
            f"length, channels) or (batch, channels, height, width), it is {shape}: {REMEDY}"
        )
    return tuple(output.shape[1:])


def _fits(output: object) -> TypeGuard[Tensor]:
    """Whether a slot can follow what gives this output for two inputs."""
    return (
        isinstance(output, Tensor)
        and output.is_floating_point()
        and output.dim() in (2, 3, 4)
        and len(output) == 2
    )


@cache
def slot_key(place: str) -> str:
    """What the slot behind `place` is called among the slots; no two places share a key."""
    key = place.replace("~", "~~").replace("-", "~-").replace(".", "-")
    return f"~{key}" if hasattr(nn.ModuleDict(), key) else key  # `values` for one
