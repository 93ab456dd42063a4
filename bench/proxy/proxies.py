"""What stands between client and upstream, each as a process of its own and as its documentation starts it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

START_DEADLINE_SECONDS: Final = 120
LITELLM_FOLDER: Final = Path(".bench/litellm")
LITELLM: Final = LITELLM_FOLDER / "bin" / "litellm"

_LITELLM_CONFIG = """
model_list:
{models}
litellm_settings: {{telemetry: false}}
"""
_LITELLM_MODEL = """
  - model_name: {name}
    litellm_params: {{model: openai/{name}, api_base: "{upstream}", api_key: none}}
"""


@dataclass(frozen=True, slots=True)
class Way:
    """Args:
    processes: whose CPU counts, their children included; none for the upstream itself.
    """

    url: str
    processes: tuple[psutil.Process, ...] = ()


@contextmanager
def upstream() -> Iterator[Way]:
    port = _free_port()
    with _running([sys.executable, "-m", "bench.proxy.upstream", str(port)], f"http://127.0.0.1:{port}/v1/models"):
        yield Way(f"http://127.0.0.1:{port}/v1")


@contextmanager
def parley(upstream_url: str, folder: Path, database_url: str | None = None) -> Iterator[Way]:
    port = _free_port()
    environment = {
        "OPENAI_BASE_URL": upstream_url,
        "PARLEY_PORT": str(port),
        "PARLEY_DATA_DIR": str(folder / "parley"),
        "PARLEY_LOG_LEVEL": "warning",
    }
    if database_url:
        environment["DATABASE_URL"] = database_url
    command = [str(Path(sys.executable).with_name("parley")), "serve"]
    with _running(command, f"http://127.0.0.1:{port}/readyz", environment) as process:
        yield Way(f"http://127.0.0.1:{port}/v1", (process,))


@contextmanager
def litellm(upstream_url: str, folder: Path, models: Sequence[str]) -> Iterator[Way | None]:
    """None where it is not installed."""
    if not LITELLM.exists():
        yield None
        return
    config = folder / "litellm.yaml"
    listed = "".join(_LITELLM_MODEL.format(name=name, upstream=upstream_url) for name in models)
    config.write_text(_LITELLM_CONFIG.format(models=listed))
    port = _free_port()
    command = [str(LITELLM), "--config", str(config), "--host", "127.0.0.1", "--port", str(port)]
    environment = {
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LITELLM_LOG": "ERROR",
        "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "true",  # as Parley on loopback: no keys to look up
    }
    with _running(command, f"http://127.0.0.1:{port}/health/liveliness", environment) as process:
        yield Way(f"http://127.0.0.1:{port}/v1", (process,))


def cpu_seconds(way: Way) -> float:
    total = 0.0
    for process in way.processes:
        for each in [process, *process.children(recursive=True)]:
            times = each.cpu_times()
            total += times.user + times.system
    return total


@contextmanager
def _running(command: list[str], ready_url: str, environment: dict[str, str] | None = None) -> Iterator[psutil.Process]:
    process = subprocess.Popen(
        command, env={**os.environ, **(environment or {})}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + START_DEADLINE_SECONDS
        while not _answers(ready_url):
            assert process.poll() is None, f"does not start: {command}"
            assert time.monotonic() < deadline, f"does not get ready: {command}"
            time.sleep(0.1)
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.HTTPError):
        return False


def _free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        return port
