"""The pictures of a trained model, from a composed configuration to files."""

from collections.abc import Callable
from pathlib import Path

import torch
from hydra.utils import instantiate
from omegaconf import DictConfig, ListConfig, OmegaConf

from aevb.command_line.suggestions import buildable, chosen_names
from aevb.errors import UserError, whole_number
from aevb.figures import NotApplicable, Picture, Quantities, save
from aevb.files import writing_into
from aevb.runs.checkpoint import load_data, load_model
from aevb.runs.run import Run, common_folder, find_runs, names
from aevb.train.report import shown

OF_SEVERAL_RUNS = {"histories", "units"}  # the quantities that do not belong to a single model


def draw(cfg: DictConfig) -> list[Path]:
    """Draw what is asked for; prints and returns the files' paths, and prints why a figure was left out.

    Raises UserError if nothing could be drawn.
    """
    figures = chosen_figures(cfg)
    if not figures:
        raise UserError("figures=[] asks for no figure: name some, or leave it out for all the quick ones")
    if cfg.run is None:
        raise UserError("say which run to draw: run=outputs/<model>-<loss>-z<latent_dim>/<time>, or a checkpoint")
    runs = find_runs(OmegaConf.to_container(cfg.run) if isinstance(cfg.run, ListConfig) else cfg.run)  # type: ignore[arg-type]
    quantities = quantities_of(runs, cfg)
    folder = Path(cfg.out) if cfg.out else common_folder(runs) / "figures"
    files, reasons = [], []
    for name, figure in figures.items():
        torch.manual_seed(cfg.seed)
        try:
            if len(runs) > 1 and not OF_SEVERAL_RUNS.issuperset(quantities.wanted(figure)):
                raise NotApplicable(f"it shows one run, and run= stands for {len(runs)}")
            files.append(written(quantities.draw(figure), folder, name))
        except NotApplicable as reason:
            reasons.append(f"{name} is not drawn: {reason}")
            print(reasons[-1])
        except (TypeError, ValueError) as error:
            raise UserError(f"{name} cannot be drawn: {error}") from error
        else:
            print(shown(files[-1]))
    if not files:
        raise UserError("no figure could be drawn")
    return files


def chosen_figures(cfg: DictConfig) -> dict[str, Callable[..., Picture]]:
    """The figures that are asked for, by name; UserError for a name that does not exist."""
    chosen = chosen_names("figure", cfg.figures, buildable(cfg))
    return {name: instantiate(cfg[name], _convert_="all") for name in chosen}


def quantities_of(runs: list[Run], cfg: DictConfig) -> Quantities:
    """What there is to draw of the first run's model and data, and the histories of all runs."""
    histories = {name: rows for name, run in zip(names(runs), runs, strict=True) if (rows := run.history()) is not None}
    torch.distributions.Distribution.set_default_validate_args(False)  # as in training
    model = load_model(runs[0].checkpoint)
    data = load_data(runs[0].checkpoint)
    try:
        whole_number("seed", cfg.seed, at_least=0)
        x, y = data.to_draw(whole_number("max_images", cfg.max_images), cfg.split)
    except ValueError as error:
        raise UserError(str(error)) from error
    return Quantities(model, x, y, histories)


def written(picture: Picture, folder: Path, name: str) -> Path:
    """Save the picture; UserError where the folder cannot be written."""
    with writing_into(folder):
        return save(picture, folder, name)
