# Install or remove what lies beside this file: make install, with PREFIX
# (/usr/local unless said otherwise) and DESTDIR.
PREFIX  ?= /usr/local
DESTDIR ?=
FROM    ?= .

.PHONY: install uninstall
install:
	@cd "$(FROM)" && find bin share -type f | LC_ALL=C sort | while read -r f; do \
	  mode=644; [ "$${f#bin/}" = "$$f" ] || mode=755; \
	  install -D -m $$mode "$$f" "$(DESTDIR)$(PREFIX)/$$f" || exit 1; done
	@echo "installed in $(DESTDIR)$(PREFIX)"

uninstall:
	@cd "$(FROM)" && find bin share -type f | while read -r f; do rm -f "$(DESTDIR)$(PREFIX)/$$f"; done
	@rmdir "$(DESTDIR)$(PREFIX)/share/doc/greffier" 2>/dev/null || true
	@echo "removed from $(DESTDIR)$(PREFIX); profiles stay where they are"
