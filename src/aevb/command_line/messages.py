"""What a user can mend, as one message."""

from pathlib import Path
from traceback import extract_tb

import hydra
from hydra.errors import HydraException, InstantiationException
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from aevb.command_line.hydra_messages import composition_message, group_message, instantiation_message, root_cause
from aevb.errors import Interrupted, UserError, out_of_memory
from aevb.files import RUN_FOLDER_ADVICE, WHY_A_DISK_REFUSES, output_takes_text, shell_path

LESS_MEMORY = {  # by command
    "train": "Smaller layers, latent_dim, data.batch_size or loss.num_samples need less.",
    "draw": "A smaller max_images, or a smaller n of a figure, needs less.",
    "evaluate": "Smaller memory=, num_images= or options of a section need less.",
    "compare": "Fewer runs need less.",
    "compare_estimators": "Smaller num_images, num_samples or reference_samples need less.",
}
ADVICE = {"train": RUN_FOLDER_ADVICE}


def message_of(error: BaseException, config_name: str = "train") -> str | None:
    """The message for an error, or None for a bug, which keeps its traceback.

    config_name: the configuration that the command composes, for the names that there are.
    """
    match error:
        case UserError() | Interrupted():
            return str(error)
        case KeyboardInterrupt():
            return "Interrupted."
        case InstantiationException():
            advice = f" {LESS_MEMORY[config_name]}" if out_of_memory(root_cause(error)) else ""
            return f"{instantiation_message(error)}{advice}"
        case HydraException() | OmegaConfBaseException():
            return composition_message(error, config_name)
        case YAMLError():
            return f"a file of the configuration is not YAML: {error}"
        case MemoryError() | RuntimeError() if short := out_of_memory(error):
            return f"{short} {LESS_MEMORY[config_name]}"
        case ValueError() if "Config group override" in str(error):  # what Hydra says of model=null
            return group_message(str(error))
        case ValueError() if "Unable to configure handler" in str(error) and error.__cause__:
            return message_of(error.__cause__, config_name)  # the log file cannot be opened
        case RuntimeError() if type(error).__name__ == "UncompletedJobError":  # of submitit
            return (
                "The process of a job was killed, perhaps for want of memory, and the jobs that had not ended were "
                "stopped."
            )
        case RuntimeError() if "Unknown plugin class" in str(error):
            plugin = _plugin(str(error))
            extra = "ray" if plugin == "hydra-ray-launcher" else "sweeps"
            return (
                f"{plugin} is a plugin that is not installed: pip install 'aevb[{extra}]', or leave hydra/launcher and "
                f"hydra/sweeper out"
            )
        case ValueError() if _found_by_hydra(error):  # in its own flags, such as --resolve
            return str(error)
        case OSError() if error.errno in WHY_A_DISK_REFUSES:
            return _disk_message(error, config_name)
    return None


def _plugin(message: str) -> str:
    """The name of a plugin, of Unknown plugin class : 'hydra_plugins.<name>.<module>.<class>'."""
    return message.partition("hydra_plugins.")[2].partition(".")[0].replace("_", "-") or message


def _found_by_hydra(error: ValueError) -> bool:
    frames = extract_tb(error.__traceback__)
    return bool(frames) and Path(hydra.__file__).parent in Path(frames[-1].filename).parents


def _disk_message(error: OSError, config_name: str) -> str:
    reason = WHY_A_DISK_REFUSES[error.errno or 0]
    if error.filename is None and not output_takes_text():
        return f"The output of this command could not be written: {reason}."
    place = shell_path(Path(error.filename)) if isinstance(error.filename, str) else "The output folder"
    advice = ADVICE.get(config_name, "Make room or choose another place, such as out=/some/folder.")
    return f"{place} could not be written: {reason}. {advice}"
