# Everything a person or CI runs. Each target sets up what it needs into .venv and starts in seconds the next time.
.PHONY: run test check acceptance package package-check screenshots runtime gpu-check

run:
	@packaging/setup.sh run
	@.venv/bin/inhouse

test:
	@packaging/setup.sh test
	@.venv/bin/python -m pytest -n 2 --dist loadfile

check:
	@packaging/setup.sh test
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/mypy packaging/*.py
	.venv/bin/lint-imports

acceptance:
	@packaging/setup.sh test
	@.venv/bin/python -m pytest -m slow -s tests/acceptance

# BACKEND=cuda, vulkan, metal or cpu; PORTABLE=1 for other processors and cards than this computer's
runtime:
	@packaging/setup.sh run
	@.venv/bin/python packaging/runtime.py $(if $(BACKEND),$(BACKEND),cpu) $(if $(PORTABLE),--portable)

gpu-check:
	@packaging/setup.sh test
	@.venv/bin/python packaging/gpu_check.py $(if $(MODEL),--model $(MODEL))

screenshots:
	@packaging/setup.sh test
	.venv/bin/python packaging/screenshots_real.py docs/screenshots
	.venv/bin/python packaging/screenshots.py docs/screenshots

# .build/app/Inhouse, a .deb and a .tar.zst
package:
	@packaging/setup.sh package
	@PATH="$(CURDIR)/.venv/bin:$$PATH" .venv/bin/python packaging/build.py

# builds the folder and uses it as a person does, training from a folder of wheels included (WHEELS=… : one that is there)
package-check:
	@packaging/setup.sh package
	@PATH="$(CURDIR)/.venv/bin:$$PATH" .venv/bin/python packaging/build.py --only-folder
	@.venv/bin/python packaging/wheelhouse.py $(or $(WHEELS),.build/wheels)
	@.venv/bin/python packaging/package_check.py --wheels $(or $(WHEELS),.build/wheels)
