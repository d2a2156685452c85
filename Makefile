# Everything a person or CI runs. Each target sets up what it needs into .venv and starts in seconds the next time.
.PHONY: run test check acceptance package screenshots

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

screenshots:
	@packaging/setup.sh test
	.venv/bin/python packaging/screenshots_real.py docs/screenshots
	.venv/bin/python packaging/screenshots.py docs/screenshots

package:
	@echo "There is no installer yet: an app to hand out needs llama.cpp built for every processor and" \
	"the libraries frozen into one folder. Until then 'make run' starts Inhouse from this folder."
	@exit 1
