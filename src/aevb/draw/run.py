"""The pictures of trained runs, from a composed configuration to files."""

import re
from collections.abc import Callable
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from aevb.command_line.figure_nodes import SCHEDULE, figure_of
from aevb.command_line.latest import runs_named
from aevb.command_line.suggestions import buildable
from aevb.command_line.sweeps.watch import claim
from aevb.compare.names import names
from aevb.draw.pictures import seeded_picture
from aevb.errors import NotApplicable, UserError
from aevb.figures import Picture, Quantities, save, wanted_quantities
from aevb.files import shell_path, writing_into
from aevb.process import skip_distribution_checks
from aevb.runs import Run, find_runs, load_data, load_model
from aevb.runs.run import common_folder

OF_SEVERAL_RUNS = {"histories", "units"}  # the quantities that do not belong to a single model


def draw_runs(cfg: DictConfig) -> list[Path]:
    """Draw what is chosen; prints and returns the files' paths, and prints why a figure was left out.

    Raises UserError if nothing could be drawn.
    """
    figures = chosen_figures(cfg)
    if cfg.run is None:
        raise UserError("say which run to draw: run=outputs/<model>-<loss>-z<latent_dim>/<time>, or a checkpoint")
    runs = find_runs(runs_named(cfg.run))
    quantities = quantities_of(runs, cfg)
    folder = Path(cfg.out) if cfg.out else common_folder(runs) / "figures"
    files = []
    for name, figure in figures.items():
        try:
            if len(runs) > 1 and not OF_SEVERAL_RUNS.issuperset(wanted_quantities(figure)):
                raise NotApplicable(f"it shows one run, and run= stands for {len(runs)}, such as {runs[0].folder}")
            picture = seeded_picture(quantities, figure, cfg.seed)
        except NotApplicable as reason:
            print(f"{name} is not drawn: {reason}")
        except ValueError as error:
            raise UserError(f"figures.{name} cannot be drawn: {error}") from error
        else:
            claim(folder / name, "name another folder for each job with out=")
            with writing_into(folder):
                files.append(save(picture, folder, name))
            print(shell_path(files[-1]))
    if not files:
        raise UserError("no figure could be drawn")
    return files


def chosen_figures(cfg: DictConfig) -> dict[str, Callable[..., Picture]]:
    """The figures that are chosen, by name; UserError if there is none, or an option has no effect here."""
    for override in HydraConfig.get().overrides.task:
        if re.match(rf"\+?figures\.\w+\.({'|'.join(SCHEDULE)})=", override):
            raise UserError(
                f"{override}: this option is for training; aevb.draw has split= and max_images=, for all figures"
            )
    nodes = buildable(cfg.figures)
    if not nodes:
        raise UserError("figures=[] chooses no figure: name some, or leave it out for all the quick ones")
    return {name: figure_of(node) for name, node in nodes.items()}


def quantities_of(runs: list[Run], cfg: DictConfig) -> Quantities:
    """What there is to draw of the first run's model and data, and the histories of all runs."""
    begun = {run: rows for run in runs if (rows := run.history())}
    histories = dict(zip(names([*begun]), begun.values(), strict=True))
    skip_distribution_checks()
    model = load_model(runs[0].checkpoint)
    data = load_data(runs[0].checkpoint)
    x, y = data.images(cfg.split, cfg.max_images)
    return Quantities(model, x, y, histories)
