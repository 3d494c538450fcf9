# Secretary. `make help` lists what there is.

PREFIX ?= /usr/local
DESTDIR ?=
# Where mount(8) looks for helpers; nowhere else.
SBINDIR ?= /sbin
JOBS ?= $(shell nproc)
# How long `make fuzz` takes for each parser.
SECONDS_EACH ?= 600

# One set of flags for every debug build, so that no target rebuilds what another has built.
DEBUG_FLAGS := -j $(JOBS) --explicit-target-dependency-import-check error

# Release: the Swift runtime and the C libraries are linked statically (libc is not: a static libc cannot load NSS or
# shared libraries). Packed relative relocations keep a position-independent program quick to start.
STATIC := .build/static
RELEASE_FLAGS := -c release --disable-local-rpath -j $(JOBS) --static-swift-stdlib --pkg-config-path $(STATIC) \
    -Xswiftc -use-ld=lld -Xswiftc -Xclang-linker -Xswiftc -static-libgcc \
    -Xlinker -s -Xlinker -z -Xlinker pack-relative-relocs
RELEASE := .build/release
PAGES := .build/pages
DIST := .build/dist

.PHONY: help demo test build bench format lint fuzz install dist deb clean pages

help:
	@echo "make demo     show Secretary at work: secrets of a config repo as files and as variables"
	@echo "make test     run every test (installs what they need when run as root)"
	@echo "make build    build the release programs: $(RELEASE)/secretaryctl, secretaryd, secretary-docker-plugin"
	@echo "make bench    measure, and print ratios"
	@echo "make fuzz     feed the parsers made-up input for SECONDS_EACH=$(SECONDS_EACH)"
	@echo "make format   format the sources;  make lint: check them"
	@echo "make install  PREFIX=$(PREFIX) DESTDIR=$(DESTDIR): programs, man pages, completions, units"
	@echo "make dist     $(DIST)/secretary-VERSION-linux-ARCH.tar.gz: runs in any image, whatever is in it"
	@echo "make deb      $(DIST)/secretary_VERSION_ARCH.deb"
	@echo "make clean    delete everything that was built"

demo: build
	@scripts/setup demo
	@PATH="$(CURDIR)/$(RELEASE):$$PATH" scripts/demo

test:
	@scripts/setup test
	@scripts/test $(DEBUG_FLAGS)

build:
	@scripts/setup build
	@scripts/static-libraries $(STATIC)
	swift build $(RELEASE_FLAGS) --product secretaryctl
	swift build $(RELEASE_FLAGS) --product secretaryd
	swift build $(RELEASE_FLAGS) --product secretary-docker-plugin

bench: build
	@scripts/setup bench
	@scripts/bench $(RELEASE)
	@scripts/bench-daemon $(RELEASE)

fuzz:
	@scripts/setup build
	@scripts/fuzz $(SECONDS_EACH)

format:
	swift format format --in-place --parallel --recursive Package.swift Sources Tests docker-plugin

lint:
	swift format lint --strict --parallel --recursive Package.swift Sources Tests docker-plugin
	@if command -v shellcheck >/dev/null; then shellcheck .ci/run docker-plugin/build $$(find scripts -type f); \
	else echo "lint: shellcheck is not installed, the shell scripts were not checked"; fi

# Manual pages and completions come from the definitions of the commands, so they cannot disagree with the program.
# SwiftPM adds -tool to the generator's name when it builds it for a plugin first.
pages: build
	swift build -j $(JOBS) --product generate-manual
	@rm -rf --one-file-system $(PAGES)
	@for program in secretaryctl secretaryd secretary-docker-plugin; do \
	    scripts/pages $(RELEASE)/$$program "$$(ls -t .build/debug/generate-manual .build/debug/generate-manual-tool \
	        2>/dev/null | head -n 1)" $(PAGES) || exit 1; done

install: pages
	install -d "$(DESTDIR)$(PREFIX)/bin" "$(DESTDIR)$(PREFIX)/share/man/man1" "$(DESTDIR)$(PREFIX)/share/man/man8" \
	    "$(DESTDIR)$(PREFIX)/share/bash-completion/completions" \
	    "$(DESTDIR)$(PREFIX)/share/zsh/site-functions" "$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d" \
	    "$(DESTDIR)$(PREFIX)/lib/systemd/system" "$(DESTDIR)$(SBINDIR)"
	install -m 0755 $(RELEASE)/secretaryctl $(RELEASE)/secretaryd $(RELEASE)/secretary-docker-plugin \
	    "$(DESTDIR)$(PREFIX)/bin/"
	for unit in packaging/systemd/*; do \
	    sed 's#/usr/bin/#$(PREFIX)/bin/#' "$$unit" \
	        >"$(DESTDIR)$(PREFIX)/lib/systemd/system/$${unit##*/}" || exit 1; done
	for helper in mount.fuse.secretary mount.secretary; do \
	    ln -sf "$(PREFIX)/bin/secretaryctl" "$(DESTDIR)$(SBINDIR)/$$helper" || exit 1; done
	install -m 0644 $(PAGES)/man1/*.1 "$(DESTDIR)$(PREFIX)/share/man/man1/"
	install -m 0644 packaging/man/*.8 "$(DESTDIR)$(PREFIX)/share/man/man8/"
	for program in secretaryctl secretaryd secretary-docker-plugin; do \
	    install -m 0644 $(PAGES)/$$program.bash \
	        "$(DESTDIR)$(PREFIX)/share/bash-completion/completions/$$program" && \
	    install -m 0644 $(PAGES)/_$$program "$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_$$program" && \
	    install -m 0644 $(PAGES)/$$program.fish \
	        "$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/$$program.fish" || exit 1; done

dist: build
	@scripts/dist $(RELEASE) $(DIST)

deb:
	@scripts/setup deb
	rm -rf --one-file-system $(DIST)/package
	$(MAKE) install PREFIX=/usr SBINDIR=/usr/sbin DESTDIR="$(CURDIR)/$(DIST)/package"
	@scripts/deb $(DIST)/package $(DIST)

clean:
	rm -rf --one-file-system .build .build-venv .build-fuzz
