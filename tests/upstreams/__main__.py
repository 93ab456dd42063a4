"""`python -m tests.upstreams llama transformers`: makes what these upstreams need."""

from __future__ import annotations

import sys

from tests.upstreams.environments import make
from tools.commands import InstallError

if __name__ == "__main__":
    try:
        make(sys.argv[1:])
    except InstallError as error:
        sys.exit(f"parley: {error}")
    except KeyError as error:
        sys.exit(f"parley: there is no upstream {error}")
    except KeyboardInterrupt:
        sys.exit("parley: interrupted; the next `make test-upstreams` goes on from here")
