"""Random command lines: small runs, with one to three options that are given something nasty."""

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException
from hypothesis import strategies as st
from omegaconf import OmegaConf

from aevb.command_line.declared import commands
from aevb.command_line.declared.kinds import Kind
from aevb.command_line.declared.values import kind_of
from tests.conftest import CONF, choices

NASTY = (
    *(
        "null",
        "true",
        "false",
        "None",
        "auto",
        "none",
        "yes",
        "abc",
        "''",
        '" "',
        "'1'",
        "'null'",
        "-",
        "--help",
        "???",
    ),
    *("0", "1", "2", "3", "7", "-1", "-7", "0.5", "1.0", "2.5", "-0.5", "1e-30", "1e-300", "1e30", "1e300", "-1e300"),
    *("nan", "inf", "-inf", "0.999999", "2147483648", "-9223372036854775809", "99999999999999999999999", "1_000"),
    *(
        "[]",
        "[0]",
        "[1]",
        "[2,1]",
        "[1,2,3]",
        "[-1,1]",
        "[0.5,0.5]",
        "[a]",
        "[null]",
        "[[1,2],[3]]",
        "[nan]",
        "[1e300]",
    ),
    *(
        "{}",
        "{a:1}",
        "{a:{b:[1]}}",
        "{_target_:nowhere.Nothing}",
        "{_target_:builtins.print}",
        "{name:relu}",
        "{name:5}",
    ),
    *(
        "é",
        "日本語",
        "🙂",
        "a b",
        "'it''s'",
        "'a=b'",
        "'a,b'",
        "a/b",
        "../x",
        "/dev/null/x",
        "/proc/1/x",
        "'%s {0}'",
        "'\\\\'",
    ),
    *(
        "${latent_dim}",
        "${nothing}",
        "${seed}",
        "${data}",
        "${encoder}",
        "${oc.env:NOT_THERE}",
        "${part_of:1,2}",
        "${",
        "$",
    ),
    *(
        "1,2",
        "x" * 300,
        "0x10",
        "1:30",
        "00:00:01:00",
        "[activation,activation]",
        "a\nb",
        "1" * 60,
        "*",
        "#",
        "@",
        "!x",
        "&x",
    ),
)
LIKELY = ("1", "2", "3", "0", "0.5", "0.1", "true", "false", "null", "[8]", "[8,8]", "[0,1]")
TINY = (
    *("data=digits", "data.limit=40", "data.val_size=10", "data.batch_size=16", "trainer=cpu", "trainer.max_epochs=1"),
    *("figures=[]", "hydra.run.dir=run"),
)
AE, VAE = ("mlp_ae", "conv_ae", "linear_ae"), ("mlp_vae", "conv_vae", "svi_vae", "bayesian_vae")
OF_ANY = ("optimizer", "scheduler", "init", "speed")
OF_VAE = ("posterior", "prior", "likelihood", "loss", "noise")
OF_AE = ("loss", "noise", "penalty")
# A forked case cannot start others: only what is refused.
OF_PROCESSES = ("trainer.devices", "trainer.num_nodes", "speed.compile")
LEFT_OUT = (
    "trainer.strategy",  # for the same reason
    *(f"callbacks.{name}.{option}" for name in ("best", "last") for option in ("filename", "dirpath")),
)
CHOICES = ("model=", "figures=", "sections=", "callbacks=", "logger=")  # which decide what options there are
CALLBACKS = (
    *("every_checkpoint", "within_epoch", "early_stopping", "ema", "gradient_norms"),
    *("latent_histograms", "embedding"),
)
TOP = {"train": ("latent_dim", "seed", "seeds", "ckpt_path", "run_dir", "figures_split", "foo", "choices.model")}


class Case(NamedTuple):
    """A command line: the command, what makes it small, and the options that are tried."""

    command: str
    base: list[str]
    tried: list[str]

    @property
    def arguments(self) -> list[str]:
        return [*self.base, *self.tried]


@st.composite
def cases(draw: st.DrawFn, runs: Mapping[str, str]) -> Case:
    """Random cases; runs: folders of trained runs, by the name of their model."""
    command = draw(weighted(train=12, draw=3, evaluate=3, compare_estimators=2, compare=1))
    make = {
        "train": _train,
        "draw": _draw,
        "evaluate": _evaluate,
        "compare_estimators": _compare_estimators,
        "compare": _compare,
    }[command]
    base, names, declared = make(draw, runs)
    chosen = [option for option in base if option.startswith(CHOICES)]
    if draw(in_percent(60)):
        names = _options(command, *chosen)
    names = [name for name in names if name not in LEFT_OUT]
    count = draw(st.sampled_from([1] * 7 + [2] * 2 + [3]))
    return Case(command, base, [_given(draw, draw(st.sampled_from(names)), declared) for _ in range(count)])


def weighted(**weights: int) -> st.SearchStrategy[str]:
    """One of several names, each as often as its weight says."""
    return st.sampled_from([name for name, weight in weights.items() for _ in range(weight)])


def in_percent(share: int) -> st.SearchStrategy[bool]:
    """True in so many of a hundred cases."""
    return st.sampled_from(range(100)).map(lambda number: number >= 100 - share)


def _given(draw: st.DrawFn, name: str, declared: Mapping[str, Kind]) -> str:
    if draw(in_percent(3)):
        return f"~{name}"
    values: tuple[str, ...] = LIKELY if draw(in_percent(20)) else NASTY
    kind = kind_of(name, "", declared)
    if kind and name in OF_PROCESSES:
        values = tuple(text for text in NASTY if not (kind.takes(parsed(text)) or "${" in text))
    elif kind and draw(in_percent(60)):  # of the kind that the option takes
        values = tuple(text for text in (*LIKELY, *NASTY) if kind.takes(parsed(text))) or values
    value = draw(st.sampled_from(values))
    return f"{name}={value}" if draw(in_percent(10)) else f"++{name}={value}"


@cache
def parsed(text: str) -> Any:
    """A value as Hydra reads it; one that takes long, or cannot be read, is no value."""
    try:
        value = OverridesParser.create().parse_override(f"a={text}").value()
    except HydraException:
        return object()
    large = isinstance(value, int) and value > 60
    return object() if large or (isinstance(value, str) and "$" in value) else value


@cache
def _options(command: str, *chosen: str) -> list[str]:
    """The options of a composed configuration."""
    GlobalHydra.instance().clear()
    with initialize_config_dir(str(CONF), version_base="1.3"):
        cfg = compose(command, [*chosen])
    raw: Any = OmegaConf.to_container(cfg, resolve=False)
    return [name for name in _leaves(raw, "") if not name.rpartition(".")[2].startswith("_")]


def _leaves(node: Any, name: str) -> list[str]:
    if not isinstance(node, dict):
        return [name]
    return [leaf for key, value in node.items() for leaf in _leaves(value, f"{name}.{key}".lstrip("."))]


def _names(declared: Mapping[str, Kind], groups: Mapping[str, str]) -> list[str]:
    """The options of these groups; groups: for each, what * stands for."""
    names = [name for name in declared if name.split(".")[0] in groups and not name[0].isupper()]
    return sorted({name.replace(".*", f".{groups[name.split('.')[0]]}", 1).replace("*", "scale") for name in names})


def _train(draw: st.DrawFn, runs: Mapping[str, str]) -> tuple[list[str], list[str], Mapping[str, Kind]]:
    base = [*TINY]
    groups = ["data", "trainer", "callbacks", "logger", "model", "speed", "optimizer", "scheduler", "init"]
    model = draw(st.sampled_from((*AE, *VAE, *VAE, "psd", "vq_vae", "mlp_vae", "mlp_vae")))
    base.append(f"model={model}")
    parts = OF_AE if model in AE else OF_VAE if model in VAE else ("codebook",) if model == "vq_vae" else ()
    base += [f"{group}={draw(st.sampled_from(choices(group)))}" for group in (*parts, *OF_ANY) if draw(in_percent(5))]
    groups += ["encoder", "decoder", *parts]
    figure = draw(st.sampled_from([name for name in choices("figures") if name not in ("default", "quick", "tsne")]))
    if draw(in_percent(20)):
        base[base.index("figures=[]")] = f"figures=[{figure}]"
        groups.append("figures")
    if draw(in_percent(20)):
        more = draw(st.lists(st.sampled_from(CALLBACKS), min_size=1, max_size=2, unique=True))
        base.append(f"callbacks=[default,{','.join(more)}]")
    if draw(in_percent(10)):
        base.append(f"logger={draw(st.sampled_from(('csv', 'none', '[tensorboard,csv]')))}")
    callback = draw(st.sampled_from(("best", "last")))
    star = {group: callback if group == "callbacks" else figure for group in groups}
    names = [*_names(commands.TRAIN, star), *TOP["train"] * 2, *groups]
    return base, names, commands.TRAIN


def _draw(draw: st.DrawFn, runs: Mapping[str, str]) -> tuple[list[str], list[str], Mapping[str, Kind]]:
    slow = ("default", "quick", "tsne", "inpainting")
    figure = draw(st.sampled_from([name for name in choices("figures") if name not in slow]))
    run = draw(st.sampled_from([*runs.values()]))
    base = [f"run={run}", f"figures=[{figure}]", "out=out", "max_images=20"]
    top = [name for name in commands.DRAW if not name.startswith("figures.")]
    return base, [*_names(commands.DRAW, {"figures": figure}), *top, "foo"], commands.DRAW


SMALL = {  # options that keep a section short
    "elbo": ["num_samples=2"],
    "importance": ["num_samples=[1,2]"],
    "annealed": ["num_images=2", "num_chains=2", "num_temperatures=3", "num_simulated=2"],
    "quadrature": ["num_images=2", "tolerance=0.1"],
    "gap": ["num_images=2", "num_steps=2", "num_samples=2"],
    "latents": [],
    "reconstruction": [],
    "probes": ["num_train=20"],
    "weights": ["num_draws=2"],
}


def _evaluate(draw: st.DrawFn, runs: Mapping[str, str]) -> tuple[list[str], list[str], Mapping[str, Kind]]:
    section = draw(st.sampled_from([*SMALL]))
    run = draw(st.sampled_from([*runs.values()]))
    base = [f"run={run}", f"sections=[{section}]", "out=out", "num_images=12"]
    base += [f"sections.{section}.{option}" for option in SMALL[section]]
    top = [name for name in commands.EVALUATE if not name.startswith("sections.")]
    return base, [*_names(commands.EVALUATE, {"sections": section}), *top, "foo"], commands.EVALUATE


def _compare(draw: st.DrawFn, runs: Mapping[str, str]) -> tuple[list[str], list[str], Mapping[str, Kind]]:
    several = draw(st.lists(st.sampled_from([*runs.values()]), min_size=1, unique=True))
    return [f"run=[{','.join(several)}]", "out=out"], [*commands.COMPARE, "foo"], commands.COMPARE


def _compare_estimators(draw: st.DrawFn, runs: Mapping[str, str]) -> tuple[list[str], list[str], Mapping[str, Kind]]:
    base = [f"run={runs['mlp_vae']}", "out=out", "estimators=[sgvb_a,iwae]", "num_samples=[1,2]", "repetitions=20"]
    base += ["num_images=2", "reference_samples=100"]
    names = [
        name for name in commands.COMPARE_ESTIMATORS if name.split(".")[0] in ("sgvb_a", "iwae") or "." not in name
    ]
    return base, names, commands.COMPARE_ESTIMATORS
