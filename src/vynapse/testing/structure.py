# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The checker of structures."""

from __future__ import annotations

import json
import math
from collections.abc import Callable

import numpy as np

from vynapse.core import Array, Interface
from vynapse.networks.state import NetworkState, initial_state
from vynapse.networks.structure import Structure, canonical_json, from_json, parse_network
from vynapse.seeding import Streams
from vynapse.testing.demand import demand, global_generators

_BATCH = 5


def check_structure(make: Callable[[], Structure], interface: Interface) -> None:
    """A structure keeps its promises: data that survive, weights by the seed, one result.

    Its kind has to be registered. What it offers without torch (`layout`, `in_arrays`, `dense`) is
    compared with its module.

    Args:
        make: returns a fresh structure; called twice.
        interface: what the task of the network demands.
    """
    structure = make().fit(interface)
    demand(make().fit(interface) == structure, "fit() differs between two structures made alike")
    demand(structure.fit(interface) == structure, "fit() changes a structure that fits already")
    _check_data(structure)
    before = global_generators()
    # without inputs there is nothing to compute, and the task says where to start
    computes = math.prod(interface.inputs) > 0
    network = _check_weights(structure, drawn=computes)
    _check_layout(structure, network)
    _check_outputs(network, interface)
    _check_module(structure, network, interface)
    _check_flops(structure, interface, least=1 if computes else 0)
    demand(global_generators() == before, "a global random generator was changed")
    widths = {"no such layer": 3}
    demand(structure.with_widths({}) == (structure, {}), "with_widths({}) changes the structure")
    demand(
        structure.with_widths(widths) == (structure, widths),
        "with_widths() must give back the widths of layers that it does not know",
    )


def _check_data(structure: Structure) -> None:
    """It comes back from JSON and from the key of a recipe."""
    data = json.loads(json.dumps(structure.model_dump(mode="json")))
    again = from_json(data)
    demand(again == structure, f"the structure comes back from its JSON data as {again!r}")
    demand(canonical_json(again) == canonical_json(structure), "its JSON text is not canonical")
    again = parse_network(json.loads(json.dumps(structure.as_key())))
    demand(again == structure, f"the structure comes back from as_key() as {again!r}")


def _check_weights(structure: Structure, *, drawn: bool) -> NetworkState:
    """Initial weights are a function of structure, seed and attempt."""
    network = initial_state(structure, Streams(1))
    same = initial_state(structure, Streams(1)).sha256() == network.sha256()
    demand(same, "initial() differs between two calls with one seed")
    for name, tensor in network.tensors.items():
        demand(bool(np.isfinite(tensor).all()), f"initial(): {name!r} holds values not finite")
    others = [initial_state(structure, Streams(2)), initial_state(structure, Streams(1), 1)]
    demand(
        not drawn
        or not network.tensors
        or all(other.sha256() != network.sha256() for other in others),
        "initial() gives the same weights for another seed or attempt",
    )
    return network


def _check_layout(structure: Structure, network: NetworkState) -> None:
    """Names and shapes are those of the module."""
    from vynapse.networks import modules

    module = modules.build(structure)
    wanted = {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}
    initial = {name: tensor.shape for name, tensor in network.tensors.items()}
    demand(initial == wanted, f"initial() gives {initial}, the module has {wanted}")
    count = sum(parameter.numel() for parameter in module.parameters())
    demand(
        network.parameters() == count,
        f"the module has {count} parameters, layout() and initial() make {network.parameters()}",
    )
    layout = structure.layout()
    if layout is None:
        return
    demand(
        list(layout.items()) == list(wanted.items()),
        f"layout() gives {dict(layout)}, the module has {wanted}, in this order",
    )
    kinds = {name: tensor.dtype.name for name, tensor in network.tensors.items()}
    demand(
        set(kinds.values()) <= {"float32"},
        f"layout() promises tensors of float32, initial() gives {kinds}",
    )
    demand(
        structure.in_arrays(network.tensors) is not None,
        "layout() says that arrays suffice, in_arrays() gives none",
    )


def _check_outputs(network: NetworkState, interface: Interface) -> None:
    """Outputs have their shape, are the same each time, and each row's depend on it alone."""
    inputs, policy = _inputs(interface), network.policy()
    outputs, state = policy(inputs, policy.start(_BATCH))
    wanted = (_BATCH, interface.outputs)
    demand(outputs.shape == wanted, f"outputs of shape {wanted} were wanted, got {outputs.shape}")
    again, _ = policy(inputs, policy.start(_BATCH))
    demand(np.array_equal(again, outputs), "outputs differ between two calls")
    if state is not None:
        demand(policy.start(_BATCH) is not None, "start() gives None, a call gives a state")
    for row in range(_BATCH):
        alone, _ = policy(inputs[row : row + 1], policy.start(1))
        demand(
            np.allclose(alone[0], outputs[row], rtol=1e-4, atol=1e-5),
            f"the outputs of example {row} depend on the examples beside it",
        )


def _check_module(structure: Structure, network: NetworkState, interface: Interface) -> None:
    """The module computes what arrays and layers do; it draws numbers only if it may."""
    from vynapse.networks import modules

    inputs, policy = _inputs(interface), network.policy()
    if policy.start(1) is not None:
        return
    module = modules.build(structure, network.tensors)
    in_torch = modules.predictor(module)(inputs)
    _demand_same(network.predictor()(inputs), in_torch, "in_arrays()")
    layers = structure.dense()
    if layers is not None:
        from vynapse.networks import arrays

        names = arrays.layout(layers)
        demand(list(names) == list(network.tensors), "dense() has other names or another order")
        _demand_same(arrays.predictor(layers, network.tensors)(inputs), in_torch, "dense()")
    if not structure.stochastic():
        import torch

        with torch.no_grad(), modules.isolated_generators(0):
            state = torch.get_rng_state()
            module.train()(torch.from_numpy(inputs))
            drawn = not torch.equal(torch.get_rng_state(), state)
        demand(not drawn, "stochastic() is False, the module draws random numbers")


def _check_flops(structure: Structure, interface: Interface, *, least: int) -> None:
    flops = structure.flops(interface.inputs)
    demand(flops >= least, f"flops() must count the operations of one example, got {flops}")
    demand(structure.flops(interface.inputs) == flops, "flops() differs between two calls")


def _demand_same(outputs: Array, in_torch: Array, what: str) -> None:
    demand(
        outputs.shape == in_torch.shape and np.allclose(outputs, in_torch, rtol=1e-4, atol=1e-5),
        f"{what} and the module compute different outputs",
    )


def _inputs(interface: Interface) -> Array:
    """Examples (5, *inputs), between -1 and 1."""
    count = _BATCH * int(np.prod(interface.inputs))
    values = Streams(0).stream("testing.inputs").uniform(count) * np.float32(2) - np.float32(1)
    return values.reshape(_BATCH, *interface.inputs)
