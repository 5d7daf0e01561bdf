# Greffier. Two commands do everything on a fresh Debian machine that has only
# git, make, apt and Go: `make run` and `make test`.

SHELL := /bin/bash
GO    ?= go

# Tools built for the tests stay outside the checkout, by version.
VERSITYGW := v1.8.0
TOOLS     := $(or $(GREFFIER_TOOLS),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/greffier/bin)

BUILD_PACKAGES := gcc libc6-dev pkg-config libgl1-mesa-dev libxcursor-dev libxrandr-dev libxinerama-dev libxi-dev libxxf86vm-dev
TEST_PACKAGES  := dovecot-imapd poppler-utils qpdf xvfb xauth xdotool x11-apps imagemagick libgl1-mesa-dri

# One set of flags for all that uses cgo: another one would build the window's
# libraries anew.
GOTEST := GREFFIER_TOOLS="$(TOOLS)" LANG=C.UTF-8 $(GO) test -shuffle=on

.PHONY: run build test check bench fuzz deps test-deps clean

run: build
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ]; then exec ./bin/greffier demo --window; else exec ./bin/greffier demo; fi

build: deps
	$(GO) build -o bin/greffier .

test: deps test-deps check
	$(GOTEST) -timeout 20m ./...

check:
	@bad=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$bad" ]; then echo "not formatted by gofmt:"; echo "$$bad"; exit 1; fi
	$(GO) vet ./...

bench: deps test-deps
	$(GOTEST) -run '^$$' -bench . -benchmem ./app/... ./data/... ./reports/... ./ui/...

# A minute for each fuzz target.
fuzz:
	@set -e; for d in $$($(GO) list ./app/... ./data/... ./reports/...); do \
	  for f in $$($(GO) test -list '^Fuzz' $$d | grep ^Fuzz || true); do echo "$$d $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime 60s $$d; done; done

# Install what is missing of Debian's packages; nothing is touched when all are
# there, and another system only has to have them.
define install
	@missing=; for p in $(1); do dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$p"; done; \
	if [ -n "$$missing" ]; then \
	  if ! command -v apt-get >/dev/null; then echo "Please install what these Debian packages bring:$$missing" >&2; exit 1; fi; \
	  sudo=; if [ "$$(id -u)" != 0 ]; then sudo=sudo; fi; \
	  echo "installing:$$missing"; \
	  $$sudo apt-get update -qq && $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	fi
endef

deps:
	$(call install,$(BUILD_PACKAGES))

test-deps: $(TOOLS)/versitygw-$(VERSITYGW)
	$(call install,$(TEST_PACKAGES))

$(TOOLS)/versitygw-$(VERSITYGW):
	mkdir -p "$(TOOLS)"
	CGO_ENABLED=0 GOBIN="$(TOOLS)" $(GO) install -ldflags "-s -w" github.com/versity/versitygw/cmd/versitygw@$(VERSITYGW)
	touch "$@"

clean:
	rm -rf bin
