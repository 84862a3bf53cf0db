"""A run on a page: how it was started, what it is, what came out."""

from collections.abc import Iterable, Sequence
from typing import Any

from hydra.core.hydra_config import HydraConfig

from aevb.command_line.declared.values import shown
from aevb.command_line.launchers import module_name
from aevb.models import ImageModel, layer_table
from aevb.terminal import format_number, shell_command
from aevb.train.loggers.results import STAGES
from aevb.train.same_options import Options


def card(model: ImageModel, config: dict[str, Any], given: Options, metrics: dict[str, Any] | None = None) -> str:
    """Markdown: the command, the options that are no defaults, the choice of each part, the layers; results on top.

    metrics: those of metrics.json, when there are any.
    """
    sections = [_results(metrics)] if metrics else []
    if HydraConfig.initialized():
        command = shell_command(module_name("train"), *HydraConfig.get().overrides.task)
        sections.append(f"### Command\n\n```\n{command}\n```")
    if given:
        rows = [(f"`{name}`", f"`{shown(value)}`") for name, value in given.items()]
        sections.append(f"### Differs from the defaults\n\n{_table(('option', 'value'), rows)}")
    parts = [(group, f"`{choice}`") for group, choice in config["choices"].items()]
    sections.append(f"### Parts\n\n{_table(('part', 'choice'), parts)}")
    sections.append(f"### Layers\n\n```\n{layer_table(model)}\n```")
    return "\n\n".join(sections)


def _results(metrics: dict[str, Any]) -> str:
    stages = [stage for stage in STAGES if metrics[stage]]
    rows = [
        (name, *(format_number(metrics[stage][name]) for stage in stages), metrics["units"][name])
        for name in metrics["test"]
    ]
    images = metrics["data"]["scored"]["test"]
    return (
        f"### Results\n\n{_table(('', *stages, 'unit'), rows)}\n\n"
        f"Of the checkpoint `{metrics['checkpoint']}`, on {images:,} test images of {metrics['data']['name']}. "
        f"{metrics['epochs']} epochs in {metrics['seconds']:.0f} s, {metrics['images_per_second']:,.0f} images/s."
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
