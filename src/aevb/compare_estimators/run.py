"""A comparison of estimators, from a composed configuration to a table, a figure and sentences."""

from pathlib import Path

import torch
from hydra.utils import instantiate
from omegaconf import DictConfig
from torch import Tensor

from aevb.command_line.device import device_of
from aevb.command_line.latest import runs_named
from aevb.compare_estimators.figure import gradient_noise
from aevb.compare_estimators.gradients import Gradients
from aevb.compare_estimators.measure import applicable, measure
from aevb.compare_estimators.preflight import checked, one_run
from aevb.compare_estimators.report import print_tables, write
from aevb.compare_estimators.sentences import sentences
from aevb.compare_estimators.statistics import GradientNoise
from aevb.errors import UserError
from aevb.figures import save
from aevb.files import ensure_writable, relative_to_cwd, shell_path, writing_into
from aevb.models import VAE
from aevb.process import skip_distribution_checks
from aevb.runs import Run, load_checkpoint, load_data, load_model


def compare(cfg: DictConfig) -> list[GradientNoise]:
    """Measure every estimator at every number of samples; writes the table and the figure, and prints what they say."""
    estimators = checked(cfg)
    run = one_run(runs_named(cfg.run))
    device = device_of(cfg.device)
    with torch.random.fork_rng(devices=[0] if device.type == "cuda" else []):
        gradients = Gradients(*model_and_images(run, cfg, device), cfg.seed)
        folder = ensure_writable(Path(cfg.out) if cfg.out else run.folder / "figures")
        estimators = applicable(estimators, gradients)
        rows = measure(gradients, estimators, cfg.num_samples, cfg.repetitions, cfg.reference_samples)
    table = folder / "gradient_noise.csv"
    with writing_into(folder):
        write(rows, table)
        figure = save(gradient_noise(rows), folder, "gradient_noise")
    print_tables(rows)
    for sentence in sentences(rows):
        print(sentence)
    print(shell_path(table))
    print(shell_path(figure))
    return rows


def model_and_images(run: Run, cfg: DictConfig, device: torch.device) -> tuple[VAE, Tensor]:
    """The model in eval mode, trained or newly initialised, and the images (B, C, H, W)."""
    skip_distribution_checks()
    model = load_model(run.checkpoint)
    if not isinstance(model, VAE):
        raise UserError(
            f"{relative_to_cwd(run.checkpoint)} holds {type(model).__name__}, and only a VAE has gradients to compare"
        )
    if cfg.fresh:
        torch.manual_seed(cfg.seed)
        model = instantiate(load_checkpoint(run.checkpoint)["config"]["model"], _convert_="all").eval()
    data = load_data(run.checkpoint)
    try:
        x, _ = data.images(cfg.split, cfg.num_images)
    except ValueError as error:
        raise UserError(str(error)) from error
    if data.sizes[cfg.split] < cfg.num_images:
        raise UserError(f"num_images={cfg.num_images}: split={cfg.split} has {data.sizes[cfg.split]} images")
    return model.to(device), x.to(device)
