"""`python -m bench.proxy.install`: brings the LiteLLM proxy, into an environment of its own."""

from __future__ import annotations

import subprocess
import sys

from bench.proxy.proxies import LITELLM, LITELLM_FOLDER

LITELLM_VERSION = "1.106.2"


def main() -> None:
    if LITELLM.exists():
        return
    subprocess.run([sys.executable, "-m", "venv", LITELLM_FOLDER], check=True)
    pip = [str(LITELLM_FOLDER / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, f"litellm[proxy]=={LITELLM_VERSION}"], check=True)


if __name__ == "__main__":
    main()
