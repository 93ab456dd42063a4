"""Which processes work for a folder."""

from __future__ import annotations

import time
from pathlib import Path

import psutil


def processes_of(folder: Path) -> list[psutil.Process]:
    """Those that have the folder in their command line or are at work in it; a zombie is none."""
    found = []
    for process in psutil.process_iter():
        try:
            named = any(str(folder) in argument for argument in process.cmdline())
            if process.status() != psutil.STATUS_ZOMBIE and (named or Path(process.cwd()).is_relative_to(folder)):
                found.append(process)
        except psutil.Error:
            continue
    return found


def none_left(folder: Path, *, within_seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + within_seconds
    while processes_of(folder):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
