# make app    start the app         make test   everything that CI checks
# make bench  the README's figures  make words  collect and compile the Korean catalogue
# make census every text model type of transformers, made small and compared: docs/models.md

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
ADDRESS ?= 127.0.0.1
PORT ?= 8501

.PHONY: app test lint types browser bench census words clean

app: $(VENV)/app
	@echo "Headlight runs at http://$(ADDRESS):$(PORT) (Ctrl-C stops it)"
	@$(BIN)/streamlit run app.py --server.address $(ADDRESS) --server.port $(PORT)

# The browser tests are timed, so they run alone; the others side by side, a thread each.
test: lint types browser
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder \
		tests/test_*.py tests/viz tests/model tests/pages
	$(BIN)/python -m pytest tests/browser

lint: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/dev
	$(BIN)/mypy .

# The browser tests drive the machine's own Chromium.
browser:
	@command -v chromium || command -v chromium-browser || command -v google-chrome \
	|| { command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ] && apt-get update -qq && apt-get install -y -qq chromium; } \
	|| { echo "Install Chromium (or Google Chrome) so that 'chromium' is on the PATH: the tests drive a real browser." >&2; exit 1; }

bench: $(VENV)/bench browser
	$(BIN)/python -m benchmarks

census: $(VENV)/dev
	$(BIN)/python -m census --output docs/models.md

words: $(VENV)/dev
	$(BIN)/pybabel extract -F locale/babel.cfg -k _ -k N_ -k Refusal --no-location --sort-output --width 100 \
		--project Headlight -o locale/headlight.pot .
	$(BIN)/pybabel update -D headlight -i locale/headlight.pot -d locale -l ko --no-fuzzy-matching --width 100
	$(BIN)/pybabel compile -D headlight -d locale

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/app: requirements.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install -q -r requirements.txt
	@touch $@

$(VENV)/dev: requirements.txt requirements-dev.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install -q -r requirements-dev.txt
	@touch $@

$(VENV)/bench: requirements-bench.txt $(VENV)/dev
	$(BIN)/python -m pip install -q -r requirements-bench.txt
	@touch $@

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
