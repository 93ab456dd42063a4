"""Steps of an installation: each is done when what it is made from has changed, and not otherwise."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from tools.commands import InstallError, Interrupted


@dataclass(frozen=True)
class Step:
    """Args:
    name: told when it begins; also names its stamp.
    made_from: patterns of the files that decide whether it has to be done again.
    action: does it; may be cut off at any point and done again.
    version: of what else decides.
    """

    name: str
    made_from: tuple[str, ...]
    action: Callable[[], None]
    version: Callable[[], str] = lambda: ""

    def bring_about(self, root: Path, stamps: Path) -> None:
        """Does it unless its stamp is that of what it is made from.

        Raises:
            InstallError: it failed.
            Interrupted: it was cut off.
        """
        stamp, digest = stamps / self.name.replace(" ", "-"), self._digest(root)
        if stamp.exists() and stamp.read_text() == digest:
            return
        print(f"· {self.name}", flush=True)
        stamp.unlink(missing_ok=True)
        self.action()
        stamp.write_text(digest)

    def _digest(self, root: Path) -> str:
        digest = hashlib.sha256(f"{sys.version}{self.version()}".encode())
        for pattern in self.made_from:
            paths = sorted(path for path in root.glob(pattern) if path.is_file())
            if not paths:
                raise InstallError(f"{pattern} is missing from this clone")
            for path in paths:
                digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes())
        return digest.hexdigest()


def bring_about(lanes: Sequence[Sequence[Step]], root: Path, stamps: Path, *, stop: Callable[[], None]) -> None:
    """The steps of a lane one after the other, the lanes side by side.

    When a lane fails, and when Ctrl-C is pressed, the others are stopped.

    Args:
        stop: has every action under way end soon.

    Raises:
        InstallError: a step failed; of several failures the first lane's.
    """
    with ThreadPoolExecutor(len(lanes)) as threads:
        running = [threads.submit(_bring_about, lane, root, stamps) for lane in lanes]
        try:
            _, unfinished = wait(running, return_when=FIRST_EXCEPTION)
            if unfinished:
                stop()
        except BaseException:
            stop()
            raise
    failures = [failure for lane in running if (failure := lane.exception())]
    for failure in sorted(failures, key=lambda each: isinstance(each, Interrupted)):
        raise failure


def _bring_about(lane: Sequence[Step], root: Path, stamps: Path) -> None:
    for step in lane:
        step.bring_about(root, stamps)
