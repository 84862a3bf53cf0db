"""What each command reads of its configuration, and what some options need to have an effect."""

from collections.abc import Mapping
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from aevb.command_line.declared.effect import LISTS, Needs, Reads
from aevb.command_line.declared.values import shown
from aevb.command_line.suggestions import buildable

PARTS = ("encoder", "decoder", "posterior", "prior", "code_prior", "likelihood", "loss", "noise", "penalty", "codebook")
ESTIMATORS = ("score_function", "sgvb_a", "sgvb_b", "stl", "iwae", "dreg")
PATHS = ("interpolation", "interpolation_gif")


def _is(name: str, *values: object) -> Needs:
    """Another option has one of these values."""
    words = " or ".join(f"{name}={shown(value)}" for value in values)
    return Needs(f"it is for {words}", lambda cfg: OmegaConf.select(cfg, name) in values)


def _with_layer(part: str, layer: str) -> Needs:
    """A part has such a layer in a block, or, for an activation, a hidden layer."""

    def fulfilled(cfg: DictConfig) -> bool:
        node = cfg[part]
        blocks = [*(node.get("block") or ()), *(node.get("map_block") or ())]
        return layer in blocks or (layer == "activation" and bool(node.get("hidden_sizes")))

    where = f"{part}.block" + (f" or {part}.hidden_sizes" if layer == "activation" else "")
    return Needs(f"there is no {layer} in {where}", fulfilled)


def _set_elsewhere(option: str) -> Needs:
    return Needs(f"use {option}")


def _may_end_early(cfg: DictConfig) -> bool:
    """Whether there is a time limit, or a callback that is not this project's, such as EarlyStopping."""
    callbacks = buildable(cfg.callbacks).values() if cfg.get("callbacks") else ()
    return bool(cfg.trainer.get("max_time")) or any(
        not str(node.get("_target_", "")).startswith("aevb.") for node in callbacks
    )


VALIDATED = Needs("there is no best.ckpt without validation images", lambda cfg: bool(cfg.data.val_size))
FIGURE_NEEDS: Mapping[str, Needs] = {
    **{
        f"figures.{figure}.{end}": _is(f"figures.{figure}.labels", None) for figure in PATHS for end in ("start", "end")
    },
    "figures.markov_chain.sigma": _is("figures.markov_chain.sample", True),
}
TRAIN_NEEDS: Mapping[str, Needs] = {
    **FIGURE_NEEDS,
    **{f"{p}.{layer}": _with_layer(p, layer) for p in ("encoder", "decoder") for layer in ("activation", "dropout")},
    "likelihood.min_sigma": _is("likelihood.scale", "learned", "predicted"),
    "penalty.target": _is("penalty.kind", "kl"),
    "loss.decay": _is("loss.baseline", "moving_average"),
    "loss.cycle_epochs": Needs("it is for loss.warmup_epochs above 0", lambda cfg: bool(cfg.loss.warmup_epochs)),
    "codebook.dead_below": _is("codebook.restart", True),
    "trainer.gradient_clip_algorithm": Needs(
        "it is for +trainer.gradient_clip_val", lambda cfg: bool(cfg.trainer.get("gradient_clip_val"))
    ),
    **dict.fromkeys(
        ("trainer.min_epochs", "trainer.min_steps"),
        Needs("nothing that is chosen ends training early", lambda cfg: _may_end_early(cfg)),
    ),
    **dict.fromkeys(
        ("trainer.limit_val_batches", "trainer.check_val_every_n_epoch", "trainer.val_check_interval"),
        Needs("there are no validation images, with data.val_size=0", lambda cfg: bool(cfg.data.val_size)),
    ),
    "trainer.limit_train_batches": Needs(
        "trainer.overfit_batches says which batches there are", lambda cfg: not cfg.trainer.get("overfit_batches")
    ),
    "trainer.callbacks": _set_elsewhere("+callbacks.<a name>={_target_: ...}"),
    "trainer.logger": _set_elsewhere("logger=<a choice>, or +logger.<a name>={_target_: ...}"),
    "trainer.plugins": Needs("the plugins are those of this project"),
    "trainer.default_root_dir": _set_elsewhere("hydra.run.dir"),
    "data.orders": _set_elsewhere("seeds"),
    "data.dataset.train": Needs("training and test images are both read"),
    **{
        name: Needs("the rest of the model decides it")
        for name in (
            *("posterior.in_features", "decoder.output_shape", "prior.posterior_of", "prior.image_shape"),
            *("code_prior.num_codes", "optimizer.params", "scheduler.optimizer"),
        )
    },
    "sweep": Needs("it is for a sweep, with -m", lambda cfg: HydraConfig.get().mode == RunMode.MULTIRUN),
    "callbacks.best": VALIDATED,
    **{f"callbacks.best.{option}": Needs("the model decides what is watched") for option in ("monitor", "mode")},
    **{f"callbacks.best.{option}": VALIDATED for option in ("dirpath", "filename", "save_top_k", "every_n_epochs")},
}


OF_TRAIN = (
    *(
        "seed",
        "seeds",
        "ckpt_path",
        "sweep",
        "run_dir",
        "model",
        "data",
        "optimizer",
        "scheduler",
        "trainer",
        "speed",
        "init",
    ),
)
OF_DRAW = ("run", "split", "max_images", "seed", "out")
OF_EVALUATE = ("run", "split", "num_images", "seed", "device", "memory", "out")
OF_COMPARE = ("run", "sort", "group", "out")
OF_COMPARE_ESTIMATORS = (
    *("run", "fresh", "estimators", "num_samples", "repetitions", "num_images", "split", "reference_samples", "seed"),
    *("device", "out"),
)
KEPT = "keep callbacks=default, or list callbacks=[checkpoint,...]"


def chosen(cfg: DictConfig) -> list[str]:
    """callbacks.best, figures.tsne and the like, as far as they are built."""
    return [f"{name}.{part}" for name in LISTS if cfg.get(name) for part in buildable(cfg[name])]


def _read_by_train(cfg: DictConfig) -> list[str]:
    return [*OF_TRAIN, *chosen(cfg), *(["vq_vae"] if "vq_vae" in cfg.model else [])]


def _readers_in_train(cfg: DictConfig) -> Mapping[str, str]:
    parts = ", ".join(name for name in PARTS if name in cfg.model)
    model = HydraConfig.get().runtime.choices.get("model")
    return {
        **{part: f"model={model} has no {part}. Its parts are {parts}." for part in PARTS},
        "latent_dim": "no part of this model follows it",
        "vq_vae": "it is for model=vq_prior",
        "figures_split": "no figure follows it",
        "as_written": "it is for loss=as_written",
        "lr_step": "it is for scheduler=step",
        "r_loss_factor": "it is for likelihood=gaussian and loss=as_written",
    }


def _estimators(cfg: DictConfig) -> list[str]:
    asked: Any = cfg.estimators
    return [asked] if isinstance(asked, str) else [str(name) for name in asked]


TRAIN = Reads(
    (
        *OF_TRAIN,
        "latent_dim",
        "callbacks.best",
        "callbacks.last",
        "figures",
        "data.val_size",
        "data.batch_size",
        "trainer.max_epochs",
    ),
    _read_by_train,
    _readers_in_train,
    TRAIN_NEEDS,
    {"callbacks.best": KEPT, "callbacks.last": KEPT, "trainer.max_epochs": "set it to the number of epochs"},
)
DRAW = Reads(
    (*OF_DRAW, "figures"),
    lambda cfg: [*OF_DRAW, *chosen(cfg)],
    lambda cfg: {"z": "it is for the figures decoded_points and latent_scatter"},
    {**FIGURE_NEEDS, "figures_split": _set_elsewhere("split")},
)
EVALUATE = Reads((*OF_EVALUATE, "sections"), lambda cfg: [*OF_EVALUATE, *chosen(cfg)])
COMPARE = Reads(OF_COMPARE, lambda cfg: [*OF_COMPARE])
COMPARE_ESTIMATORS = Reads(
    OF_COMPARE_ESTIMATORS,
    lambda cfg: [*OF_COMPARE_ESTIMATORS, *_estimators(cfg)],
    needs={f"{name}.num_samples": _set_elsewhere("num_samples") for name in ESTIMATORS},
)
