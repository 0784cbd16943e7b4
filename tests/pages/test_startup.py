"""The first paint does not wait for torch: what a page imports at its top is light."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pages.common import ask, checkpoints, examples
from pages.parts.tokens import passage
from tests.pages.running import run

ROOT = Path(__file__).resolve().parents[2]

CHECK = """
import sys
from pages.common import ask, boards, checkpoints, entry, examples, figures, heavy, idea, look, startup
from viz.linked import mount
heavy = {"torch", "transformers"} & set(sys.modules)
sys.exit(f"imported: {heavy}" if heavy else 0)
"""


def test_what_pages_import_loads_no_torch() -> None:
    done = subprocess.run([sys.executable, "-c", CHECK], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_two_threads_that_need_torch_at_once_get_it() -> None:
    """Twelve at the same time, half of them from another room of transformers."""
    code = (
        "import sys, threading\n"
        "import numpy\n"
        "from pages.common import heavy\n"
        "def one(i):\n"
        "    heavy.wait_for_imports()\n"
        "    from transformers import CONFIG_MAPPING, TrainingArguments\n"
        "    done.append(i)\n"
        "done = []\n"
        "threads = [threading.Thread(target=one, args=[i]) for i in range(12)]\n"
        "[thread.start() for thread in threads]; [thread.join() for thread in threads]\n"
        "sys.exit(0 if len(done) == 12 else 1)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def test_heavy_imports_are_frozen_out_of_the_garbage_collection() -> None:
    """After the warm-up a collection has little to walk through."""
    code = (
        "import gc\nfrom pages.common import startup\nstartup.warm_up().join()\n"
        "assert gc.get_freeze_count() > 100_000, gc.get_freeze_count()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", ["explore.py", "translate.py", "masks.py"])
def test_who_reads_korean_begins_with_a_korean_example(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ask, "AT_HOME", {"ko": "pronouns-ko"})
    app = run(page, "ko")
    assert not app.exception
    assert app.text_input(key="text").value == examples.of(str(checkpoints.FOLDER / "pronouns-ko"))[0].text
    assert app.query_params["checkpoint"] == "pronouns-ko"  # so that the link shows everybody the same
    english = examples.WIDE if page == "explore.py" else examples.EXAMPLES[0].text
    assert run(page, "en").text_input(key="text").value == english


def test_who_reads_korean_sees_korean_cut_into_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ask, "AT_HOME", {"ko": "pronouns-ko"})
    app = run("tokens.py", "ko")
    assert app.text_input(key="passage").value == passage.KOREAN
    assert app.query_params["passage"] == passage.KOREAN
    assert "학생 + 들 + 에게 + 는" in app.container("answer").markdown[0].value.replace("\\", "")
    assert run("tokens.py", "en").text_input(key="passage").value == passage.DEFAULT
    assert run("tokens.py", "ko", part="merges").text_input(key="passage").value == passage.DEFAULT


@pytest.mark.parametrize("link", [{"checkpoint": "pronouns"}, {"text": "It is late."}, {"held": "3"}])
def test_a_link_that_asks_for_something_is_left_alone(
    link: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ask, "AT_HOME", {"ko": "pronouns-ko"})
    app = run("explore.py", "ko", **link)
    assert app.selectbox(key="checkpoint").value == link.get("checkpoint", checkpoints.DEFAULT)
