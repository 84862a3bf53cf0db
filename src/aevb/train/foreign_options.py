"""Options of an experiment that belong to another choice than the one that is made."""

import inspect
import logging

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf, open_dict

from aevb.command_line.declared.commands import TRAIN
from aevb.command_line.declared.reads import TRAIN_NEEDS
from aevb.command_line.part_arguments import arguments_of
from aevb.command_line.suggestions import unknown_name
from aevb.data import OF_THE_SET
from aevb.errors import UserError
from aevb.train.preflight import SINGLE_CHOICES, choices_made

ANY = inspect.Parameter

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
        if part in ("callbacks", "logger") and options:
            part, *options = f"{part}.{options[0]}", *options[1:]
        node = OmegaConf.select(cfg, part)
        if override.startswith("~"):
            part, _, option = override[1:].partition("=")[0].rpartition(".")
            _refuse_missing(OmegaConf.select(cfg, part) if part else None, part, option)
            continue
        if part == "figures" or not (options and isinstance(node, DictConfig)):
            continue
        if options[0].startswith("_") or _is_of_the_set(node, part, options[0]):  # what Hydra or a data set reads
            continue
        if not _is_taken(node, options[0]) or (_is_open(node, options[0]) and f"{part}.{options[0]}" not in TRAIN):
            if options[0] in cfg:
                raise UserError(f"{override}: {part} has no option {options[0]}. Did you mean {'.'.join(options)}?")
            arguments = [argument for argument in _arguments(node) or [] if argument.kind is not ANY.VAR_KEYWORD]
            names = [f"{part}.{argument.name}" for argument in arguments]
            known = [name for name in names if name not in TRAIN_NEEDS or TRAIN_NEEDS[name].fulfilled]
            raise UserError(f"{override}: {unknown_name('option', f'{part}.{options[0]}', known)}")


def _is_of_the_set(node: DictConfig, part: str, option: str) -> bool:
    """Whether a data set takes an option that stands beside those of ImageData, such as data.path."""
    if part != "data" or option not in OF_THE_SET:
        return False
    return f"${{data.{option}}}" in str(OmegaConf.to_container(node, resolve=False))


def _refuse_missing(node: object, part: str, option: str) -> None:
    """Raise UserError for an option taken away, as ~encoder.hidden_sizes does, that the part cannot do without."""
    needed = (
        [argument.name for argument in _arguments(node) or [] if argument.default is ANY.empty]
        if isinstance(node, DictConfig)
        else []
    )
    if option in needed and option not in node:  # type: ignore[operator]
        raise UserError(f"{part}.{option} is missing: leave ~{part}.{option} out")


def _is_taken(node: DictConfig, option: str) -> bool:
    """Whether what the node builds has such an argument; also of what cannot be found, as building it says."""
    arguments = _arguments(node)
    if option.startswith("_") or arguments is None:
        return True
    return any(argument.name == option or argument.kind is argument.VAR_KEYWORD for argument in arguments)


def _is_open(node: DictConfig, option: str) -> bool:
    """Whether it is one of Lightning's that hands an option of any name on, as a logger does."""
    if not str(node.get("_target_", "")).startswith("lightning."):
        return False
    arguments = _arguments(node) or []
    return option not in [argument.name for argument in arguments] and any(
        argument.kind is argument.VAR_KEYWORD for argument in arguments
    )


def _arguments(node: DictConfig) -> list[inspect.Parameter] | None:
    """The arguments of what the node builds; none for a module without options, whose signature takes all."""
    arguments = arguments_of(node)
    takes_all = [argument.kind for argument in arguments or []] == [ANY.VAR_POSITIONAL, ANY.VAR_KEYWORD]
    return [] if takes_all and str(node._target_).startswith(("aevb.", "torch.")) else arguments
