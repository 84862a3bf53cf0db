"""TensorBoard, as a dashboard of this project's runs."""

from argparse import Namespace
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from time import time
from typing import Any

import torch
from lightning.pytorch.loggers import TensorBoardLogger
from lightning.pytorch.utilities import rank_zero_only
from PIL import Image
from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
from tensorboard.plugins.hparams.api_pb2 import Status
from tensorboard.plugins.hparams.metadata import PLUGIN_DATA_VERSION, PLUGIN_NAME, SESSION_END_INFO_TAG
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData, SessionEndInfo
from tensorboard.plugins.hparams.summary_v2 import hparams_pb
from torch import Tensor
from torch.utils.tensorboard import SummaryWriter

from aevb.files import relative_to_cwd
from aevb.train.loggers.tags import layout_of, tag_of

Value = bool | int | float | str
EVENTS = "events.out.tfevents.*"
FOLDERS = {"train": "", "val": "validation", "test": "test"}  # of the curves of each stage, within the run's folder


class TensorBoard(TensorBoardLogger):
    """Lightning's TensorBoardLogger, with a quantity's training and validation in one chart.

    TensorBoard draws what has the same tag in one chart, and so the figures of validation are a run of their own, in
    the folder `validation`. What is left in the end is in the folder `test`: the figures of the tested model with the
    options of the run, which are a row of the page HParams. Curves are drawn by optimiser steps, pictures by epochs.

    A run that goes on in the same folder goes on with its curves; see `go_on`.
    """

    def go_on(self, step: int) -> None:
        """Go on from a step: what was written later is not shown. Called before anything is written."""
        if self.has_past:
            self._kwargs["purge_step"] = step + 1
            self._replaces_results = True

    @cached_property
    def has_past(self) -> bool:
        """Whether there were events in the folder when this was asked for the first time."""
        return any(Path(self.log_dir).glob(EVENTS))

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        by_stage: dict[str, dict[str, float]] = {stage: {} for stage in FOLDERS}
        for name, value in metrics.items():
            stage, _, quantity = name.partition("/")
            if stage in FOLDERS and quantity:
                by_stage[stage][quantity] = value
            elif name != "epoch":
                self.experiment.add_scalar(name, value, step)
        for stage, quantities in by_stage.items():
            tags = {quantity: tag_of(quantity, quantities) for quantity in quantities}
            if stage == "train" and quantities:
                self._lay_out(tuple(tags.values()))
            for quantity, value in quantities.items():
                self.writer(stage).add_scalar(tags[quantity], value, step)

    @rank_zero_only
    def log_hyperparams(
        self, params: dict[str, Any] | Namespace, metrics: dict[str, Any] | None = None, step: int | None = None
    ) -> None:
        """Keep them for hparams.yaml; the columns of a page are those of `log_options`."""
        self.hparams.update(vars(params) if isinstance(params, Namespace) else params)

    @rank_zero_only
    def log_options(self, options: Mapping[str, Value]) -> None:
        """The options that are columns of the page HParams."""
        if self._replaces_results:  # of the two TensorBoard would show the first
            for file in (Path(self.log_dir) / FOLDERS["test"]).glob(EVENTS):
                file.unlink()
        self._add("test", hparams_pb(dict(options), trial_id=self._trial()))

    @rank_zero_only
    def log_results(self, results: Mapping[str, float], step: int) -> None:
        """The figures of the tested model, by the names of their columns there; the run has come to its end."""
        writer = self.writer("test")
        for name, value in results.items():
            writer.add_scalar(name, value, step)
        self._add("test", _session_end())

    @rank_zero_only
    def log_picture(self, tag: str, file: Path, step: int) -> None:
        """A picture, as the bytes of its file, a PNG or a GIF that moves."""
        with Image.open(file) as picture:
            width, height = picture.size
        image = Summary.Image(height=height, width=width, colorspace=3, encoded_image_string=file.read_bytes())
        self._add("train", Summary(value=[Summary.Value(tag=tag, image=image)]), step)

    @rank_zero_only
    def log_embedding(self, z: Tensor, labels: list[int] | None, images: Tensor) -> None:
        """Codes (N, D) for the projector, with labels, if there are any, and images with grey levels, (N, C, H, W)."""
        rgb = images.expand(-1, 3, -1, -1) if images.shape[1] == 1 else images[:, :3]
        side = max(rgb.shape[-2:])  # sprites are square
        rgb = torch.nn.functional.pad(rgb, (0, side - rgb.shape[-1], 0, side - rgb.shape[-2]))
        wide = torch.cat([z, z.new_zeros(len(z), max(0, 3 - z.shape[1]))], dim=1)  # it draws three dimensions, or none
        self.experiment.add_embedding(wide, metadata=labels, label_img=rgb, tag="codes")

    @rank_zero_only
    def log_text(self, tag: str, text: str, step: int) -> None:
        """A page of Markdown."""
        self.experiment.add_text(tag, text, step)

    @rank_zero_only
    def finalize(self, status: str) -> None:
        """Called after training, and after each test: nothing is closed but where the run has failed."""
        if status != "success":
            self.close()
            return
        for writer in (self.experiment, *self._writers.values()):
            writer.flush()
        self.save()

    def writer(self, stage: str) -> SummaryWriter:
        """What writes the figures of a stage (train, val, test)."""
        if stage == "train":
            writer: SummaryWriter = self.experiment
            return writer
        if stage not in self._writers:
            self._writers[stage] = SummaryWriter(str(Path(self.log_dir) / FOLDERS[stage]), **self._kwargs)
        return self._writers[stage]

    @rank_zero_only
    def close(self) -> None:
        """Close all files; nothing is written afterwards."""
        for writer in (self.experiment, *self._writers.values()):
            writer.close()

    def _add(self, stage: str, summary: Any, step: int | None = None) -> None:
        """Write a summary that no method of a SummaryWriter makes."""
        self.writer(stage)._get_file_writer().add_summary(summary, step)

    def _lay_out(self, tags: tuple[str, ...]) -> None:
        if tags != self._laid_out:
            self._laid_out = tags
            self.experiment.add_custom_scalars(layout_of(tags))

    def _trial(self) -> str:
        """A name for the row of this run, which has to be its own; what is cut off is what rows have in common."""
        folder = relative_to_cwd(Path(self.log_dir))
        return f"{folder.name} in {folder.parent}"

    _laid_out: tuple[str, ...] = ()
    _replaces_results = False

    @cached_property
    def _writers(self) -> dict[str, SummaryWriter]:
        return {}


def _session_end() -> Summary:
    """That a row of the page HParams is of a run which came to its end; TensorBoard's own needs TensorFlow."""
    end = SessionEndInfo(status=Status.Value("STATUS_SUCCESS"), end_time_secs=time())
    content = HParamsPluginData(version=PLUGIN_DATA_VERSION, session_end_info=end).SerializeToString()
    plugin = SummaryMetadata.PluginData(plugin_name=PLUGIN_NAME, content=content)
    return Summary(value=[Summary.Value(tag=SESSION_END_INFO_TAG, metadata=SummaryMetadata(plugin_data=plugin))])
