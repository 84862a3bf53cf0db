"""The options of training: data, optimiser, schedule, trainer, checkpoints, steps."""

import re
from collections.abc import Mapping

from aevb.command_line.declared.kinds import (
    ANY_NUMBER,
    NAME,
    NOT_NEGATIVE,
    NULL,
    OPTIONS,
    PART,
    PATH,
    POSITIVE,
    SHARE,
    TEXT,
    TRUE_OR_FALSE,
    Kind,
    called,
    either,
    exactly,
    interval,
    list_of,
    number,
    one_of,
    one_or_each,
    or_null,
    whole,
)


def _are_units(value: dict[str, object]) -> bool:
    """Whether these are numbers above 0 of units of time."""
    return bool(value) and value.keys() <= UNITS and all(map(POSITIVE.takes, value.values()))


MAYBE = or_null(TRUE_OR_FALSE)
BELOW_1 = number(0, below=1)
MINIMISED = exactly(False, "false, because the loss is minimised")
FROM_THE_START = exactly(-1, "-1, because ckpt_path= is what goes on from an epoch")
DEVICES = re.compile(r"auto|-1|\d+(,\d+)*,?")
TIME = re.compile(r"\d+:\d\d:\d\d:\d\d")
UNITS = {"weeks", "days", "hours", "minutes", "seconds"}
DURATION = either(
    Kind(
        "a time such as 00:12:30:00, of days, hours, minutes and seconds",
        lambda value: isinstance(value, str) and bool(TIME.fullmatch(value)),
    ),
    Kind("{minutes:5}", lambda value: isinstance(value, dict) and _are_units(value)),
)
# 2 is two batches, and 0.5 half of them.
BATCHES = either(whole(0), SHARE)

DATA: Mapping[str, Kind] = {
    "data.dataset": PART,
    "data.dataset.root": PATH,
    "data.dataset.download": TRUE_OR_FALSE,
    "data.dataset.split": NAME,  # of torchvision's EMNIST
    "data.channels": whole(1, 4096),
    "data.image_size": whole(1, 1024),
    "data.batch_size": whole(1, 10_000_000),
    "data.val_size": whole(0),
    "data.limit": or_null(whole()),
    "data.stream": or_null(whole()),
    "data.binarize": one_of("none", "threshold", "dynamic", "static"),
    "data.range": interval("[-1,1]"),
    "data.seed": whole(0),
}

# Of torch.optim.
OPTIMIZER: Mapping[str, Kind] = {
    "optimizer.lr": POSITIVE,
    "optimizer.betas": list_of(BELOW_1, "[0.9,0.999]", {2}),
    "optimizer.eps": NOT_NEGATIVE,
    "Adafactor.eps": list_of(or_null(NOT_NEGATIVE), "[null,1e-3]", {2}),
    "optimizer.weight_decay": NOT_NEGATIVE,
    "optimizer.momentum": BELOW_1,
    "optimizer.dampening": SHARE,
    "optimizer.nesterov": TRUE_OR_FALSE,
    "optimizer.amsgrad": TRUE_OR_FALSE,
    "optimizer.centered": TRUE_OR_FALSE,
    "optimizer.decoupled_weight_decay": TRUE_OR_FALSE,
    "optimizer.maximize": MINIMISED,
    "optimizer.differentiable": exactly(False, "false, because no gradient goes through the steps"),
    "optimizer.capturable": TRUE_OR_FALSE,
    "optimizer.foreach": MAYBE,
    "optimizer.fused": MAYBE,
    "optimizer.lr_decay": NOT_NEGATIVE,
    "optimizer.initial_accumulator_value": NOT_NEGATIVE,
    "optimizer.momentum_decay": NOT_NEGATIVE,
    "optimizer.rho": SHARE,
    "optimizer.alpha": NOT_NEGATIVE,
    "RMSprop.alpha": BELOW_1,
    "optimizer.lambd": NOT_NEGATIVE,
    "optimizer.t0": NOT_NEGATIVE,
    "optimizer.beta2_decay": number(high=0),
    "optimizer.d": POSITIVE,
    "optimizer.etas": list_of(POSITIVE, "[0.5,1.2]", {2}),
    "optimizer.step_sizes": list_of(POSITIVE, "[1e-6,50]", {2}),
    "optimizer.max_iter": whole(),
    "optimizer.max_eval": or_null(whole()),
    "optimizer.tolerance_grad": NOT_NEGATIVE,
    "optimizer.tolerance_change": NOT_NEGATIVE,
    "optimizer.history_size": whole(1, 10_000),
    "optimizer.line_search_fn": or_null(one_of("strong_wolfe")),
    "optimizer.ns_steps": whole(1, 99),
    "optimizer.ns_coefficients": list_of(ANY_NUMBER, "[3.4445,-4.775,2.0315]", {3}),
    "optimizer.adjust_lr_fn": or_null(one_of("original", "match_rms_adamw")),
}

# Of torch.optim.lr_scheduler.
SCHEDULER: Mapping[str, Kind] = {
    "scheduler.gamma": POSITIVE,
    "scheduler.factor": number(above=0, high=1),
    "ReduceLROnPlateau.factor": number(above=0, below=1),
    "ReduceLROnPlateau.mode": exactly("min", "min, because a smaller val/loss is better"),
    "scheduler.total_iters": whole(),
    "scheduler.step_size": whole(),
    "scheduler.milestones": list_of(whole(), "[6,9]"),
    "scheduler.T_max": whole(),
    "scheduler.T_0": whole(),
    "scheduler.T_mult": whole(),
    "scheduler.eta_min": NOT_NEGATIVE,
    "scheduler.start_factor": number(above=0, high=1),
    "scheduler.end_factor": SHARE,
    "scheduler.power": POSITIVE,
    "scheduler.patience": whole(0),
    "scheduler.threshold": NOT_NEGATIVE,
    "scheduler.threshold_mode": one_of("rel", "abs"),
    "scheduler.cooldown": whole(0),
    "scheduler.min_lr": NOT_NEGATIVE,
    "scheduler.eps": NOT_NEGATIVE,
    "scheduler.last_epoch": FROM_THE_START,
    "scheduler.base_lr": POSITIVE,
    "scheduler.max_lr": POSITIVE,
    "scheduler.step_size_up": whole(),
    "scheduler.step_size_down": or_null(whole()),
    "scheduler.mode": one_of("triangular", "triangular2", "exp_range"),
    "scheduler.scale_mode": one_of("cycle", "iterations"),
    "scheduler.cycle_momentum": TRUE_OR_FALSE,
    "scheduler.base_momentum": BELOW_1,
    "scheduler.max_momentum": BELOW_1,
    "scheduler.total_steps": or_null(whole()),
    "scheduler.epochs": or_null(whole()),
    "scheduler.steps_per_epoch": or_null(whole()),
    "scheduler.pct_start": SHARE,
    "scheduler.anneal_strategy": one_of("cos", "linear"),
    "scheduler.div_factor": POSITIVE,
    "scheduler.final_div_factor": POSITIVE,
    "scheduler.three_phase": TRUE_OR_FALSE,
}

# Of lightning.pytorch.Trainer.
TRAINER: Mapping[str, Kind] = {
    "trainer.accelerator": NAME,
    "trainer.strategy": NAME,
    "trainer.devices": either(
        whole(1, 4096),
        Kind("auto, -1 or 0,1", lambda value: bool(DEVICES.fullmatch(str(value)))),
        list_of(whole(0, 4096), "[0,1]", range(1, 4097)),
    ),
    "trainer.num_nodes": whole(1, 4096),
    "trainer.precision": or_null(
        one_of(
            *("32-true", "64-true", "bf16-mixed", "bf16-true", "16-mixed", "16-true", "16", "32", "64", "bf16"),
            *("transformer-engine", "transformer-engine-float16"),
        )
    ),
    "trainer.fast_dev_run": either(TRUE_OR_FALSE, whole(0)),
    "trainer.max_epochs": whole(),
    "trainer.min_epochs": or_null(whole(0)),
    "trainer.max_steps": either(whole(), exactly(-1, "-1")),
    "trainer.min_steps": or_null(whole(0)),
    "trainer.max_time": or_null(DURATION),
    "trainer.limit_train_batches": or_null(BATCHES),
    "trainer.limit_val_batches": or_null(BATCHES),
    "trainer.limit_test_batches": or_null(BATCHES),
    "trainer.limit_predict_batches": or_null(BATCHES),
    "trainer.overfit_batches": BATCHES,
    "trainer.val_check_interval": or_null(either(whole(), number(above=0, high=1), DURATION)),
    "trainer.check_val_every_n_epoch": or_null(whole()),
    "trainer.num_sanity_val_steps": or_null(whole(-1)),
    "trainer.log_every_n_steps": or_null(whole(0)),
    "trainer.enable_checkpointing": MAYBE,
    "trainer.enable_progress_bar": MAYBE,
    "trainer.enable_model_summary": MAYBE,
    "trainer.enable_autolog_hparams": TRUE_OR_FALSE,
    "trainer.accumulate_grad_batches": whole(),
    "trainer.gradient_clip_val": or_null(POSITIVE),
    "trainer.gradient_clip_algorithm": or_null(one_of("norm", "value")),
    "trainer.deterministic": or_null(either(TRUE_OR_FALSE, exactly("warn", "warn"))),
    "trainer.benchmark": MAYBE,
    "trainer.inference_mode": TRUE_OR_FALSE,
    "trainer.use_distributed_sampler": TRUE_OR_FALSE,
    "trainer.profiler": or_null(either(one_of("simple", "advanced", "pytorch", "xla"), PART)),
    "trainer.detect_anomaly": TRUE_OR_FALSE,
    "trainer.barebones": TRUE_OR_FALSE,
    "trainer.sync_batchnorm": TRUE_OR_FALSE,
    "trainer.reload_dataloaders_every_n_epochs": whole(0),
    "trainer.model_registry": or_null(TEXT),
}

# Of lightning.pytorch.callbacks, and of ours.
CALLBACKS: Mapping[str, Kind] = {
    "callbacks.*": called(f"{PART.expected}; ~callbacks.<its name> leaves it out", PART),
    "callbacks.*.dirpath": PATH,
    "callbacks.*.filename": or_null(NAME),
    "callbacks.*.monitor": or_null(NAME),
    "EarlyStopping.monitor": NAME,
    "callbacks.*.verbose": TRUE_OR_FALSE,
    "callbacks.*.save_last": or_null(either(TRUE_OR_FALSE, exactly("link", "link"))),
    "callbacks.*.save_top_k": whole(-1),
    "callbacks.*.save_on_exception": TRUE_OR_FALSE,
    "callbacks.*.save_weights_only": TRUE_OR_FALSE,
    "callbacks.*.mode": one_of("min", "max"),
    "callbacks.*.auto_insert_metric_name": TRUE_OR_FALSE,
    "callbacks.*.every_n_train_steps": or_null(whole()),
    "callbacks.*.train_time_interval": or_null(PART),
    "callbacks.*.every_n_epochs": or_null(whole()),
    "callbacks.*.save_on_train_epoch_end": MAYBE,
    "callbacks.*.enable_version_counter": TRUE_OR_FALSE,
    "callbacks.*.min_delta": NOT_NEGATIVE,
    "callbacks.*.patience": whole(0),
    "callbacks.*.strict": TRUE_OR_FALSE,
    "callbacks.*.check_finite": TRUE_OR_FALSE,
    "callbacks.*.stopping_threshold": or_null(ANY_NUMBER),
    "callbacks.*.divergence_threshold": or_null(ANY_NUMBER),
    "callbacks.*.check_on_train_epoch_end": MAYBE,
    "callbacks.*.log_rank_zero_only": TRUE_OR_FALSE,
    "callbacks.*.logging_interval": or_null(one_of("step", "epoch")),
    "callbacks.*.log_momentum": TRUE_OR_FALSE,
    "callbacks.*.log_weight_decay": TRUE_OR_FALSE,
    "callbacks.*.scheduling": OPTIONS,
    "callbacks.*.swa_lrs": one_or_each(POSITIVE, "[1e-3]"),
    "callbacks.*.swa_epoch_start": either(whole(), number(0, 1)),
    "callbacks.*.annealing_epochs": whole(),
    "callbacks.*.annealing_strategy": one_of("cos", "linear"),
    "callbacks.*.decay": SHARE,
    "callbacks.*.update_every_n_steps": whole(),
    "callbacks.*.update_starting_at_step": or_null(whole(0)),
    "callbacks.*.update_starting_at_epoch": or_null(whole(0)),
    "callbacks.*.use_buffers": TRUE_OR_FALSE,
    "callbacks.*.max_depth": whole(-1),
    "callbacks.*.refresh_rate": whole(0),
    "callbacks.*.leave": TRUE_OR_FALSE,
    "callbacks.*.interval": one_of("step", "epoch"),
    "callbacks.*.duration": or_null(DURATION),
    "callbacks.*.every_n_steps": whole(),
    "callbacks.*.cpu_stats": MAYBE,
    "callbacks.*.amount": either(whole(), number(0, 1)),
}

FOLDER = Kind("the name of a folder, without /", lambda value: TEXT.takes(value) and "/" not in str(value))
LOGGER: Mapping[str, Kind] = {
    "logger.save_dir": PATH,
    "logger.name": or_null(FOLDER),
    "logger.version": or_null(either(FOLDER, whole(0))),
    "logger.log_graph": TRUE_OR_FALSE,
    "logger.default_hp_metric": TRUE_OR_FALSE,
    "logger.prefix": TEXT,
    "logger.sub_dir": or_null(PATH),
    "logger.flush_secs": whole(),
    "logger.max_queue": whole(),
    "logger.purge_step": or_null(whole(0)),
    "logger.filename_suffix": TEXT,
}

SWEEP = Kind(
    "a name of letters, digits and . _ - for the sweep, which begins with a letter or a digit",
    lambda value: not isinstance(value, bool) and bool(re.fullmatch(r"[A-Za-z0-9][\w.-]{0,99}", str(value), re.ASCII)),
)

TRAINING: Mapping[str, Kind] = {
    **DATA,
    **OPTIMIZER,
    **SCHEDULER,
    **TRAINER,
    **CALLBACKS,
    **LOGGER,
    "latent_dim": whole(1, 32_768),
    "seed": whole(0, 2**32 - 1),
    "seeds": whole(1, 1000),
    "ckpt_path": or_null(PATH),
    "run_dir": PATH,
    "sweep": or_null(SWEEP),
    "vq_vae": or_null(PATH),
    "model.vq_vae": NULL,
    "figures_split": one_of("train", "val", "test"),
    "lr_step": called("a share of the epochs, above 0 and at most 1", number(above=0, high=1)),
    "r_loss_factor": POSITIVE,
    "as_written": OPTIONS,
    "as_written.kl": one_of("exact", "without_squares"),
    "as_written.reduction": one_of("sum", "mean"),
    "as_written.error_weight": POSITIVE,
    "speed.chunk_size": either(exactly("auto", "auto"), whole()),
    "speed.cuda_graph": either(exactly("auto", "auto"), TRUE_OR_FALSE),
    "speed.compile": TRUE_OR_FALSE,
    "speed.tune_process": TRUE_OR_FALSE,
}
