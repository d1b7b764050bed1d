# The commands a person types. `make help` lists them; every one installs what it
# needs first, shows progress, and can be run again.
#
#   BUILD=folder  CXX=g++ CC=gcc  JOBS=n  LLVM_PREFIX=/opt/llvm-22  PYTHON=python3.11
#   CMAKE_ARGS='-DX=Y'  MODELS='resnet18 gpt2'  OPS='softmax conv'  TESTS='-k layernorm'

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := build
MAKEFLAGS += --no-print-directory

BUILD ?= build
VENV ?= build/venv
JOBS ?= $(shell nproc)
ifneq ($(origin LLVM_PREFIX),undefined)
export LLVM_PREFIX
endif
LLVM := $(or $(LLVM_PREFIX),/usr/lib/llvm-22)
ifeq ($(origin CXX),default)
CXX := $(LLVM)/bin/clang++
CC := $(LLVM)/bin/clang
endif
ifneq ($(filter g++%,$(notdir $(CXX))),)
ifeq ($(origin CC),default)
CC := $(patsubst g++%,gcc%,$(notdir $(CXX)))
endif
endif
python := $(abspath $(VENV))/bin/python
pt2_cases = everything layouts cond while no_grad symbols item
sources = $(shell git ls-files '*.cpp' '*.h' '*.c' | grep -v '/Inputs/')

# Both are exported to the scripts below.
export BUILD JOBS
export TC_PYTHON := $(python)
export PATH := $(LLVM)/bin:$(abspath $(VENV))/bin:$(PATH)

# ccache declines to cache what uses a precompiled header unless it is told that defines and __TIME__ in it do not matter.
ccache = cmake;-E;env;CCACHE_SLOPPINESS=pch_defines,time_macros;ccache

# One line a configuration: folder, options.
cmake = cmake -S . -B $(1) -G Ninja -Wno-dev --log-level=WARNING \
  -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_COMPILER=$(CC) -DCMAKE_CXX_COMPILER=$(CXX) \
  -DMLIR_DIR=$(LLVM)/lib/cmake/mlir -DLLVM_EXTERNAL_LIT=$(LLVM)/bin/lit \
  $(if $(findstring clang,$(CXX)),-DLLVM_USE_LINKER=lld) \
  $(if $(shell command -v ccache),-DCMAKE_C_COMPILER_LAUNCHER="$(ccache)" -DCMAKE_CXX_COMPILER_LAUNCHER="$(ccache)") \
  -DPython_EXECUTABLE=$(python) -DTC_ENABLE_ASSERTS=ON $(2) $(CMAKE_ARGS)

.PHONY: help setup configure build check check-models check-format check-docs check-lit check-unit check-python \
  check-opinfo check-ptxas check-emulated check-asan check-fuzz fuzz fuzz-pt2 check-wheel docs demo bench bench-full micro scaling tidy format \
  wheel clean distclean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## install packages and the virtual environment, where missing
	@utils/setup.sh packages
	@utils/setup.sh venv $(VENV)

# Configures again only when the command line changes; ninja does the rest.
configure: setup ## run CMake
	@utils/configure.sh $(BUILD) $(call cmake,$(BUILD),)

build: configure ## build everything
	@cmake --build $(BUILD) -j $(JOBS)

check: build ## every test: format, docs, lit, GoogleTest, pytest
	@utils/check.sh format docs lit unit python

check-format: setup ## clang-format finds nothing to change
	@utils/check.sh format

check-fuzz: build ## damage the modules of the tests and run every stage on them; ROUNDS=n SEED=n
	@$(BUILD)/bin/tc-fuzz --rounds=$(or $(ROUNDS),100) --seed=$(or $(SEED),2) --save=$(BUILD)/fuzz test

fuzz-pt2: build ## the same for .pt2 files, exported from small models; ROUNDS=n SEED=n
	@mkdir -p $(BUILD)/fuzz-pt2
	@$(python) test/Import/Inputs/export.py $(foreach case,$(pt2_cases),$(case) $(BUILD)/fuzz-pt2/$(case).pt2)
	@$(BUILD)/bin/tc-fuzz --small-pt2 --rounds=$(or $(ROUNDS),1000) --seed=$(or $(SEED),2) --save=$(BUILD)/fuzz \
	  $(BUILD)/fuzz-pt2
fuzz: build ## random programs against eager mode, shrunk to the least that differs; SEEDS=n FIRST=n
	@PYTHONPATH=$(abspath $(BUILD))/python $(python) test/fuzz/run_programs.py --seeds $(or $(SEEDS),200) --first $(or $(FIRST),0)

check-docs: build ## the generated pages are up to date
	@utils/check.sh docs
check-lit: build ## the lit tests
	@utils/check.sh lit
check-unit: build ## the GoogleTest tests
	@utils/check.sh unit
check-python: build ## the pytest tests; TESTS='-k name' picks some
	@utils/check.sh python

check-models: build ## every model of test/models/zoo.py in every way, and docs/models.md; NAMES='vit bert' WAYS='compiled file'
	@PYTHONPATH=$(abspath $(BUILD))/python $(python) test/models/check_zoo.py $(NAMES) \
	  $(if $(WAYS),--ways '$(strip $(WAYS))') --write docs/models.md

check-ptxas: build ## ptxas takes every GPU kernel of the models; MODELS='resnet18 …' TARGETS='sm_80 sm_90a sm_120' SIZES='static dynamic'
	@PYTHONPATH=$(abspath $(BUILD))/python $(python) test/models/check_ptxas.py $(MODELS) \
	  $(if $(TARGETS),--targets '$(TARGETS)') $(if $(SIZES),--sizes '$(SIZES)')

check-emulated: build ## all small models on the emulated GPU; TESTS='-k bert' picks some
	@PYTHONPATH=$(abspath $(BUILD))/python $(python) -m pytest -p no:cacheprovider --slow --durations=10 \
	  test/models/test_gpu_emulated.py $(TESTS)

check-opinfo: build ## PyTorch's op_db against eager; OPS='…' DTYPES='float32 …'|all MODES='forward …' SHARD=1/4 SAMPLES=8; WRITE=1 keeps the results
	@PYTHONPATH=$(abspath $(BUILD))/python $(python) test/opinfo/run.py --ops '$(OPS)' --dtypes '$(or $(DTYPES),float32)' \
	  --modes '$(or $(MODES),forward inplace gradient)' --shard $(or $(SHARD),1/1) --samples $(or $(SAMPLES),0) --jobs $(JOBS) \
	  --json $(BUILD)/opinfo.json $(if $(WRITE),--write)

check-asan: setup ## lit and GoogleTest under AddressSanitizer and UBSan
	@utils/configure.sh $(BUILD)/asan $(call cmake,$(BUILD)/asan,-DTC_ENABLE_SANITIZERS=ON -DTC_ENABLE_PYTHON=OFF)
	@cmake --build $(BUILD)/asan -j $(JOBS)
	@BUILD=$(BUILD)/asan utils/check.sh lit unit

docs: build ## generate the pages under docs/: passes, ops, tools, and the IR of the tour
	@$(python) utils/gen_docs.py --build $(BUILD)

demo: build ## ResNet-18 and GPT-2 from captured graphs: checked, timed
	@PYTHONPATH=$(abspath $(BUILD))/python $(python) examples/demo.py

bench: build ## latency, compile time, memory against eager and Inductor; MODELS='…' picks some
	@PYTHONPATH=$(abspath $(BUILD))/python $(python) benchmarks/bench.py $(MODELS)

bench-full: build ## the same for models at full size, bf16 among them; MODELS='…' picks some
	@PYTHONPATH=$(abspath $(BUILD))/python $(python) benchmarks/bench.py --full $(MODELS)

micro: build ## one benchmark an op, as a fraction of the machine's roof; OPS='…'
	@PYTHONPATH=$(abspath $(BUILD))/python $(python) benchmarks/micro.py $(OPS)

scaling: build ## compile time of graphs of 10^3 to 10^5 ops; KINDS='chain layers …'
	@$(python) benchmarks/scaling.py --tool $(BUILD)/bin/tc $(KINDS)

tidy: build ## clang-tidy on every source
	@run-clang-tidy -quiet -p $(BUILD) -j $(JOBS) "$(CURDIR)/(lib|tools|python)/.*"

format: setup ## clang-format every source in place
	@clang-format -i $(sources)

wheel: setup ## build/wheel/tc-*.whl, with everything it needs inside
	@$(python) -m pip wheel . --no-deps --no-build-isolation -w $(BUILD)/wheel

check-wheel: wheel ## the wheel in an environment of its own, away from this folder
	@utils/check_wheel.sh $(BUILD)/wheel

clean: ## remove the build, keep the virtual environment
	@find $(BUILD) -mindepth 1 -maxdepth 1 ! -name venv -exec rm -rf {} + 2>/dev/null || true

distclean: ## remove everything that was made
	@rm -rf $(BUILD) $(VENV)
