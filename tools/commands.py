"""Runs other programs quietly: their output goes to a log, and of a failure its gist is told in one line."""

from __future__ import annotations

import re
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path

STILL_RUNNING_AFTER_SECONDS = 30.0
LONGEST_GIST_CHARACTERS = 300
_GIST_LINES = 3

_COMPLAINT = re.compile(r"(?:npm (?:error|ERR!)|error:?|fatal:)\s+(?P<text>.+)", re.IGNORECASE)


class InstallError(Exception):
    """What is wrong, in one line that says what to do."""


class Interrupted(Exception):
    """The command was ended because nothing more is to be done."""


class Commands:
    """Commands of several threads at once, all of which one call ends.

    Args:
        root: where they run, unless told otherwise.
        log: gets what they say.
    """

    def __init__(self, root: Path, log: Path) -> None:
        self._root = root
        self._log = log
        self._running: set[subprocess.Popen[str]] = set()
        self._stopped = False
        self._lock = threading.Lock()

    def run(self, *command: str | Path, cwd: str = ".") -> None:
        """Returns when it has ended well; now and then says that it is still at it.

        Raises:
            InstallError: it failed.
            Interrupted: `stop` was called, now or before.
        """
        words = [str(word) for word in command]
        process = self._start(words, self._root / cwd)
        output = _read(process, _title(words))
        self._running.discard(process)
        with self._log.open("a") as log:
            log.write(f"\n$ {' '.join(words)}\n{output}")
        if self._stopped:
            raise Interrupted
        if process.returncode:
            because = f"failed: {gist(output.splitlines())}"
            if process.returncode < 0:
                because = f"was ended by {signal.Signals(-process.returncode).name}"
            raise InstallError(f"{_title(words)} {because} (all of it in {self._log.relative_to(self._root)})")

    def stop(self) -> None:
        """Ends every command, and those that somebody would begin."""
        with self._lock:
            self._stopped = True
            for process in list(self._running):
                process.terminate()

    def _start(self, words: list[str], cwd: Path) -> subprocess.Popen[str]:
        with self._lock:
            if self._stopped:
                raise Interrupted
            process = subprocess.Popen(
                words,
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
            )
            self._running.add(process)
            return process


def gist(lines: Sequence[str]) -> str:
    """Of the output of a program that failed, what it says is the matter."""
    told = [line.strip() for line in lines if line.strip()]
    complaints = [found["text"] for line in told if (found := _COMPLAINT.match(line))]
    text = "; ".join(dict.fromkeys(complaints[:_GIST_LINES])) or (told[-1] if told else "it says nothing")
    return text if len(text) <= LONGEST_GIST_CHARACTERS else f"{text[: LONGEST_GIST_CHARACTERS - 1]}…"


def _read(process: subprocess.Popen[str], title: str) -> str:
    started = time.monotonic()
    while True:
        try:
            return process.communicate(timeout=STILL_RUNNING_AFTER_SECONDS)[0]
        except subprocess.TimeoutExpired:
            print(f"  {title} is still at it, {time.monotonic() - started:.0f} s", flush=True)


def _title(words: Sequence[str]) -> str:
    """`pip install` for `/…/python -m pip install …`, `npm ci` for `npm ci …`."""
    named = words[2:4] if words[1] == "-m" else [Path(words[0]).name, words[1]]
    return " ".join(named)
