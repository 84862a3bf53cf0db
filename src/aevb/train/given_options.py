"""What a run was asked for: the choices and options that its command line and its experiment give."""

from typing import Any

from hydra.core.hydra_config import HydraConfig
from omegaconf import OmegaConf

from aevb.command_line import CONF
from aevb.command_line.declared.effect import LISTS
from aevb.train.same_options import Options, flat

WHERE = ("run_dir", "sweep", "ckpt_path")  # a run is, not what it is


def given_options(config: dict[str, Any]) -> Options:
    """By name, in the order in which they are given; all others are defaults. None where there is no command line.

    config: resolved, with the `choices` of config groups.
    """
    if not HydraConfig.initialized():
        return {}
    job = HydraConfig.get()
    names = _of_experiment(job.runtime.choices.get("experiment"))
    names += [override.lstrip("+~").partition("=")[0] for override in job.overrides.task]
    values, choices = flat(config), {**config["choices"], "experiment": job.runtime.choices.get("experiment")}
    found: Options = {}
    for name in dict.fromkeys(names):
        if name in choices:
            found[name] = choices[name]
        elif name in LISTS:
            found[name] = [*config[name]]
        elif name.partition(".")[0] not in WHERE:
            found |= {key: value for key, value in values.items() if key == name or key.startswith(f"{name}.")}
    return found


def _of_experiment(name: object) -> list[str]:
    """The names that an experiment gives values to, those of one that it begins with first."""
    file = CONF / "experiment" / f"{name}.yaml"
    if not file.is_file():
        return []
    content: Any = OmegaConf.to_container(OmegaConf.load(file), resolve=False)
    found = ["experiment"]
    for entry in content.pop("defaults", []):
        if isinstance(entry, dict):
            found += [group.removeprefix("override /") for group in entry]
        elif entry != "_self_":
            found += _of_experiment(entry)
    return [*found, *flat(content)]
