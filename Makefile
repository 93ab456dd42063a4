# Every target works in a fresh clone: tools/install.py brings what is missing, and only that.
PYTHON ?= python3
VENV   := .venv/bin

.PHONY: run test check format lock bench-storage clean
.DEFAULT_GOAL := run

run:            ## install, start the embedded database, migrate, serve
	@$(PYTHON) tools/install.py run
	@exec $(VENV)/parley serve

test:           ## install and run every test
	@$(PYTHON) tools/install.py dev
	@PATH="$(CURDIR)/$(VENV):$$PATH" $(VENV)/pytest $(ARGS)

check:          ## lint, format, strict types, import directions, architecture
	@$(PYTHON) tools/install.py dev
	@$(VENV)/ruff check .
	@$(VENV)/ruff format --check .
	@$(VENV)/mypy
	@$(VENV)/lint-imports --no-logo
	@$(VENV)/pytest -q tests/test_architecture.py

format:         ## let ruff rewrite what it can
	@$(VENV)/ruff check --fix-only .
	@$(VENV)/ruff format .

lock:           ## resolve pyproject.toml anew into the lock files
	@$(PYTHON) tools/install.py dev
	@$(VENV)/python tools/lock.py

bench-storage:  ## ms per storage operation, beside asyncpg doing the same SQL
	@$(PYTHON) tools/install.py dev
	@$(VENV)/python -m bench.storage

clean:          ## remove what install.py made; the data in .parley stays
	rm -rf .venv app/storage/engine/node_modules web/node_modules tests/node/node_modules tests/browser/node_modules app/web/static
