"""A real upstream as a process of its own, and asking it directly."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import openai

from tests.e2e.process import free_port
from tests.upstreams.environments import HUGGING_FACE, LLAMA_MODEL, python
from tests.upstreams.vocabulary import CONTEXT_TOKENS, MODEL

START_DEADLINE_SECONDS: Final = 90
"""`transformers` imports for ten seconds on a machine that does nothing else."""

Parameters = dict[str, Any]


class RealUpstream:
    """Args:
    port: of 127.0.0.1, where it listens.
    """

    def __init__(self, process: asyncio.subprocess.Process, port: int, log: Path) -> None:
        self.base_url = f"http://127.0.0.1:{port}/v1"
        self.log = log
        self._process = process
        self._openai = openai.AsyncOpenAI(base_url=self.base_url, api_key="none", max_retries=0, timeout=60)

    async def models(self) -> list[str]:
        return [model.id async for model in self._openai.models.list()]

    async def says(self, prompt: str, **parameters: Any) -> str:
        """Its whole answer, without streaming."""
        answer = await self._openai.chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": prompt}], **parameters
        )
        return answer.choices[0].message.content or ""

    async def ready(self) -> None:
        """Returns once it answers: the weights may be loaded by the first question only."""
        async with asyncio.timeout(START_DEADLINE_SECONDS):
            while True:
                assert self._process.returncode is None, self.log.read_text()[-3000:]
                try:
                    await self.says("Hello", max_tokens=1)
                except openai.APIConnectionError:
                    await asyncio.sleep(0.1)
                else:
                    return

    async def raw_events(self, prompt: str, **parameters: Any) -> list[str]:
        """The `data:` lines of a stream, as they are."""
        body = {"model": MODEL, "messages": [{"role": "user", "content": prompt}], "stream": True, **parameters}
        async with httpx.AsyncClient(timeout=60) as client:
            response = await client.post(f"{self.base_url}/chat/completions", json=body)
        lines = response.text.splitlines()
        return [line.removeprefix("data:").strip() for line in lines if line.startswith("data:")]

    async def close(self) -> None:
        await self._openai.close()
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()


@asynccontextmanager
async def run_llama(folder: Path, *, interrupt_requests: bool) -> AsyncGenerator[RealUpstream]:
    """Args:
    interrupt_requests: whether a new request cuts the one that is being answered, as it does unless told otherwise.
    """
    port = free_port()
    arguments = {
        "model": LLAMA_MODEL,
        "model_alias": MODEL,
        "n_ctx": CONTEXT_TOKENS,
        "n_threads": 1,
        "host": "127.0.0.1",
        "port": port,
        "interrupt_requests": interrupt_requests,
    }
    words = [word for name, value in arguments.items() for word in (f"--{name}", str(value))]
    async with _running(folder, port, python("llama"), "-m", "llama_cpp.server", *words) as upstream:
        yield upstream


@asynccontextmanager
async def run_transformers(folder: Path) -> AsyncGenerator[RealUpstream]:
    port = free_port()
    program = python("transformers").with_name("transformers")
    words = ("serve", "--host", "127.0.0.1", "--port", str(port), "--device", "cpu")
    async with _running(folder, port, program, *words) as upstream:
        yield upstream


@asynccontextmanager
async def _running(folder: Path, port: int, program: Path, *words: str) -> AsyncGenerator[RealUpstream]:
    log = folder / "upstream.log"
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "HF_HOME": str(HUGGING_FACE),
        "HF_HUB_OFFLINE": "1",
        "OMP_NUM_THREADS": "1",  # sums in the same order on every machine
    }
    with log.open("w") as output:
        process = await asyncio.create_subprocess_exec(
            program, *words, cwd=folder, env=environment, stdout=output, stderr=output
        )
    upstream = RealUpstream(process, port, log)
    try:
        await upstream.ready()
        yield upstream
    finally:
        await upstream.close()
