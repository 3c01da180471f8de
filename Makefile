# make run     set up, fill a fresh database from sample_data, start the studio
# make test    set up, then every check: ruff, mypy, import-linter, pytest (browser tests included)
# make lint    the checks without pytest
# make test-old-datasets    the exports once more, in the last `datasets` that fills gaps with null
# make test-trainers        the exports in the trainers themselves: they load the rows and take steps
# make bench   speed of import, checks, queries, export and the judge runner; everyday tasks
# make data    write sample_data anew from the seeded generator
# make docs    bring the tables of the README up to date
# make clean   remove the environment and everything that was built; keeps databases

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
OLD := .venv-old-datasets
TRAINERS := .venv-trainers
PINNED := .venv-trainers-pinned
PINNED_NEEDS := torch transformers datasets trl peft accelerate addict binpacking codetiming dacite \
	einops fire hydra-core importlib-metadata json-repair matplotlib modelscope nltk numpy omegaconf \
	openai pandas pillow pydantic pyyaml ray rouge scipy sentencepiece simplejson sortedcontainers \
	tensordict tiktoken torchdata tyro zstandard
ARGS ?=
# Processes that tests start would compile the whole program again and again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test test-flows test-others test-browser-a-i test-browser-j-z test-old-datasets test-trainers \
	lint bench data docs clean require-python
.DELETE_ON_ERROR:

run: $(VENV)/.installed
	@$(BIN)/loopwright run --demo $(ARGS)

test: $(VENV)/.installed-test
	@command -v "$${LOOPWRIGHT_CHROMIUM:-chromium-headless-shell}" >/dev/null 2>&1 || \
		command -v chromium >/dev/null 2>&1 || \
		echo "NOTICE: no chromium found; the browser tests are skipped. Install it," \
		"or name its path in LOOPWRIGHT_CHROMIUM, to run them."
ifeq ($(ARGS),)
	@echo "Tests and linters run side by side; what each says is shown when it ends."
	@$(MAKE) --no-print-directory --keep-going --jobs=$(words $(PARTS)) $(GROUPED) $(PARTS)
else
	@$(MAKE) --no-print-directory lint
	$(BIN)/python -m pytest $(ARGS)
endif

# Side by side, because each waits half of its time: for a browser, a disk, another process.
PARTS := test-flows test-others test-browser-a-i test-browser-j-z lint
GROUPED := $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)

test-flows: $(VENV)/.installed-test
	$(BIN)/python -m pytest tests/unit/app/flows

test-others: $(VENV)/.installed-test
	$(BIN)/python -m pytest --ignore=tests/e2e --ignore=tests/unit/app/flows

test-browser-a-i: $(VENV)/.installed-test
	$(BIN)/python -m pytest tests/e2e/test_[a-i]*.py

test-browser-j-z: $(VENV)/.installed-test
	$(BIN)/python -m pytest tests/e2e/test_[!a-i]*.py

test-old-datasets: $(VENV)/.installed-test $(OLD)/.installed
	LOOPWRIGHT_OLD_DATASETS_PYTHON=$(CURDIR)/$(OLD)/bin/python \
		$(BIN)/python -m pytest tests/unit/app/flows/test_export.py -k older_datasets $(ARGS)

# Only on demand: they are large, and torch is theirs, not the studio's.
test-trainers: $(VENV)/.installed-test $(TRAINERS)/.installed $(PINNED)/.installed
	LOOPWRIGHT_TRAINERS_PYTHON=$(CURDIR)/$(TRAINERS)/bin/python \
	LOOPWRIGHT_PINNED_TRAINERS_PYTHON=$(CURDIR)/$(PINNED)/bin/python \
		$(BIN)/python -m pytest tests/trainers $(ARGS)

lint: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.installed-test
	$(BIN)/python -m tests.bench $(ARGS)

data: $(VENV)/.installed
	$(BIN)/python -m curation.synthesis.samples $(ARGS)

docs: $(VENV)/.installed
	$(BIN)/python -m tests.readme_tables

clean:
	rm -rf $(VENV) $(OLD) $(TRAINERS) $(PINNED) build dist *.egg-info .pytest_cache .mypy_cache \
		.ruff_cache .hypothesis .import_linter_cache

$(VENV)/.installed: pyproject.toml constraints.txt | require-python
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing Loopwright into $(VENV) (only when its requirements change) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		-c constraints.txt --editable ".[fast]"
	@touch $@

# Nothing is compiled that is never imported: most of a package is not.
$(VENV)/.installed-test: pyproject.toml constraints.txt | require-python
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing Loopwright and what its tests need into $(VENV) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--no-compile -c constraints.txt --editable ".[fast,test]"
	@touch $(VENV)/.installed $@

# Of its own, because this release of datasets needs an older pyarrow than the studio.
$(OLD)/.installed: constraints-old-datasets.txt | require-python
	@test -x $(OLD)/bin/python || $(PYTHON) -m venv $(OLD)
	@$(OLD)/bin/python -m pip install --quiet --disable-pip-version-check --no-compile \
		-c constraints-old-datasets.txt datasets pyarrow pandas numpy
	@touch $@

# Of the trainers named with --no-deps only what reads rows is run; the rest of what they ask for is
# for graphics cards.
$(TRAINERS)/.installed: constraints-trainers.txt | require-python
	@test -x $(TRAINERS)/bin/python || $(PYTHON) -m venv $(TRAINERS)
	@echo "Installing TRL, Axolotl and torch into $(TRAINERS) …"
	@$(TRAINERS)/bin/python -m pip install --quiet --disable-pip-version-check \
		-c constraints-trainers.txt torch trl peft addict art colorama einops fire \
		numba pillow posthog python-dotenv requests scipy
	@$(TRAINERS)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps \
		-c constraints-trainers.txt axolotl
	@touch $@

# Of its own, because these trainers want older libraries than the newest TRL.
$(PINNED)/.installed: constraints-trainers-pinned.txt | require-python
	@test -x $(PINNED)/bin/python || $(PYTHON) -m venv $(PINNED)
	@echo "Installing LLaMA-Factory, ms-swift, verl and torch into $(PINNED) …"
	@$(PINNED)/bin/python -m pip install --quiet --disable-pip-version-check \
		-c constraints-trainers-pinned.txt $(PINNED_NEEDS)
	@$(PINNED)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps \
		-c constraints-trainers-pinned.txt llamafactory ms-swift verl
	@touch $@

require-python:
	@test -x $(BIN)/python || test -n "$(PYTHON)" || { \
		echo "Loopwright needs Python 3.11 or newer. Install it, or say make PYTHON=/path/to/python"; \
		exit 1; }
