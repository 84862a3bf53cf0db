"""Every option is declared once, with its kind of value; a bad value, or one without effect, is refused."""

from collections.abc import Iterator
from math import inf, nan
from pathlib import Path
from typing import Any

import pytest
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import OmegaConf

from aevb.command_line.declared import commands, reads
from aevb.command_line.declared.kinds import Kind, either, list_of, number, one_of, or_null, whole
from aevb.command_line.declared.refuse import refuse_bad_options
from aevb.command_line.declared.values import complaint, kind_of
from aevb.errors import UserError
from tests.conftest import CONF

COMMANDS = {
    "train": (commands.TRAIN, reads.TRAIN),
    "draw": (commands.DRAW, reads.DRAW),
    "evaluate": (commands.EVALUATE, reads.EVALUATE),
    "compare": (commands.COMPARE, reads.COMPARE),
    "compare_estimators": (commands.COMPARE_ESTIMATORS, reads.COMPARE_ESTIMATORS),
}
WHERE_BASES_GO = {  # the node that a file of conf/base is put into
    "checkpoint": "callbacks.last",
    "elbo": "loss",
    "family": "posterior",
    "figure": "figures.tsne",
    "fixed_prior": "prior",
    "images": "data",
}
NASTY = ["x", "", None, -1, 0, 0.5, 1, nan, inf, -inf, 1e300, 10**30, True, [], [1], [[1]], {}, {"a": 1}]


def options(node: dict[str, Any], prefix: str, target: str = "") -> Iterator[tuple[str, str, Any]]:
    """(dotted name, _target_ beside it, value) of every option in the text of a file."""
    for key, value in node.items():
        if key in ("defaults", "hydra") or key.startswith("_"):
            continue
        yield f"{prefix}{key}", str(node.get("_target_", "")), value
        if isinstance(value, dict):
            yield from options(value, f"{prefix}{key}.")


@pytest.mark.parametrize(
    "file",
    sorted({*CONF.rglob("*.yaml")} - {*CONF.glob("hydra/*/*")}),
    ids=lambda file: f"{file.parent.name}/{file.stem}",
)
def test_every_option_of_every_file_is_declared_and_its_value_is_of_that_kind(file: Path) -> None:
    group = file.parent.name
    declared = COMMANDS.get(file.stem if group == "conf" else "evaluate" if group == "sections" else "train")
    assert declared is not None
    at_the_top = group == "conf" or file.read_text().startswith("# @package _global_")
    prefix = "" if at_the_top else f"{WHERE_BASES_GO.get(file.stem, file.stem) if group == 'base' else group}."
    raw: Any = OmegaConf.to_container(OmegaConf.load(file), resolve=False) or {}
    for name, target, value in options(raw, prefix):
        kind = kind_of(name, target, declared[0])
        if kind is None and isinstance(value, dict):
            continue  # a node of options
        assert kind, f"declare {name} in aevb/command_line/declared"
        if not isinstance(value, dict) and "${" not in str(value) and value != "???":
            assert kind.takes(value), complaint(name, kind, value)


@pytest.mark.parametrize(
    ("kind", "taken"),
    [
        (whole(), [1]),
        (whole(0, 9), [0, 1]),
        (number(), [-1, 0, 0.5, 1]),
        (number(0, below=1), [0, 0.5]),
        (number(above=0, high=0.5), [0.5]),
        (one_of("x", "y"), ["x"]),
    ],
)
def test_kinds_take_what_they_say_and_nothing_else(kind: Kind, taken: list[object]) -> None:
    assert [value for value in NASTY if kind.takes(value)] == taken
    for value in NASTY:
        assert or_null(kind).takes(value) is (kind.takes(value) or value is None)
        assert list_of(kind, "[]").takes([value]) is kind.takes(value)
        assert either(kind, kind).takes(value) is kind.takes(value)


def refuse(command: str, *overrides: str) -> None:
    """Check a command line; nothing is imported or run for it."""
    GlobalHydra.instance().clear()
    with initialize_config_dir(str(CONF), version_base="1.3"):
        cfg = compose(command, [*overrides], return_hydra_config=True)
    HydraConfig.instance().set_config(cfg)
    OmegaConf.set_struct(cfg, False)
    cfg.pop("hydra")
    if command == "train":
        cfg.run_dir = "run"
    refuse_bad_options(cfg, *COMMANDS[command])


@pytest.mark.parametrize("command", COMMANDS)
def test_the_defaults_of_a_command_are_not_refused(command: str) -> None:
    refuse(command)


@pytest.mark.parametrize(
    ("command", "overrides", "expected"),
    [
        ("draw", "out=2024", ["out=2024: expected a path"]),
        ("draw", "out=[a]", ["out=['a']: expected a path"]),
        ("draw", "seed=99999999999999999999999", ["seed=99999999999999999999999: expected a whole number"]),
        ("draw", "z=[[1,2]] figures=[reconstructions]", ["z=[[1,2]] has no effect", "decoded_points"]),
        ("draw", "+figures.tsne.n=3", ["no effect: figures does not choose tsne"]),
        ("evaluate", "+elbo.foo=1", ["did you mean sections.elbo.foo?"]),
        (
            "evaluate",
            "sections.annealed.num_temperatures=1000000000000",
            ["at most 1,000,000, since so many need 8 TB"],
        ),
        ("evaluate", "sections.importance.num_samples=[1,1000000000]", ["num_samples[1]=1000000000", "at most"]),
        ("evaluate", "sections.quadrature.tolerance=1e300", ["tolerance=1e+300: expected a finite number of at least"]),
        ("evaluate", "sections.quadrature.tolerance=1e-300", ["=1e-300: expected a finite number of at least 1e-09"]),
        ("compare_estimators", "+sgvb_a.beta=-3", ["sgvb_a.beta=-3: expected a finite number of at least 0"]),
        ("compare_estimators", "estimators=[iwae] +sgvb_a.beta=3", ["+sgvb_a.beta=3 has no effect"]),
        ("train", "callbacks.best=null", ["callbacks.best=null"]),
        ("train", "callbacks=[]", ["callbacks.best is missing: keep callbacks=default"]),
        ("train", "+callbacks.best.save_top_k=null", ["callbacks.best.save_top_k=null: expected a whole number"]),
        ("train", "+trainer.check_val_every_n_epoch=0", ["check_val_every_n_epoch=0: expected a whole number"]),
        ("train", "+trainer.accumulate_grad_batches=[1,2]", ["accumulate_grad_batches=[1, 2]: expected a whole"]),
        ("train", "+trainer.gradient_clip_val=-1", ["gradient_clip_val=-1: expected a finite number above 0"]),
        ("train", "scheduler=plateau scheduler.factor=nan", ["scheduler.factor=nan: expected", "below 1"]),
        ("train", "scheduler=none scheduler.factor=2", ["scheduler.factor=2: expected", "at most 1"]),
        ("train", "optimizer.fused=nonsense", ["optimizer.fused='nonsense': expected true or false, or null"]),
        ("train", "+optimizer.maximize=true", ["optimizer.maximize=true: expected false, because the loss"]),
        ("train", "+optimizer.betas=[0.9,1]", ["optimizer.betas[1]=1: expected", "below 1"]),
        ("train", "model=conv_vae decoder.channels=null", ["decoder.channels=null: expected a list such as [64,32]"]),
        ("train", "model=conv_vae encoder.block=5", ["encoder.block=5: expected a list such as"]),
        ("train", "model.encoder=[8,8]", ["model.encoder=[8, 8]: expected options of a part"]),
        ("train", "encoder._target_=5", ["encoder._target_=5: expected a name"]),
        ("train", "+trainer.max_time={minutes:-1}", ["trainer.max_time={minutes: -1}: expected a time such as"]),
        ("train", "ckpt_path=${encoder}", ["ckpt_path={_target_", "expected a path"]),
        ("train", "data.dataset=5", ["data.dataset=5: expected options of a part"]),
        ("train", "latent_dim=???", ["latent_dim", "expected a whole number"]),
        ("train", "model=vq_prior latent_dim=5", ["latent_dim=5 has no effect: no part"]),
        ("train", "+choices.model=x", ["+choices.model=x has no effect: there is no option 'choices'"]),
        ("train", "figures=[] callbacks=[checkpoint] figures_split=test", ["figures_split=test has no effect"]),
        ("train", "+callbacks.best.monitor=x", ["no effect: the model decides what is watched"]),
        ("train", "data.val_size=0 +callbacks.best.save_top_k=3", ["no best.ckpt without validation"]),
        ("train", "experiment=mlp_vae as_written.kl=exact", ["no effect: it is for loss=as_written"]),
        ("train", "likelihood=gaussian likelihood.min_sigma=1", ["it is for likelihood.scale='learned' or"]),
        ("train", "model=conv_vae encoder.dropout=0.5", ["there is no dropout in encoder.block"]),
        ("train", "+trainer.logger=false", ["+trainer.logger=false has no effect"]),
        ("train", "model=psd penalty=sparse", ["model=psd has no penalty. Its parts are encoder, decoder."]),
    ],
)
def test_a_bad_option_is_refused(command: str, overrides: str, expected: list[str]) -> None:
    with pytest.raises(UserError) as refused:
        refuse(command, *overrides.split())
    for words in expected:
        assert words in str(refused.value)
    assert len(str(refused.value)) < 500


@pytest.mark.parametrize(
    "overrides",
    [
        "model=vq_vae latent_dim=5",  # the codebook follows it
        "figures=[tsne] figures_split=test figures.tsne.perplexity=5",
        "experiment=mlp_vae loss=as_written as_written.kl=exact",
        "experiment=mlp_ae lr_step=0.5",
        "experiment=keras_vae r_loss_factor=10",
        "+shared=0.5 noise=gaussian noise.std=${shared}",
        "+shared.std=0.5 noise=gaussian noise.std=${shared.std}",
        "encoder.hidden_sizes=[] decoder.hidden_sizes=${encoder.hidden_sizes}",
        "+data.dataset.split=letters data.dataset._target_=my.own.Set +data.dataset.foo=-1",
        "encoder._target_=my.Encoder encoder.activation=3",  # a part from elsewhere has options of its own
        "optimizer._target_=torch.optim.RMSprop ~optimizer.fused +optimizer.alpha=0.9",
        "~callbacks.progress figures=[]",
    ],
)
def test_what_is_good_and_read_is_not_refused(overrides: str) -> None:
    refuse("train", *overrides.split())
