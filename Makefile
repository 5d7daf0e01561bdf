# Greffier. Two commands do everything on a fresh Debian machine that has only
# git, make, apt and Go: `make run` and `make test`.

SHELL := /bin/bash
GO    ?= go

# Tools built for the tests stay outside the checkout, by version.
VERSITYGW := v1.8.0
STATICCHECK := v0.8.2
GOVULNCHECK := v1.9.0
TOOLS     := $(or $(GREFFIER_TOOLS),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/greffier/bin)

BUILD_PACKAGES := gcc libc6-dev pkg-config libgl1-mesa-dev libxcursor-dev libxrandr-dev libxinerama-dev libxi-dev libxxf86vm-dev
TEST_PACKAGES  := dovecot-imapd openssh-server openssl minisign rclone poppler-utils qpdf 7zip xvfb xauth xdotool x11-apps imagemagick libgl1-mesa-dri \
                  $(if $(shell command -v java),,default-jre-headless) libpdfbox2-java libfontbox2-java libcommons-logging-java libactivation-java libjaxb-api-java
BENCH_PACKAGES := isync
WINDOWS_PACKAGES := gcc-mingw-w64-x86-64
# Measured beside where it can be had.
BENCH_EXTRAS   := libreoffice-calc

# A machine may have its own Node.js.
SHOP_PACKAGES  := $(if $(shell command -v npm),,nodejs npm) python3 g++

# One set of flags for all that uses cgo: another one would build the window's
# libraries anew. The tests are vetted by check, once.
GOTEST := GREFFIER_TOOLS="$(TOOLS)" LANG=C.UTF-8 $(GO) test -shuffle=on -vet=off

# Without what a debugger needs; the flags of cgo stay the same.
RELEASE := -ldflags "-s -w"

# The longest begin first, so that none is left to one core at the end; what waits
# for servers leaves room for a third beside two.
FIRST := . ./ui ./data/mail ./data/storage

.PHONY: run build test check lint vuln race bench fuzz package install uninstall package-windows deps test-deps test-packages bench-packages test-shops gateway clean

run: build
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ]; then exec ./bin/greffier demo --window; else exec ./bin/greffier demo; fi

build: deps
	$(GO) build -o bin/greffier .

# The window's libraries build on one core, so that the test server can be
# built beside them.
test: deps test-packages
	@$(MAKE) --no-print-directory -j2 check gateway
	$(GOTEST) -p 3 -timeout 20m $(FIRST) ./...

check:
	@bad=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$bad" ]; then echo "not formatted by gofmt:"; echo "$$bad"; exit 1; fi
	$(GO) vet ./...

# Apart from make test, whose time it would take: minutes on a cold cache.
lint: deps $(TOOLS)/staticcheck-$(STATICCHECK)
	$(TOOLS)/staticcheck-$(STATICCHECK) ./...

# Known faults of the libraries, from a database on the network: without one
# there is nothing to tell, and that is said.
vuln: deps $(TOOLS)/govulncheck-$(GOVULNCHECK)
	@$(TOOLS)/govulncheck-$(GOVULNCHECK) ./... || { rc=$$?; [ $$rc = 3 ] && exit 3; echo "govulncheck could not tell (is the network there?): status $$rc" >&2; }

# The race detector over what works with several goroutines. It builds all cgo
# anew: minutes.
RACED := ./app ./app/evidence ./app/erasure ./data/store ./data/mail ./data/shop ./data/stamp ./data/vault ./data/site ./ui
race: deps test-packages
	@set -e; for d in $(RACED); do $(GOTEST) -race -short -timeout 30m $$d; done

bench: deps test-deps bench-packages
	$(GOTEST) -run '^$$' -bench . -benchmem -timeout 60m ./...

# A minute for each fuzz target.
fuzz:
	@set -e; for d in $$($(GO) list ./app/... ./data/... ./reports/...); do \
	  for f in $$($(GO) test -list '^Fuzz' $$d | grep ^Fuzz || true); do echo "$$d $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime 60s $$d; done; done
	@# Without cgo and its window, which a fuzzed build would make anew.
	@set -e; for f in FuzzSettings; do echo ". $$f"; CGO_ENABLED=0 $(GO) test -tags ci -run '^$$' -fuzz "^$$f$$" -fuzztime 60s .; done

# A tarball and a Debian package for Linux, in dist/.
package: dist/build/greffier
	$(GO) run ./packaging --binary $< --out dist
	@if command -v lintian >/dev/null; then lintian --fail-on error dist/*.deb; fi
	@if command -v desktop-file-validate >/dev/null; then desktop-file-validate dist/tree/share/applications/*.desktop; fi
	@if command -v appstreamcli >/dev/null; then appstreamcli validate --no-net dist/tree/share/metainfo/*.xml; fi

.PHONY: dist/build/greffier
dist/build/greffier: deps
	$(GO) build $(RELEASE) -o $@ .

# What make package made; PREFIX is /usr/local unless said otherwise.
install uninstall:
	@test -x dist/tree/bin/greffier || { echo "make package comes first" >&2; exit 1; }
	@$(MAKE) --no-print-directory -f packaging/install.mk FROM=dist/tree $@

# Windows from here, with mingw: a program for the desktop, and one for a
# terminal, which a program for the desktop cannot talk to. cgo is built anew
# for it: minutes.
MINGW := x86_64-w64-mingw32
FOR_WINDOWS := GOOS=windows GOARCH=amd64 CGO_ENABLED=1 CC=$(MINGW)-gcc
package-windows: deps
	$(call install,$(WINDOWS_PACKAGES))
	mkdir -p dist/windows
	$(GO) run ./packaging --icon dist/windows/greffier.ico
	printf '1 ICON "dist/windows/greffier.ico"\n' | $(MINGW)-windres --input-format=rc -O coff -o icon_windows_amd64.syso
	$(FOR_WINDOWS) $(GO) build -ldflags "-s -w -H windowsgui" -o dist/windows/greffier.exe . && \
	  $(FOR_WINDOWS) $(GO) build $(RELEASE) -o dist/windows/greffier-terminal.exe .; rc=$$?; rm -f icon_windows_amd64.syso; exit $$rc
	cp LICENSE README.md dist/windows/

# A real shop, Vendure from npm, beside the tests that need none: minutes, and
# half a gigabyte in the cache folder.
test-shops: deps
	$(call install,$(SHOP_PACKAGES))
	GO="$(GO)" data/shop/vendurelane/run.sh

# Install what is missing of Debian's packages; nothing is touched when all are
# there, and another system only has to have them. Servers that the tests start
# for themselves, on free ports, are not left running or enabled by this.
define install
	@missing=; for p in $(1); do dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$p"; done; \
	if [ -n "$$missing" ]; then \
	  if ! command -v apt-get >/dev/null; then echo "Please install what these Debian packages bring:$$missing" >&2; exit 1; fi; \
	  sudo=; if [ "$$(id -u)" != 0 ]; then sudo=sudo; fi; \
	  echo "installing:$$missing"; \
	  held=; if [ ! -e /usr/sbin/policy-rc.d ]; then held=1; printf '#!/bin/sh\nexit 101\n' | $$sudo tee /usr/sbin/policy-rc.d >/dev/null; $$sudo chmod 755 /usr/sbin/policy-rc.d; fi; \
	  done=0; $$sudo apt-get update -qq && $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null || done=1; \
	  if [ -n "$$held" ]; then $$sudo rm -f /usr/sbin/policy-rc.d; fi; \
	  if command -v systemctl >/dev/null; then case "$$missing" in *openssh-server*) $$sudo systemctl disable --quiet ssh 2>/dev/null || true;; esac; \
	    case "$$missing" in *dovecot-imapd*) $$sudo systemctl disable --quiet dovecot 2>/dev/null || true;; esac; fi; \
	  exit $$done; \
	fi
endef

deps:
	$(call install,$(BUILD_PACKAGES))

test-deps: test-packages gateway

test-packages:
	$(call install,$(TEST_PACKAGES))

bench-packages:
	$(call install,$(BENCH_PACKAGES))
	-$(call install,$(BENCH_EXTRAS))

gateway: $(TOOLS)/versitygw-$(VERSITYGW)

$(TOOLS)/versitygw-$(VERSITYGW):
	mkdir -p "$(TOOLS)"
	GOBIN="$(TOOLS)" $(GO) install -ldflags "-s -w" github.com/versity/versitygw/cmd/versitygw@$(VERSITYGW)
	touch "$@"

$(TOOLS)/staticcheck-$(STATICCHECK):
	mkdir -p "$(TOOLS)"
	GOBIN="$(TOOLS)" $(GO) install honnef.co/go/tools/cmd/staticcheck@$(STATICCHECK)
	mv "$(TOOLS)/staticcheck" "$@"

$(TOOLS)/govulncheck-$(GOVULNCHECK):
	mkdir -p "$(TOOLS)"
	GOBIN="$(TOOLS)" $(GO) install golang.org/x/vuln/cmd/govulncheck@$(GOVULNCHECK)
	mv "$(TOOLS)/govulncheck" "$@"

clean:
	rm -rf bin dist artifacts
