"""Other programs are run quietly, and their failures told in one line."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest

from tools.commands import LONGEST_GIST_CHARACTERS, Commands, InstallError, Interrupted, gist


@pytest.fixture
def commands(tmp_path: Path) -> Commands:
    return Commands(tmp_path, tmp_path / "install.log")


def python(program: str) -> tuple[str, str, str]:
    return sys.executable, "-c", program


def test_what_a_program_says_goes_to_the_log_only(
    commands: Commands, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    commands.run(*python("import sys; print('out'); print('err', file=sys.stderr)"))
    log = (tmp_path / "install.log").read_text()
    assert "\nout\n" in log
    assert "\nerr\n" in log
    assert capfd.readouterr() == ("", "")


def test_a_failure_is_one_line_with_what_is_the_matter_and_where_to_read_on(commands: Commands) -> None:
    with pytest.raises(InstallError) as caught:
        commands.run(*python("print('busy'); print('ERROR: No space left'); print('bye'); exit(3)"))
    message = str(caught.value)
    assert message.endswith("failed: No space left (all of it in install.log)")
    assert "\n" not in message


def test_a_program_that_was_killed_is_said_to_have_been(commands: Commands) -> None:
    with pytest.raises(InstallError, match="was ended by SIGKILL"):
        commands.run(*python("import os; print('Downloading', flush=True); os.kill(os.getpid(), 9)"))


def test_a_stop_ends_what_runs_and_what_would_begin(commands: Commands, tmp_path: Path) -> None:
    started = tmp_path / "started"
    ended: list[BaseException] = []

    def run() -> None:
        try:
            commands.run(*python(f"import pathlib, time; pathlib.Path({str(started)!r}).touch(); time.sleep(60)"))
        except Interrupted as error:
            ended.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    while not started.exists() and thread.is_alive():
        thread.join(0.01)
    commands.stop()
    thread.join(10)
    assert ended
    with pytest.raises(Interrupted):
        commands.run(*python("pass"))


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (["Collecting x", "ERROR: No matching distribution found for x==9"], "No matching distribution found for x==9"),
        (
            ["npm warn old", "npm error code ENOTFOUND", "npm error network request failed", "npm error", ""],
            "code ENOTFOUND; network request failed",
        ),
        (["npm ERR! code E404"], "code E404"),
        (["Error: P1001: Can't reach", "other"], "P1001: Can't reach"),
        (["the first", "the last", ""], "the last"),
        ([], "it says nothing"),
    ],
)
def test_the_gist_is_what_the_program_complains_of(output: list[str], expected: str) -> None:
    assert gist(output) == expected


def test_a_gist_is_short() -> None:
    assert len(gist(["error: " + "x" * 10_000])) == LONGEST_GIST_CHARACTERS
