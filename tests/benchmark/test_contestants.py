"""Who may compete, and what the runner says when a contestant's process dies, hangs or talks nonsense."""

import json
import sys
from pathlib import Path

import pytest

from edgener.benchmark import contestants
from edgener.benchmark.contestants import Contestant, Running, enter, environment
from edgener.errors import UserError
from tests.helpers import onnx_bundle


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return onnx_bundle.build(tmp_path_factory.mktemp("bundles") / "hand-made")


def script(code: str) -> Contestant:
    """A contestant that reads one request and then runs this code."""
    return Contestant("odd", "bundle", Path("odd"), (sys.executable, "-c", f"import sys\ninput()\n{code}"), Path("odd"))


def failure(code: str, timeout: float = 30) -> str:
    with Running(script(code), 1, timeout) as running, pytest.raises(UserError) as caught:
        running.hello()
    assert "\n" not in str(caught.value)
    assert running.process.poll() is not None
    return str(caught.value)


def test_a_process_that_dies_is_quoted() -> None:
    assert failure("sys.exit('no such model\\n')") == (
        "odd: its process ended with exit code 1 at 'hello': no such model"
    )
    assert "was killed, perhaps for want of memory, at 'hello'" in failure("import os; os.kill(os.getpid(), 9)")


def test_a_process_that_answers_nonsense_is_quoted() -> None:
    assert "answered 'hello' with 'what?'" in failure("print('what?', flush=True); input()")
    assert "answered 'hello' with '[1]'" in failure("print('[1]', flush=True); input()")


def test_a_process_that_hangs_is_stopped() -> None:
    assert "gave no answer to 'hello' within 0 s" in failure("import time; time.sleep(60)", timeout=0.3)


def test_an_error_that_it_reports_is_passed_on() -> None:
    assert failure('print(\'{"error": "the model is too large"}\')') == "odd: the model is too large"


def test_what_libraries_print_does_not_get_into_the_answers(bundle: Path) -> None:
    """A contestant's stdout belongs to the protocol, even when C code writes on it."""
    code = (
        "import os\nfrom edgener.benchmark import protocol, worker\n"
        "class Noisy(worker.BundleEngine):\n"
        "    def load(self):\n"
        "        print('loading'); os.write(1, b'from C\\n'); return super().load()\n"
        f"protocol.serve(Noisy({str(bundle)!r}, 1))"
    )
    noisy = Contestant("noisy", "bundle", bundle, (sys.executable, "-c", code), bundle)
    with Running(noisy, 1) as running:
        hello = running.hello()
        assert hello["max_length"] == 14
        times = running.ask("latency", tokens=9, repeats=7, warmup=3)["ms"]
    assert len(times) == 7
    assert min(times) > 0


def test_threads_are_pinned_for_every_library() -> None:
    pinned = environment(3)
    assert {pinned[name] for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")} == {"3"}
    assert environment(0)["TOKENIZERS_PARALLELISM"] == "false"


def test_contestants_of_one_name_are_told_apart(bundle: Path, tmp_path: Path) -> None:
    found = enter([str(bundle), str(bundle)], [], [], 1, tmp_path)
    assert [one.name for one in found] == ["hand-made", "hand-made (2)"]


@pytest.mark.parametrize(
    ("arguments", "baselines", "message"),
    [
        ([], [], "nothing to benchmark"),
        (["nowhere"], [], "nowhere: no such folder"),
        ([], ["torch-fp64=m"], "--baseline torch-fp64=m: expected NAME=MODEL with NAME one of torch-fp32"),
        ([], ["torch-fp32"], "expected NAME=MODEL"),
        ([], ["torch-fp32=nowhere"], "nowhere is not a model folder"),
    ],
)
def test_who_cannot_compete(arguments: list[str], baselines: list[str], message: str, tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        enter(arguments, baselines, [], 1, tmp_path)
    assert message in str(caught.value)


def test_a_model_competes_as_torch_fp32(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    with pytest.raises(UserError, match=r"neither a bundle \(manifest\.json\) nor a model \(config\.json\)"):
        contestants.bundle(tmp_path / "model", 1)
    (tmp_path / "model" / "manifest.json").write_text(json.dumps({"kind": "model"}))
    (tmp_path / "model" / "config.json").write_text("{}")
    assert contestants.bundle(tmp_path / "model", 1).kind == "torch-fp32"
