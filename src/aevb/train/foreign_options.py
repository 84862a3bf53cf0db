"""Options of an experiment that belong to another choice than the one that is made."""

import inspect
import logging

from hydra.core.hydra_config import HydraConfig
from hydra.utils import get_class
from omegaconf import DictConfig, OmegaConf, open_dict
from torch import nn

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


def _is_taken(node: DictConfig, option: str) -> bool:
    """Whether what the node builds has such an argument."""
    if option.startswith("_") or OmegaConf.is_missing(node, "_target_") or "_target_" not in node:
        return True
    cls = get_class(node._target_)
    if cls.__init__ is nn.Module.__init__:  # type: ignore[misc]
        return False  # it has no options, though the signature takes all
    parameters = inspect.signature(cls).parameters.values()
    return any(parameter.name == option or parameter.kind is parameter.VAR_KEYWORD for parameter in parameters)
