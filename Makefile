# `make run` serves the site, `make test` proves it; both work on a fresh machine with Python >= 3.11, venv and pip.
PYTHON ?= python3
BIN := .venv/bin
PORT ?= 8000
export PIP_DISABLE_PIP_VERSION_CHECK = 1
# Compiled modules are kept, whatever the environment says: else each process compiles them anew.
export PYTHONDONTWRITEBYTECODE =

.DEFAULT_GOAL := help
.PHONY: help install run test long quick connectors bench check lock texts openapi verifier holidays lighthouse picture

help:
	@echo "make run         install, migrate, load the demo when the database is empty, serve on http://127.0.0.1:$(PORT)"
	@echo "make test        the whole proof; installs what it needs"
	@echo "make long        the same with every combination, crash and invented example that an hour has room for"
	@echo "make quick       what a change is most likely to break, in a minute: no browser, crash or command, SQLite alone"
	@echo "make connectors  the connectors on the real programs, which it installs (CONNECTORS=wordpress for one)"
	@echo "make install     .venv with the locked requirements, nothing else"
	@echo "make bench       benchmarks as ratios in one run (SCALE=full for the large ones)"
	@echo "make lighthouse  Lighthouse's four scores of a demo's pages, 100 each; needs node and npm"
	@echo "make check       format, lint, types"
	@echo "make texts       renew the catalogues of texts"
	@echo "make openapi     renew docs/openapi*.json, docs/iys-paths.md, docs/commands.md and the clients' types"
	@echo "make verifier    renew the hashes in optout/izin-verify.html"
	@echo "make holidays    renew consents/holidays.csv from the locked package"
	@echo "make picture     renew the pictures of both READMEs"
	@echo "make lock        renew requirements.lock and requirements-dev.lock (needs uv)"

install: .venv/.installed

.venv/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; name it with make PYTHON=python3.x"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "Python's venv is missing (Debian: apt-get install python3-venv)"; exit 1; }
	@echo "Kuruluyor, yalnızca ilk seferde / installing, the first time only: .venv, var/izin.db"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install -q --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	@touch $@

.venv/.developed: .venv/.installed requirements-dev.lock requirements-verifier.lock
	$(BIN)/python -m pip install -q --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install -q --no-deps --ignore-requires-python --require-hashes -r requirements-verifier.lock
	@touch $@

run: .venv/.installed
	@$(BIN)/izin migrate --quiet
	@$(BIN)/izin demo --if-empty
	@PORT=$(PORT) exec $(BIN)/izin serve --quiet

test: .venv/.developed
	@bash tests/needs.sh
	$(BIN)/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder --max-worker-restart=0

long: .venv/.developed
	@bash tests/needs.sh
	@bash tests/clients/needs.sh
	@bash connectors/needs.sh $(CONNECTORS)
	LONG_TESTS=1 $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --max-worker-restart=0

CONNECTORS ?= wordpress mailman n8n spreadsheet
connectors: .venv/.developed
	@bash tests/needs.sh
	@bash connectors/needs.sh $(CONNECTORS)
	LONG_TESTS=1 $(BIN)/python -m pytest -n 2 --dist loadfile $(CONNECTORS:%=tests/connectors/test_%.py)

quick: .venv/.developed
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder --max-worker-restart=0 --quick

bench: .venv/.developed
	$(BIN)/python -m bench

lighthouse: .venv/.developed
	@$(BIN)/python -m tests.lighthouse

picture: .venv/.developed
	$(BIN)/python -m tests.picture

check: .venv/.developed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

# Catalogues of texts: new ones are taken up, gone ones dropped; then translate what is empty in locales.
EXTRACT = $(BIN)/python -m babel.messages.frontend -q extract -k mark -k mark_counted:1,1 -k mark_in:1c,2 -k in_all \
	-k Sentence --no-location --sort-output
texts: .venv/.developed
	@mkdir -p var
	$(EXTRACT) -F locales/babel.cfg -o var/izin.pot .
	$(EXTRACT) -F locales/citizen.cfg -o var/citizen.pot .
	for catalogue in locales/*/LC_MESSAGES; do \
		grep -q "texts = .citizen" $$catalogue/../keywords.toml && texts=citizen || texts=izin; \
		$(BIN)/pybabel -q update -i var/$$texts.pot -d locales -l $$(basename $$(dirname $$catalogue)) \
			--no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date -w 110; \
		done

# The API's OpenAPI file, the page of İYS's calls and the page of commands; tests fail while they are old.
openapi: .venv/.developed
	$(BIN)/python -m providers.openapi.document
	$(BIN)/python -m tests.providers.conformance.paths
	$(BIN)/python -m tests.commands_page
	$(BIN)/python -m tests.clients.typed

# After optout/izin-verify.html was edited: the hashes in its policy; a test fails while they are old.
verifier: .venv/.developed
	$(BIN)/python -m tests.verifier_file

# After the package holidays was renewed; a test fails while the file is old.
holidays: .venv/.developed
	$(BIN)/python -m tests.holidays_file

# No index address may stand in a lock, so that it says nothing of the machine it was made on.
lock:
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		pyproject.toml -o requirements.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--group dev pyproject.toml -c requirements.lock -o requirements-dev.lock
