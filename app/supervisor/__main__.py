"""`python -m app.supervisor WORKERS ADDRESS_FD URL LOG_STYLE LOG_LEVEL COMMAND…`: see `turn_into_supervisor`."""

from __future__ import annotations

import logging
import socket
import sys

from app.logs import configure_logging
from app.supervisor.supervisor import Supervisor

logger = logging.getLogger("parley")


def main(workers: int, address_fd: int, url: str, log_style: str, log_level: str, *command: str) -> int:
    configure_logging(style=log_style, level=log_level)

    def tell() -> None:
        logger.info("Parley is at %s — playground: %s/graphql", url, url, extra={"workers": workers})

    with socket.socket(fileno=address_fd) as address:
        address.set_inheritable(False)
        status = Supervisor(workers, command, address, ready=tell).run()
    logger.info("stopped")
    return status


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:]))
