# Every target works in a fresh clone: tools/install.py brings what is missing, and only that.
PYTHON ?= .venv/bin/python python3 python3.14 python3.13 python3.12 python3.11
VENV   := .venv/bin

# The first of them that is new enough; the one that all was installed with stands first.
python  = $(shell for python in $(PYTHON); do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
INSTALL = $(or $(python),$(error parley: Python 3.11 or newer is needed, and none of these is: $(PYTHON))) -m tools.install

# Each is a name that bench.delivery knows.
BENCH_DELIVERY := bench-delivery bench-fan-out bench-idle bench-overload bench-whole-way
BENCH_STORED := bench-posting bench-reading bench-growth

.PHONY: run test test-upstreams check schema format lock bench bench-log bench-proxy bench-storage $(BENCH_DELIVERY) $(BENCH_STORED) chaos screenshots clean
.DEFAULT_GOAL := run

run:            ## install, start the embedded database, migrate, serve
	@$(INSTALL) run
	@exec $(VENV)/parley serve

test:           ## install and run every test; ARGS="tests/chat -k busy" goes to pytest
	@$(INSTALL) dev
	@PATH="$(CURDIR)/$(VENV):$$PATH" $(VENV)/pytest $(ARGS)

UPSTREAMS ?= llama transformers

test-upstreams: ## Parley before real upstreams, which take minutes to install the first time: UPSTREAMS="llama transformers"
	@$(INSTALL) dev
	@$(VENV)/python -m tests.upstreams $(UPSTREAMS)
	@PATH="$(CURDIR)/$(VENV):$$PATH" PARLEY_TEST_UPSTREAMS="$(UPSTREAMS)" $(VENV)/pytest tests/upstreams $(ARGS)

check:          ## lint, format, strict types, import directions, architecture
	@$(INSTALL) dev
	@$(VENV)/ruff check .
	@$(VENV)/ruff format --check .
	@$(VENV)/mypy
	@$(VENV)/lint-imports --no-logo
	@$(VENV)/pytest -q tests/test_architecture.py tests/api/graphql/test_printed_schema.py

schema:         ## print the GraphQL schema into schema.graphql, which clients are generated from
	@$(INSTALL) dev
	@$(VENV)/parley schema > schema.graphql

format:         ## let ruff rewrite what it can
	@$(INSTALL) dev
	@$(VENV)/ruff check --fix-only .
	@$(VENV)/ruff format .

lock:           ## resolve pyproject.toml anew into the lock files
	@$(INSTALL) dev
	@$(VENV)/python tools/lock.py

bench: $(BENCH_DELIVERY) $(BENCH_STORED) ## all that bench/RESULTS.md tells of, one after the other: half an hour on a quiet machine

$(BENCH_DELIVERY): bench-%: ## from produced to the subscriber, beside graphql-yoga, which it installs; ARGS="--rounds N --seconds S"
	@$(INSTALL) dev
	@$(VENV)/python -m bench.delivery.install
	@$(VENV)/python -m bench.delivery $* $(ARGS)

bench-posting:  ## what a post costs, beside asyncpg writing the same rows
	@$(INSTALL) dev
	@$(VENV)/python -m bench.posting $(ARGS)

bench-reading:  ## pages of conversations, beside PostGraphile, which it installs, and Strawberry with SQLAlchemy
	@$(INSTALL) dev
	@$(VENV)/python -m bench.reading.install
	@$(VENV)/python -m bench.reading $(ARGS)

bench-growth:   ## the same with 100 to 1,000,000 stored messages, and with 1 to 1,000 streams
	@$(INSTALL) dev
	@$(VENV)/python -m bench.growth $(ARGS)

bench-log:      ## from produced to seen by somebody else, and what it costs, beside Redis Streams
	@$(INSTALL) dev
	@$(VENV)/python -m bench.log $(ARGS)

bench-proxy:    ## what Parley adds to an upstream's stream, beside the LiteLLM proxy, which it installs
	@$(INSTALL) dev
	@$(VENV)/python -m bench.proxy.install
	@$(VENV)/python -m bench.proxy $(ARGS)

bench-storage:  ## ms per storage operation, beside asyncpg doing the same SQL
	@$(INSTALL) dev
	@$(VENV)/python -m bench.storage

chaos:          ## break a running service on purpose: ARGS="--rounds N --seed S --fault NAME"
	@$(INSTALL) dev
	@$(VENV)/python -m tests.chaos $(ARGS)

screenshots:    ## the pictures of the README anew, with a Chromium of this machine
	@$(INSTALL) dev
	@PATH="$(CURDIR)/$(VENV):$$PATH" $(VENV)/python -m tests.web.screenshots

clean:          ## remove what was installed; the data in .parley stays
	rm -rf .venv .upstreams app/storage/engine/node_modules web/node_modules tests/node/node_modules tests/browser/node_modules examples/node_modules examples/build app/web/static
