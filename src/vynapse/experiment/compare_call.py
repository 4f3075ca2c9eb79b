# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A comparison as a call in Python.

table = vynapse.compare("xor", ["sgd", "deap"], seeds=5)
table = vynapse.compare((X, y), arms={"slow": {"mode": "sgd"}, "evolved": {"mode": "deap"}})
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from vynapse.errors import ConfigError, storage_errors
from vynapse.experiment.call import recipe_given
from vynapse.experiment.compare import Comparison, Finished
from vynapse.experiment.directory import new_name
from vynapse.experiment.files import write_atomically
from vynapse.experiment.kept import origin
from vynapse.experiment.named_arms import Source
from vynapse.experiment.table import Table


def compare(
    task: Any = (),
    modes: str | Sequence[str] = (),
    *,
    arms: Mapping[str, Any] | None = None,
    seeds: int | Sequence[int] = 5,
    budget: Mapping[str, int | float] | None = None,
    controls: Sequence[str] = (),
    out: Path | str | None = None,
    jobs: int = 1,
    repeats: int = 1,
    anytime: bool = False,
    progress: Callable[[Finished], None] = lambda _: None,
    **keys: Any,
) -> Table:
    """Run a task in several modes, or several recipes, with several seeds; `vynapse compare`.

    In a script it stands below `if __name__ == "__main__":`, since each arm has fresh processes,
    which import the script.

    Args:
        task: what `run` takes, or a list of names of tasks.
        modes: names of `vynapse modes`.
        arms: recipes by name, in place of modes: each a recipe, a file of one, a run directory, a
            mode, or a mapping of what `run` takes. The others are compared with the first.
        seeds: 0, 1, … below it when a number.
        budget: limits of each run; None takes the task's, or of arms their own.
        controls: what a mode is compared with beside the other modes.
        out: folder of the runs and the table; by default one with a telling name below runs.
        jobs: how many runs at the same time.
        repeats: how often each run is made, to see whether its bytes are the same.
        anytime: also judge the arms at every budget, in files anytime.* of the folder.
        progress: called as each run ends.
        keys: further keys of every recipe, as `run` takes them.

    Raises:
        ConfigError, DataError: as `run`; or an object of the call cannot be imported by the
            processes of the arms.
        TrainingError: an arm failed; the runs before it are kept.
    """
    names = [modes] if isinstance(modes, str) else list(modes)
    title, count = _title(task), seeds if isinstance(seeds, int) else len(seeds)
    folder = Path(out) if out else Path("runs") / new_name(title, [*names, *(arms or ())], count)
    chosen: dict[str, Any] = {"tasks": _named(task) or [], "modes": names, "budget": budget}
    if _named(task) is None or arms is not None or keys.keys() & {"network", "loss"}:
        found = _whole(arms if arms is not None else {name: {"mode": name} for name in names})
        recipes = _recipes(_single(task), found, folder, budget, keys)
        chosen |= {"tasks": [], "modes": names if arms is not None else [], "recipes": recipes}
    else:
        chosen["overrides"] = [f"{key}={json.dumps(value)}" for key, value in keys.items()]
    how: dict[str, Any] = {"controls": controls, "jobs": jobs, "repeats": repeats}
    comparison = Comparison(seeds=seeds, directory=folder, anytime=anytime, **how, **chosen)
    return comparison.run(progress)


def _named(task: Any) -> list[str] | None:
    """Names of tasks; None for a task that is given by other means."""
    if isinstance(task, str):
        return [task]
    several = isinstance(task, (list, tuple)) and all(isinstance(name, str) for name in task)
    return list(task) if several else None


def _title(task: Any) -> str:
    return "-".join(["compare", *(_named(task) or ["data"])])


def _whole(arms: Mapping[str, Any]) -> Mapping[str, Any]:
    if not arms:
        raise ConfigError("arms: modes, or recipes by name, were wanted, got none")
    return arms


def _single(task: Any) -> Any:
    names = _named(task)
    if names is None:
        return task
    if len(names) > 1:
        raise ConfigError(f"task: one task was wanted where there are arms, got {', '.join(names)}")
    return names[0] if names else None


def _recipes(
    task: Any,
    arms: Mapping[str, Any],
    folder: Path,
    budget: Mapping[str, int | float] | None,
    keys: Mapping[str, Any],
) -> dict[str, Source]:
    """The recipes of the arms; weights of modules that were given lie in the folder."""
    limits = {} if budget is None else {"budget": {"target": None, "patience": None, **budget}}
    recipes: dict[str, Source] = {}
    for name, arm in arms.items():
        own = dict(arm) if isinstance(arm, Mapping) else {"recipe": arm}
        if isinstance(arm, str) and "." not in arm and not Path(arm).is_dir():
            own = {"mode": arm}
        given = {**keys, **limits, **own}
        mode = given.pop("mode", None)
        try:
            recipe, start = recipe_given(task, mode, **given)
        except ConfigError as error:
            raise ConfigError(f"{name}: {problem}" for problem in error.problems) from None
        if origin(recipe) == "python":
            raise ConfigError(
                f"{name}: an object of this call cannot be imported by other processes (origin: "
                "python): move it into a module"
            )
        if start is not None:
            with storage_errors(folder):
                folder.mkdir(parents=True, exist_ok=True)
            file = folder / f"start-{name}.safetensors"
            write_atomically(file, start.to_bytes())
            made = recipe.made
            recipe = recipe.model_copy(update={"weights": str(file.absolute())}).with_made(made)
        recipes[name] = recipe
    return recipes
