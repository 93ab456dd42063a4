"""Runs the program on its standard input, which may `await` outside of any function, as notebooks let it."""

from __future__ import annotations

import ast
import asyncio
import inspect
import sys
from typing import Any

program = compile(sys.stdin.read(), "<snippet>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


async def main() -> None:
    names: dict[str, Any] = {"__name__": "__main__"}
    ended = eval(program, names)
    if inspect.isawaitable(ended):
        await ended


asyncio.run(main())
