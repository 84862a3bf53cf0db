"""One message instead of a traceback for mistakes made on the command line."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper

from hydra.errors import HydraException, InstantiationException
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from aevb.command_line import CONF
from aevb.command_line.hydra_messages import composition_message, instantiation_message
from aevb.command_line.hydra_patch import read_groups_once
from aevb.errors import Interrupted, UserError
from aevb.files import RUN_FOLDER_ADVICE, WHY_A_DISK_REFUSES


@contextmanager
def plain_errors(config_name: str) -> Iterator[None]:
    """Print what a user can mend as one message and exit with 1; HYDRA_FULL_ERROR=1 shows tracebacks.

    config_name: the configuration that the command composes, for the names that there are.

    Anything else is a bug, and keeps its traceback.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without ± shows ?
    if {"--help", "-h"} & {*sys.argv}:
        read_groups_once()
    if os.environ.get("HYDRA_FULL_ERROR") == "1":
        yield
        return
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra hands errors on instead of printing them its own way
    try:
        yield
    except UserError as error:
        _fail(str(error))
    except Interrupted as error:
        _fail(str(error), code=130)
    except KeyboardInterrupt:
        _fail("Interrupted.", code=130)
    except InstantiationException as error:
        _fail(instantiation_message(error))
    except (HydraException, OmegaConfBaseException) as error:
        _fail(composition_message(error, config_name))
    except YAMLError as error:
        _fail(f"a file of the configuration is not YAML: {error}")
    except ValueError as error:
        if "Config group override" not in str(error):  # what Hydra says of model=null
            raise
        _fail(f"{error}. Choose one of the files in {CONF.name}/, or leave the group out.")
    except BrokenPipeError:  # whoever read the output has enough, as in --help | head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nor may Python complain when it flushes
        sys.exit(0)
    except OSError as error:
        if error.errno not in WHY_A_DISK_REFUSES:
            raise
        place, reason = error.filename or "The output folder", WHY_A_DISK_REFUSES[error.errno]
        _fail(f"{place} could not be written: {reason}. {RUN_FOLDER_ADVICE}")


def _fail(message: str, code: int = 1) -> None:
    print(f"Error: {message}", file=sys.stderr)
    sys.exit(code)
