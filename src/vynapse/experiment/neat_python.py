# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The configuration file of neat-python as keys of mode neat, and what of it has no counterpart."""

from __future__ import annotations

import configparser
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from vynapse.errors import ConfigError

_ACTIVATIONS: Final[Mapping[str, str]] = {
    "sigmoid": "steep-sigmoid",
    "tanh": "tanh",
    "relu": "relu",
    "gauss": "gauss",
    "identity": "identity",
}
_SECTIONS: Final = (
    "NEAT",
    "DefaultGenome",
    "DefaultSpeciesSet",
    "DefaultStagnation",
    "DefaultReproduction",
)
_BIAS: Final = "the bias is a connection here, its weight changes as the others do"
_SUM: Final = "nodes add up what comes in"
_RESPONSE: Final = "nodes have no factor of their own"
_TASK: Final = "the task says it"

_UNMAPPED: Final[Mapping[str, str]] = {
    "fitness_criterion": "the best genome counts",
    "fitness_threshold": "set budget.target, in the measure of the task",
    "no_fitness_termination": "leave budget.target out for it",
    "reset_on_extinction": "the population never dies out",
    "num_inputs": _TASK,
    "num_outputs": _TASK,
    "enabled_default": "new connections are enabled",
    "enabled_rate_to_true_add": "toggle changes either way",
    "enabled_rate_to_false_add": "toggle changes either way",
    "single_structural_mutation": "a child may have several changes of its structure",
    "structural_mutation_surer": "a mutation that finds no place does nothing",
    "weight_init_mean": "first weights lie round 0",
    "weight_init_type": "first weights are uniform",
    "weight_min_value": "weight_limit is a magnitude, taken from weight_max_value",
    "species_fitness_func": "the best of a species counts",
    "min_species_size": "a species may have one member",
}
"""Keys without a counterpart, and why; those of bias, response and aggregation beside them."""


@dataclass
class Translation:
    """What became of a file.

    Attributes:
        keys: keys of mode neat and their values.
        seed: that of the run; None where the file has none.
        mapped: lines "their key -> ours".
        unmapped: lines "their key: why".
    """

    keys: dict[str, Any] = field(default_factory=dict)
    seed: int | None = None
    mapped: list[str] = field(default_factory=list)
    unmapped: list[str] = field(default_factory=list)

    def put(self, theirs: str, ours: str, value: Any) -> None:
        """A key that has a counterpart."""
        self.keys[ours] = value
        self.mapped.append(f"{theirs} -> {ours}: {value}")


def read(path: Path) -> Translation:
    """A configuration file of neat-python, translated.

    Raises:
        ConfigError: it cannot be read, lacks the section DefaultGenome, or a value is wrong.
    """
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, configparser.Error) as error:
        said = " ".join(str(error).split())
        raise ConfigError(f"--from-neat-python: {path} cannot be read: {said}") from None
    if not parser.has_section("DefaultGenome"):
        raise ConfigError(
            f"--from-neat-python: {path}: a section [DefaultGenome] was wanted, got "
            f"{', '.join(parser.sections()) or 'none'}"
        )
    found = Translation()
    for section in parser.sections():
        values = dict(parser.items(section))
        if section not in _SECTIONS:
            found.unmapped += [f"[{section}] {key}: a section of your own" for key in values]
            continue
        for key, text in values.items():
            try:
                _translate(key, text.strip(), values, found)
            except ValueError:
                raise ConfigError(
                    f"--from-neat-python: {path}: [{section}] {key}: a value as neat-python takes "
                    f"it was wanted, got {text!r}"
                ) from None
    return found


def _translate(key: str, text: str, values: Mapping[str, str], found: Translation) -> None:
    if key in _PLAIN:
        ours, convert = _PLAIN[key]
        found.put(key, ours, convert(text))
    elif key in _SPECIAL:
        _SPECIAL[key](text, values, found)
    else:
        reason = _UNMAPPED.get(key, "there is no such thing here")
        for lead, why in (("bias_", _BIAS), ("response_", _RESPONSE), ("aggregation_", _SUM)):
            reason = why if key.startswith(lead) else reason
        found.unmapped.append(f"{key}: {reason}")


def _boolean(text: str) -> bool:
    if text.lower() not in configparser.ConfigParser.BOOLEAN_STATES:
        raise ValueError("yes or no was wanted")
    return bool(configparser.ConfigParser.BOOLEAN_STATES[text.lower()])


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a finite number was wanted")
    return number


def _share(text: str) -> float:
    return min(1.0, max(0.0, _number(text)))


def _switch(text: str) -> float:
    return 0.0 if _boolean(text) else 1.0


_PLAIN: Final[Mapping[str, tuple[str, Callable[[str], Any]]]] = {
    "pop_size": ("population", int),
    "activation_mutate_rate": ("activation_mutation", _share),
    "compatibility_weight_coefficient": ("weight_difference", _number),
    "conn_add_prob": ("add_connection", _share),
    "conn_delete_prob": ("delete_connection", _share),
    "enabled_mutate_rate": ("toggle", _share),
    "node_add_prob": ("add_node", _share),
    "node_delete_prob": ("delete_node", _share),
    "weight_max_value": ("weight_limit", _number),
    "max_stagnation": ("stagnation", int),
    "species_elitism": ("protected_species", int),
    "survival_threshold": ("survival_threshold", _number),
}


def _seed(text: str, _: Mapping[str, str], found: Translation) -> None:
    found.seed = int(text)
    found.mapped.append(f"seed -> seed: {text}")


def _activation(text: str, _: Mapping[str, str], found: Translation) -> None:
    if text not in _ACTIVATIONS:
        found.unmapped.append(f"activation_default: there is no {text}, steep-sigmoid is taken")
        return
    found.put("activation_default", "activation", _ACTIVATIONS[text])


def _options(text: str, _: Mapping[str, str], found: Translation) -> None:
    names = text.replace(",", " ").split()
    known = [_ACTIVATIONS[name] for name in names if name in _ACTIVATIONS]
    missing = [name for name in names if name not in _ACTIVATIONS]
    if known:
        found.put("activation_options", "activations", known)
    if missing:
        found.unmapped.append(f"activation_options: there is no {', '.join(missing)}")


def _disjoint(text: str, values: Mapping[str, str], found: Translation) -> None:
    found.put("compatibility_disjoint_coefficient", "disjoint", _number(text))
    if values.get("compatibility_excess_coefficient", "auto").strip() == "auto":
        found.put("compatibility_disjoint_coefficient", "excess", _number(text))


def _excess(text: str, _: Mapping[str, str], found: Translation) -> None:
    if text == "auto":
        found.mapped.append("compatibility_excess_coefficient -> excess: that of disjoint genes")
    else:
        found.put("compatibility_excess_coefficient", "excess", _number(text))


def _threshold(text: str, _: Mapping[str, str], found: Translation) -> None:
    found.put("compatibility_threshold", "compatibility_threshold", _number(text))
    # theirs is constant, whatever the preset of the task says
    found.put("compatibility_threshold", "target_species", None)


def _feed_forward(text: str, _: Mapping[str, str], found: Translation) -> None:
    found.put("feed_forward", "recurrent", not _boolean(text))


def _connection(text: str, _: Mapping[str, str], found: Translation) -> None:
    kind = text.partition(" ")[0]
    if not kind:
        raise ValueError("a kind of connection was wanted, got nothing")
    if kind.startswith("full"):
        found.put("initial_connection", "topology", "minimal")
    elif kind == "unconnected":
        found.put("initial_connection", "topology", "disconnected")
    else:
        found.unmapped.append(f"initial_connection: there is no {kind}, minimal is taken")


def _hidden(text: str, _: Mapping[str, str], found: Translation) -> None:
    if int(text):
        found.unmapped.append(
            "num_hidden: networks begin without hidden nodes; network: {mlp: [...]} begins with "
            "layers"
        )
    else:
        found.mapped.append("num_hidden -> topology: no hidden nodes")


def _spread(text: str, _: Mapping[str, str], found: Translation) -> None:
    # a uniform number in +-h has the standard deviation h / sqrt(3)
    half = round(_number(text) * math.sqrt(3), 4)
    found.put("weight_init_stdev", "initial_weight", half)
    if half:
        # a replaced weight is drawn as a first one there
        found.put("weight_init_stdev", "replacement", half)


def _power(text: str, _: Mapping[str, str], found: Translation) -> None:
    found.put("weight_mutate_power", "sigma", _number(text))
    found.put("weight_mutate_power", "perturbation_kind", "normal")


def _rates(text: str, values: Mapping[str, str], found: Translation) -> None:
    # theirs are shares of the weights, and every child is mutated
    mutate, replace = _share(text), _share(values.get("weight_replace_rate", "0"))
    both = mutate + replace
    found.put("weight_mutate_rate", "weight_mutation", min(1.0, both))
    if both:
        found.put("weight_replace_rate", "perturbation", round(mutate / both, 4))


def _noted(_text: str, _values: Mapping[str, str], _found: Translation) -> None:
    """Told with another key."""


def _elitism(text: str, _: Mapping[str, str], found: Translation) -> None:
    # the champion of a species with more members than champion_size is copied
    found.put("elitism", "champion_size", 0 if int(text) else 10**6)


_SPECIAL: Final[Mapping[str, Callable[[str, Mapping[str, str], Translation], None]]] = {
    "seed": _seed,
    "activation_default": _activation,
    "activation_options": _options,
    "compatibility_disjoint_coefficient": _disjoint,
    "compatibility_excess_coefficient": _excess,
    "compatibility_threshold": _threshold,
    "feed_forward": _feed_forward,
    "initial_connection": _connection,
    "num_hidden": _hidden,
    "weight_init_stdev": _spread,
    "weight_mutate_power": _power,
    "weight_mutate_rate": _rates,
    "weight_replace_rate": _noted,
    "elitism": _elitism,
}
