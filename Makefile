# Everything starts from Python 3.11, pip and make; a second run does no work twice.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INDEX := index
STAMP := $(VENV)/.installed

.PHONY: chat test check gate models index tables load screenshots clean help

help:  ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt "torch==2.13.0"
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	touch $@

models: $(STAMP)  ## fetch the default embedder and generator, checked by sha256
	$(BIN)/rag models pull

index: models  ## bring the index of corpus/ up to date
	$(BIN)/rag index --corpus corpus --index $(INDEX)

chat: index  ## open the chat page on http://127.0.0.1:7860
	$(BIN)/rag chat --index $(INDEX)

check: $(STAMP)  ## lint, types and fast tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -m "not models and not browser"
	$(BIN)/rag eval --tables README.md --check

gate: index  ## the search must not be worse than the committed baseline
	$(BIN)/rag eval eval/questions.jsonl --index $(INDEX) --retrieval-only --out eval/out/search.json \
	  --baseline eval/results/questions-search.json --fail-on recall@5=0.01,nDCG@10=0.01

test: index  ## everything: check, the real models and the real page
	$(BIN)/rag models pull qwen-0.5b
	$(MAKE) check gate
	$(BIN)/pytest -m "models or browser"

tables: $(STAMP)  ## write the README's tables from eval/results
	$(BIN)/rag eval --tables README.md

load: index  ## eight visitors ask the page at once for three minutes; says what they saw and what memory it took
	$(BIN)/python -m tests.load --index $(INDEX)

screenshots: $(STAMP)  ## take the pictures in docs/ again
	$(BIN)/pytest -m browser tests/test_page.py --screenshots docs

clean:  ## remove what was built (weights stay in their cache)
	rm -rf $(VENV) build *.egg-info index/generations index/CURRENT eval/out
