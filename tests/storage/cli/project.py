"""A copy of what Prisma's command line works on, and the command line as a user types it there."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]
ENGINE = Path("app/storage/engine")
TIMEOUT_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Done:
    status: int
    output: str


class Project:
    """In `directory`, with its own `.parley`; nothing is exported but what `environment` says."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.environment: dict[str, str] = {}
        (directory / ENGINE).mkdir(parents=True)
        for name in ("schema.prisma", "prisma.config.mjs", "pyproject.toml", "app/__init__.py"):
            shutil.copy(ROOT / name, directory / name)
        for module in (ROOT / "app/storage").glob("*.py"):
            shutil.copy(module, directory / "app/storage")
        for program in (ROOT / ENGINE).glob("*.*js*"):
            shutil.copy(program, directory / ENGINE)
        (directory / ENGINE / "node_modules").symlink_to(ROOT / ENGINE / "node_modules")
        shutil.copytree(ROOT / "migrations", directory / "migrations")

    @property
    def schema(self) -> Path:
        return self.directory / "schema.prisma"

    @property
    def migrations(self) -> list[str]:
        return sorted(path.name for path in self.directory.glob("migrations/*_*") if path.is_dir())

    def add_migration(self, name: str, sql: str) -> None:
        folder = self.directory / "migrations" / name
        folder.mkdir(exist_ok=True)
        (folder / "migration.sql").write_text(sql)

    def start(self, command: str, *, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[str]:
        """In a session of its own, as a terminal's foreground job is in a process group of its own."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_ELSEWHERE)}
        return subprocess.Popen(
            ["/bin/sh", "-c", f"exec prisma {command}"],
            cwd=self.directory,
            env={
                **kept,
                "PATH": f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}",
                "NO_COLOR": "1",
                **self.environment,
            },
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def prisma(self, command: str, stdin: str = "") -> Done:
        return finish(self.start(command, stdin=subprocess.PIPE), stdin)


def finish(process: subprocess.Popen[str], stdin: str | None = None) -> Done:
    """Waits for its end; what takes too long is ended, so that it fails a test and not the tests after it."""
    with process:
        try:
            output, _ = process.communicate(stdin, timeout=TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    return Done(process.returncode, output)


_ELSEWHERE = ("DATABASE_URL", "SHADOW_DATABASE_URL", "PARLEY_", "PRISMA_", "VIRTUAL_ENV", "CI", "COV_")
