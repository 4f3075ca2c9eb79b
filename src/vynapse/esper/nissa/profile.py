# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""How much is looked at: diagnostic profiles, and the senses that follow one.

    off       gradient health of the seeds, by which controllers decide
    standard  and of the host; how far each layer has moved in the epoch
    deep      and the gradients of each layer, and the sharpness of the landscape

All is measured once an epoch. What it costs stands in benchmarks/results/growth_profiles.md.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, final

from torch import Tensor, nn

from vynapse.errors import UnknownName
from vynapse.esper.leyline.measurement import Measurement
from vynapse.esper.nissa.gradients import GradientMonitor, Parameters, snapshot, update_ratios
from vynapse.esper.nissa.sharpness import largest_curvature
from vynapse.seeding import Stream

HOST: Final = "host"
"""Name of the group of the host's parameters; that of a seed's is "slot/seed"."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What is measured in an epoch.

    Attributes:
        host: health of the host's gradients, beside that of the seeds'.
        update_ratios: how far each layer has moved, relative to its norm.
        layers: usable share and relative size of the gradients of each layer.
        sharpness: largest eigenvalue of the Hessian of the loss.
    """

    host: bool = False
    update_ratios: bool = False
    layers: bool = False
    sharpness: bool = False


PROFILES: Final[Mapping[str, Profile]] = MappingProxyType(
    {
        "off": Profile(),
        "standard": Profile(host=True, update_ratios=True),
        "deep": Profile(host=True, update_ratios=True, layers=True, sharpness=True),
    }
)


def profile(name: str) -> Profile:
    """The profile called `name`.

    Raises:
        UnknownName: there is none.
    """
    if name not in PROFILES:
        raise UnknownName("profile", name, PROFILES)
    return PROFILES[name]


@final
class Senses:
    """Measures what a profile asks for. Nothing is kept from one epoch to the next.

    Args:
        profile: what to measure.
        start: where the sharpness begins to look.
    """

    def __init__(self, profile: Profile, start: Stream) -> None:
        self._profile, self._start = profile, start
        self.begin({})

    def begin(self, groups: Mapping[str, Parameters]) -> None:
        """An epoch begins: forget the last one.

        Args:
            groups: the parameters that are to learn in it, by their names within their group:
                those of the host, under HOST, and of each live seed, under "slot/seed".
        """
        watched = (
            groups.items() if self._profile.host else [g for g in groups.items() if g[0] != HOST]
        )
        self._groups = dict(watched)
        self._monitor = GradientMonitor(self._groups)
        self._before = (
            {group: snapshot(parameters) for group, parameters in self._groups.items()}
            if self._profile.update_ratios
            else {}
        )

    def after_step(self) -> None:
        """Look at the gradients of a step, before they are cleared."""
        self._monitor.after_step()

    def health(self) -> dict[str, Measurement | None]:
        """Health of this epoch's gradients so far, by group; see `GradientMonitor.health`."""
        return self._monitor.health()

    def after_epoch(
        self,
        network: nn.Module,
        loss_of: Callable[[Tensor, Tensor], Tensor],
        batch: Callable[[], tuple[Tensor, Tensor]],
    ) -> dict[str, float]:
        """What was measured in the epoch, by name; what was not is absent.

            host_gradient_health            share of usable gradients
            update_ratio                    median over the layers of the host
            sharpness                       where the search for it has converged
            sharpness_products              products with the Hessian that the search took
            gradient_health/GROUP           share of usable gradients, of each seed
            update_ratio/GROUP/LAYER        how far the layer has moved relative to its norm
            gradient_usable/GROUP/LAYER     share of the steps with a usable gradient
            gradient_size/GROUP/LAYER       median of its norm relative to the size of the layer

        Args:
            network: whose sharpness to measure.
            loss_of: the task's loss.
            batch: gives the inputs and targets to measure it on; called only if it is measured.
        """
        metrics: dict[str, float] = {}
        for group, health in self.health().items():
            if health is not None:
                name = "host_gradient_health" if group == HOST else f"gradient_health/{group}"
                metrics[name] = health.value
        if self._profile.update_ratios:
            metrics |= self._updates()
        if self._profile.layers:
            metrics |= self._layers()
        if self._profile.sharpness:
            found = largest_curvature(network, loss_of, *batch(), self._start)
            if found is not None:
                metrics["sharpness_products"] = float(found.iterations)
                if found.converged:
                    metrics["sharpness"] = found.value
        return metrics

    def _updates(self) -> dict[str, float]:
        metrics: dict[str, float] = {}
        for group, parameters in self._groups.items():
            ratios = update_ratios(self._before[group], parameters)
            metrics |= {f"update_ratio/{group}/{layer}": ratio for layer, ratio in ratios.items()}
            if group == HOST and ratios:
                metrics["update_ratio"] = statistics.median(ratios.values())
        return metrics

    def _layers(self) -> dict[str, float]:
        metrics: dict[str, float] = {}
        for group, layers in self._monitor.layers().items():
            for layer, found in layers.items():
                metrics[f"gradient_usable/{group}/{layer}"] = found.usable
                if found.size is not None:
                    metrics[f"gradient_size/{group}/{layer}"] = found.size
        return metrics
