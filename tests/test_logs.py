"""What the log of a server looks like, in a process of its own: logging is for the whole process."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime, timedelta
from typing import Any

SAY = """
import logging, sys
from app.logs import configure_logging

configure_logging(style=sys.argv[1], level=sys.argv[2])
log = logging.getLogger("parley.test")
log.debug("quiet")
log.info("two\\nlines", extra={"reply": "msg_1", "odd": object})
log.warning("%s of %s", "part", "whole")
logging.getLogger("uvicorn.error").info("Started", extra={"color_message": "\\x1b[36mStarted"})
logging.getLogger("httpx").info("a request")
logging.getLogger("uvicorn.websocket").info("a handshake")
logging.getLogger("openai").warning("a retry")
logging.getLogger("prisma").error("a failure")
log.warning("\\ud800")
try:
    password = "hunter2"
    raise RuntimeError("broken")
except RuntimeError:
    log.exception("it failed")
"""


def logged(style: str, level: str = "info") -> str:
    command = [sys.executable, "-c", SAY, style, level]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    return done.stderr


def lines(level: str = "info", style: str = "json") -> list[dict[str, Any]]:
    return [json.loads(line) for line in logged(style, level).splitlines()]


def events(level: str) -> list[str]:
    return [line["event"] for line in lines(level)]


def test_each_line_is_one_json_object_with_its_time_level_logger_and_extras() -> None:
    first = lines()[0]
    assert (first["event"], first["level"], first["logger"]) == ("two\nlines", "info", "parley.test")
    assert (first["reply"], first["odd"]) == ("msg_1", "<class 'object'>")
    assert datetime.fromisoformat(first["timestamp"]).utcoffset() == timedelta(0)


def test_away_from_a_terminal_auto_is_json() -> None:
    assert [line["event"] for line in lines(style="auto")] == events("info")


def test_arguments_are_put_into_the_text() -> None:
    assert "part of whole" in events("info")


def test_what_uvicorn_says_twice_is_logged_once() -> None:
    [started] = [line for line in lines() if line["event"] == "Started"]
    assert "color_message" not in started


def test_only_what_is_of_the_level_is_logged_and_libraries_say_less() -> None:
    everything = events("debug")
    assert "quiet" in everything
    assert "a request" not in everything
    assert {"a retry", "a failure"} <= set(everything)
    assert events("warning") == ["part of whole", "a retry", "a failure", "\ud800", "it failed"]
    assert events("error") == ["a failure", "it failed"]


def test_a_traceback_is_there_but_no_local_variables() -> None:
    text = logged("json")
    failed = json.loads(text.splitlines()[-1])
    assert failed["exception"][0]["exc_type"] == "RuntimeError"
    assert failed["exception"][0]["exc_value"] == "broken"
    assert failed["exception"][0]["frames"][0]["name"] == "<module>"
    assert "hunter2" not in text


def test_for_people_there_are_lines_without_colours_where_there_is_no_terminal() -> None:
    text = logged("console")
    assert "two\nlines" in text
    assert "RuntimeError: broken" in text
    assert "\x1b[" not in text
    assert "hunter2" not in text
