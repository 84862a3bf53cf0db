"""What tells the options of two runs apart."""

from collections.abc import Callable
from typing import Any

Options = dict[str, Any]  # by dotted names


def flat(config: Any, prefix: str = "") -> Options:
    """{'a': {'b': 1}} -> {'a.b': 1}."""
    if not isinstance(config, dict):
        return {prefix: config}
    return {k: v for key, value in config.items() for k, v in flat(value, f"{prefix}.{key}".lstrip(".")).items()}


def differences(then: Options, now: Options, matters: Callable[[str], bool]) -> list[str]:
    """Each option that matters and has changed, with both values, in words."""
    return [
        f"{key} was {then.get(key, 'absent')} and is now {now.get(key, 'absent')}"
        for key in sorted(then.keys() | now.keys())
        if matters(key) and then.get(key) != now.get(key)
    ]
