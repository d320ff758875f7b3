# `make` lists the targets. The queue targets are the playbook's words for laneway's verbs.
#
# make answers 2 for every failure; the verb's own exit code stands in make's last line.

.DEFAULT_GOAL := help
.PHONY: help demo test test-only soak fuzz lint bench build build-quietly \
	agent-preflight queue-ready queue-claim queue-set-status queue-validate queue-git-check

# The laneway that the queue targets run: the one built here, unless another is named.
BUILT := $(or $(CARGO_TARGET_DIR),target)/debug/laneway
LANEWAY ?= $(BUILT)
TOOL := $(if $(filter $(BUILT),$(LANEWAY)),build-quietly)
CARGO ?= cargo

# Values reach the recipes as environment variables, as they were typed: neither make nor the
# shell evaluates them, whatever they hold. Recipes say "$$TASK_ID", never $(TASK_ID).
VALUES := ROLE OWNER BRANCH TASK_ID STATUS REASON BY NEXT T
$(foreach name,$(VALUES),$(eval override $(name) := $$(value $(name))))
export $(VALUES) LANEWAY
need = $(foreach name,$(1),$(if $($(name)),,$(error $@ needs $(name)=, see `make help`)))

help:
	@echo 'make demo                     play a day of a fleet on a throw-away repository'
	@echo 'make test                     all tests'
	@echo 'make test-only T=             the tests of that name; none is a failure'
	@echo 'make soak                     the tests of faults and the model with the long numbers, for hours'
	@echo 'make fuzz                     the fuzz targets under libFuzzer, where cargo-fuzz is installed'
	@echo 'make lint                     formatting and clippy, warnings denied'
	@echo 'make bench                    times, each beside its floor'
	@echo
	@echo 'make agent-preflight ROLE= [OWNER=]  what stands between this role and a claim'
	@echo 'make queue-ready ROLE=        what can start, and what the rest waits for'
	@echo 'make queue-claim ROLE= OWNER= BRANCH= [TASK_ID=]'
	@echo 'make queue-set-status TASK_ID= STATUS= OWNER= [REASON=] [BY=] [NEXT=]'
	@echo 'make queue-validate           the governance files of the working tree'
	@echo 'make queue-git-check          branches and worktrees against claims'

build:
	@$(CARGO) build --locked

build-quietly:
	@$(CARGO) build --locked --quiet

demo: build
	@"$(BUILT)" demo

test:
	$(CARGO) test --locked --no-fail-fast

test-only:
	$(call need,T)
	@$(CARGO) test --locked -- --list "$$T" | grep -q ': test$$' || { \
		printf 'error: no test is named like `%s`\n' "$$T" >&2; exit 1; \
	}
	$(CARGO) test --locked -- "$$T"

# RELIABILITY.md says what each test shows, and with which numbers.
soak:
	LANEWAY_SOAK=1 $(CARGO) test --locked --test protocol --test simulator --test faults --test fuzz
	LANEWAY_SOAK=1 $(CARGO) test --locked --test it -- merging p19_
	$(MAKE) fuzz

# What it finds beside the committed corpora goes into fuzz/artifacts/, which git ignores. Without a
# sanitizer: there is no `unsafe` here, what is looked for is panics and slowness.
FUZZ_SECONDS ?= 600
fuzz:
	@if $(CARGO) +nightly fuzz --version >/dev/null 2>&1; then \
		for target in fuzz/corpus/*/; do \
			name=$$(basename "$$target"); found="fuzz/artifacts/found/$$name"; \
			mkdir -p "$$found"; \
			$(CARGO) +nightly fuzz run -s none "$$name" "$$found" "$$target" -- \
				-max_total_time=$(FUZZ_SECONDS) -timeout=25 || exit 1; \
		done; \
	else \
		echo 'NOTICE: cargo-fuzz is not installed: the targets ran on seeds only'; \
	fi

lint:
	$(CARGO) fmt --check
	$(CARGO) clippy --all-targets --locked -- -D warnings

# Writes BENCHMARKS.md. BENCH_SIZES=1000 and BENCH_PARTS=verbs,gates,claims,growth make it short.
bench:
	$(CARGO) bench --locked --bench speed

agent-preflight: $(TOOL)
	$(call need,ROLE)
	@set -- doctor --role="$$ROLE"; \
	[ -z "$$OWNER" ] || set -- --as="$$OWNER" "$$@"; \
	exec "$$LANEWAY" "$$@"

queue-ready: $(TOOL)
	$(call need,ROLE)
	@"$$LANEWAY" ready --role="$$ROLE" --explain

# The lane gives the branch its name. BRANCH says which one is expected: a rehearsal compares it
# before anything is claimed.
queue-claim: $(TOOL)
	$(call need,ROLE OWNER BRANCH)
	@set -- --as="$$OWNER" claim --role="$$ROLE"; \
	[ -z "$$TASK_ID" ] || id=1; \
	plan=$$("$$LANEWAY" --json "$$@" --dry-run $${id:+-- "$$TASK_ID"} 2>/dev/null) || { \
		code=$$?; "$$LANEWAY" "$$@" --dry-run $${id:+-- "$$TASK_ID"}; exit "$$code"; \
	}; \
	if ! printf '%s' "$$plan" | grep -qF -e "\"branch\":\"$$BRANCH\""; then \
		printf 'error: not claimed: the branch would not be `%s` but %s\n' "$$BRANCH" \
			"$$(printf '%s' "$$plan" | sed 's/.*"branch":\("[^"]*"\).*/\1/')" >&2; \
		exit 4; \
	fi; \
	exec "$$LANEWAY" "$$@" $${id:+-- "$$TASK_ID"}

queue-set-status: $(TOOL)
	$(call need,TASK_ID STATUS OWNER)
	@set -- --as="$$OWNER" set-status; \
	[ -z "$$REASON" ] || set -- "$$@" --reason="$$REASON"; \
	[ -z "$$BY" ] || set -- "$$@" --by="$$BY"; \
	[ -z "$$NEXT" ] || set -- "$$@" --next="$$NEXT"; \
	exec "$$LANEWAY" "$$@" -- "$$TASK_ID" "$$STATUS"

queue-validate: $(TOOL)
	@"$$LANEWAY" validate

# Lanes with their worktrees, branches and claims, what is wrong with them, then the files.
queue-git-check: $(TOOL)
	@"$$LANEWAY" lane list
	@"$$LANEWAY" doctor
	@"$$LANEWAY" validate
