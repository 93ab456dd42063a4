"""Reads the configuration from where the operator keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from app.generation.configuration import BackendTable, Configuration
from app.generation.configuration_faults import ConfigurationError
from app.generation.parley_toml import parse_parley_toml

USUAL_PATH: Final = Path("parley.toml")


def read_configuration(
    path: Path | None, *, environment: Mapping[str, str], undeclared: Mapping[str, BackendTable]
) -> Configuration:
    """Args:
        path: of the file; None is `parley.toml`, which need not be there.
        environment: where keys are looked up.
        undeclared: the backends where the file declares none.

    Raises:
        ConfigurationError: it cannot be read, or not be used.
    """
    file = path or USUAL_PATH
    try:
        text = file.read_text("utf-8-sig")
    except FileNotFoundError:
        if path is None:
            return Configuration(undeclared)
        raise ConfigurationError(f"PARLEY_CONFIG={path}: there is no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigurationError(f"{file} cannot be read: {reason}") from None
    return parse_parley_toml(text, file=str(file), environment=environment, undeclared=undeclared)
