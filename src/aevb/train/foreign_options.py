"""Options of an experiment that belong to another choice than the one that is made."""

import inspect
import logging

from hydra.core.hydra_config import HydraConfig
from hydra.utils import get_class
from omegaconf import DictConfig, OmegaConf, open_dict
from torch import nn

from aevb.command_line.declared.commands import TRAIN
from aevb.command_line.declared.reads import TRAIN_NEEDS
from aevb.command_line.suggestions import unknown_name
from aevb.errors import UserError
from aevb.train.preflight import SINGLE_CHOICES, choices_made

log = logging.getLogger(__name__)


def drop_foreign_options(cfg: DictConfig) -> DictConfig:
    """The configuration without what an experiment says to a choice that the command line has replaced.

    experiment=keras_ae loss=bce: the experiment's loss.output is an option of mse_mean, and bce has none.

    Raises UserError where the command line itself gives such an option.
    """
    made = choices_made()
    if made.get("experiment") is None:
        return cfg
    given = [override.lstrip("+").split("=")[0] for override in HydraConfig.get().overrides.task]
    mended: DictConfig = OmegaConf.create(OmegaConf.to_container(cfg))  # type: ignore[assignment]
    for group in ({*SINGLE_CHOICES} & {*given}) - {"model"}:
        node: DictConfig = mended[group] or OmegaConf.create()
        foreign = [str(option) for option in node if not _is_taken(node, str(option))]
        for option in foreign:
            if f"{group}.{option}" in given:
                raise UserError(f"{group}.{option}: {group}={made[group]} has no such option")
            with open_dict(node):
                del node[option]
        if foreign:
            named = ", ".join(f"{group}.{option}" for option in foreign)
            log.info("%s=%s has no such options as the experiment's %s", group, made[group], named)
    return mended


def refuse_unknown_options(cfg: DictConfig) -> None:
    """Raise UserError for an option of the command line, as +encoder.foo=1 gives it, that its part does not take."""
    for override in HydraConfig.get().overrides.task if HydraConfig.initialized() else []:
        part, *options = override.lstrip("+").split("=")[0].split(".")
        if part == "callbacks" and options:
            part, *options = f"{part}.{options[0]}", *options[1:]
        node = OmegaConf.select(cfg, part)
        if part == "figures" or override.startswith("~") or not (options and isinstance(node, DictConfig)):
            continue
        if options[0].startswith("_"):  # what Hydra itself reads, such as _target_
            continue
        if not _is_taken(node, options[0]) or (_is_open(node, options[0]) and f"{part}.{options[0]}" not in TRAIN):
            if options[0] in cfg:
                raise UserError(f"{override}: {part} has no option {options[0]}. Did you mean {'.'.join(options)}?")
            names = [f"{part}.{parameter.name}" for parameter in _parameters(node)]
            known = [name for name in names if name not in TRAIN_NEEDS or TRAIN_NEEDS[name].fulfilled]
            raise UserError(f"{override}: {unknown_name('option', f'{part}.{options[0]}', known)}")


def _is_taken(node: DictConfig, option: str) -> bool:
    """Whether what the node builds has such an argument."""
    if option.startswith("_") or OmegaConf.is_missing(node, "_target_") or "_target_" not in node:
        return True
    return any(parameter.name == option or parameter.kind is parameter.VAR_KEYWORD for parameter in _parameters(node))


def _is_open(node: DictConfig, option: str) -> bool:
    """Whether it is one of Lightning's that hands an option of any name on, as a logger does."""
    if not str(node.get("_target_", "")).startswith("lightning."):
        return False
    own, handed_on = (
        [parameter.name for parameter in _parameters(node) if (parameter.kind is parameter.VAR_KEYWORD) == any_name]
        for any_name in (False, True)
    )
    return bool(handed_on) and option not in own


def _parameters(node: DictConfig) -> list[inspect.Parameter]:
    """The arguments of what the node builds; none for a module without options, whose signature takes all."""
    cls = get_class(node._target_)
    if cls is nn.Identity or cls.__init__ is nn.Module.__init__:  # type: ignore[misc]
        return []
    return list(inspect.signature(cls).parameters.values())
