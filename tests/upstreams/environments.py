"""The upstreams' virtual environments and models: made when asked for, kept in a folder that git does not see."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from tools.commands import Commands, InstallError
from tools.steps import Step, bring_about

ROOT: Final = Path(__file__).parents[2]
HERE: Final = Path("tests/upstreams")
CACHE: Final = ROOT / ".upstreams"
LLAMA_MODEL: Final = CACHE / "tiny.gguf"
HUGGING_FACE: Final = CACHE / "hugging-face"

LOWEST_PRIORITY: Final = 19

_LLAMA_CMAKE: Final = {
    # Nothing here is in a hurry but the compiler: -O0 halves its work, and C alone holds the loops over the weights.
    "CMAKE_C_FLAGS": "-O1",
    "CMAKE_CXX_FLAGS": "-O0",
    "CMAKE_PROJECT_llama.cpp_INCLUDE": str(ROOT / HERE / "llama.cmake"),
    "LLAVA_BUILD": "OFF",
    # What is cached has to run on the next machine too, and without what this one happens to have.
    **dict.fromkeys(("GGML_NATIVE", "GGML_OPENMP", "GGML_LLAMAFILE", "GGML_CPU_REPACK", "LLAMA_OPENSSL"), "OFF"),
    **{f"GGML_{extension}": "OFF" for extension in ("SSE42", "AVX", "AVX2", "BMI2", "FMA", "F16C")},
}

_commands = Commands(ROOT, CACHE / "install.log")


def python(upstream: str) -> Path:
    """Of that upstream's environment."""
    return CACHE / upstream / "bin" / "python"


def make(upstreams: Iterable[str]) -> None:
    """Brings about what those need and is not there yet; says each step, which may take minutes.

    Raises:
        KeyError: there is no such upstream.
        InstallError: it cannot be made.
    """
    lanes = [_STEPS[upstream] for upstream in upstreams]
    stamps = CACHE / "made"
    stamps.mkdir(parents=True, exist_ok=True)
    (CACHE / ".gitignore").write_text("*\n")
    os.nice(LOWEST_PRIORITY)
    os.environ.update(
        SKBUILD_CMAKE_BUILD_TYPE="None",
        CMAKE_BUILD_PARALLEL_LEVEL=str(os.cpu_count()),
        CMAKE_ARGS=" ".join(f"-D{name}={value}" for name, value in _LLAMA_CMAKE.items()),
    )
    bring_about(lanes, ROOT, stamps, stop=_commands.stop)


def _venv(upstream: str) -> None:
    folder = CACHE / upstream
    if folder.exists():  # of other versions, or left by a pip that was killed
        shutil.rmtree(folder)
    subprocess.run([sys.executable, "-m", "venv", folder], check=True, capture_output=True)


def _pip(upstream: str, *arguments: str) -> None:
    _commands.run(python(upstream), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", *arguments)


def _llama() -> None:
    if not shutil.which("c++"):
        raise InstallError("llama.cpp has to be compiled, and there is no C++ compiler: install g++")
    _venv("llama")
    _pip("llama", "-r", f"{HERE}/requirements-llama-build.txt")
    _pip("llama", "--no-build-isolation", "-r", f"{HERE}/requirements-llama.txt")


def _transformers() -> None:
    _venv("transformers")
    _pip("transformers", "-r", f"{HERE}/requirements-transformers.txt")


def _model(upstream: str, path: Path) -> Callable[[], None]:
    """Whose module is `<upstream>_model`, and takes the path to write to."""

    def make_model() -> None:
        shutil.rmtree(path, ignore_errors=True)
        _commands.run(python(upstream), "-m", f"tests.upstreams.{upstream}_model", path)

    return make_model


def _steps(upstream: str, install: Callable[[], None], path: Path, *others: str) -> list[Step]:
    requirements = f"{HERE}/requirements-{upstream}*.txt"
    sources = (f"{HERE}/{upstream}_model.py", f"{HERE}/vocabulary.py")
    return [
        Step(f"{upstream}, an upstream for tests", (requirements, f"{HERE}/environments.py", *others), install),
        Step(f"tiny model for {upstream}", (requirements, *sources), _model(upstream, path)),
    ]


_STEPS: Final = {
    "llama": _steps("llama", _llama, LLAMA_MODEL, f"{HERE}/llama.cmake"),
    "transformers": _steps("transformers", _transformers, HUGGING_FACE / "hub"),
}
