"""The Android kit's binding, run on this machine's JVM: golden sentences, cases of the contract, threads, refusals.

EDGENER_BUNDLE names another bundle, whose golden sentences are answered.
"""

import copy
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edgener.bundle.layout import LABELS, SEAL
from edgener.runtime import Ner
from tests.conformance.answers import SCORE_TOLERANCE, folded, repeated
from tests.conformance.test_conformance import CASES
from tests.helpers import case_bundle, jvm, native, onnx_bundle, wrong
from tests.helpers.process import ROOT

TEXTS = (
    "Ibrahim Musa ya je Kano .",
    "",
    "\U0001f600 Zo\u00eb ya je Be\u0301ni \U0001f600",
    "\ud83d Ada\udc00 \udc00\ud83d Lagos \ud83d",
    "Ada\0 Kano\0",
    "\u0639\u062f\u0646 Ouagadougou " * 40,
)
Host = Callable[..., list[str]]


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """(classes of the stubs, classes of the kit with its tests and the program of these tests)."""
    folder = tmp_path_factory.mktemp("classes")
    stubs = jvm.stubs(folder / "stubs")
    sources = sorted((jvm.KIT / "edgener/src").rglob("*.java"))
    assert len(sources) >= 8
    return stubs, jvm.classes(folder / "kit", [*sources, jvm.PROGRAMS / "Host.java"], stubs)


@pytest.fixture(scope="module")
def java(compiled: tuple[Path, Path]) -> Callable[..., str]:
    """Runs a main class with the library, under the JVM's own checks of JNI."""
    library = jvm.library()

    def run(main: str, *arguments: object, stdin: str = "", path: tuple[Path, ...] = ()) -> str:
        found = ":".join(map(str, [compiled[1], *path]))
        command = ["java", "-Xcheck:jni", f"-Djava.library.path={library}", "-cp", found, f"org.edgener.{main}"]
        done = subprocess.run(
            [*command, *map(str, arguments)],
            env={**os.environ, "EDGENER_ONNXRUNTIME": str(native.library()), "LC_ALL": "C.UTF-8"},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert "WARNING" not in done.stdout
        assert "FATAL" not in done.stdout
        return done.stdout

    return run


@pytest.fixture(scope="module")
def host(java: Callable[..., str]) -> Host:
    return lambda *arguments, stdin="": java("Host", *arguments, stdin=stdin).splitlines()


def units(text: str) -> str:
    return text.encode("utf-16-be", "surrogatepass").hex()


def entities(line: str) -> list[dict[str, Any]]:
    found = [one.split(" ") for one in line.split(";") if one]
    return [
        {
            "type": bytes.fromhex(kind).decode("utf-16-be"),
            "text": bytes.fromhex(text).decode("utf-16-be", "surrogatepass"),
            "start_utf16": int(start),
            "end_utf16": int(end),
            "score": float(score),
        }
        for kind, text, start, end, score in found
    ]


def alike(given: list[dict[str, Any]], expected: list[dict[str, Any]]) -> bool:
    return len(given) == len(expected) and all(
        abs(one["score"] - other["score"]) <= SCORE_TOLERANCE
        and all(one[key] == other[key] for key in ("type", "text", "start_utf16", "end_utf16"))
        for one, other in zip(given, expected, strict=True)
    )


def test_golden_sentences(host: Host, stated: Path, tmp_path: Path) -> None:
    (line,) = host("check", stated)
    assert re.fullmatch(r"as stated; \[.*\] 0\.1\.0", line)
    (line,) = host("check", wrong.golden(stated, tmp_path))
    assert re.fullmatch(r"refused DIFFERS golden sentence \d+: tags differ from what the bundle states", line)


def test_answers_are_those_of_python_from_eight_threads(host: Host, sound: Path) -> None:
    texts = [*onnx_bundle.SENTENCES, *TEXTS] * 20
    given = host("tag", sound, 8, 0, 0, stdin="".join(f"{units(text)}\n" for text in texts))
    expected = [[one.as_dict() for one in found] for found in map(Ner.load(sound), texts)]
    assert len(given) == len(texts)
    assert sum(map(len, expected)) > 100
    wrong = [text for text, line, one in zip(texts, given, expected, strict=True) if not alike(entities(line), one)]
    assert wrong == []


def otherwise(host: Host, cases: list[dict[str, Any]], folder: Path) -> list[str]:
    """The names of the cases that are answered otherwise."""
    lines = []
    for number, case in enumerate(cases):
        bundle = case_bundle.build(folder / str(number), case)
        text = repeated(case, case.get("repeat", 1))["text"]
        lines.append(f"{bundle} {case['min_score']} {case['recall_bias']} {units(text)}\n")
    (folder / "cases").write_text("".join(lines))
    given = host("cases", folder / "cases")
    assert len(given) == len(cases)
    found = []
    for case, one in zip(cases, map(entities, given), strict=True):
        answer = folded({"entities": one}, case)["entities"] if "repeat" in case else one
        if answer is None or not alike(answer, case["expect"]["entities"]):
            found.append(case["name"])
    return found


def test_cases_of_the_contract(host: Host, tmp_path: Path) -> None:
    cases = [case for case in CASES if case["op"] == "entities" and case_bundle.fits(case)]
    assert len(cases) >= 40
    assert otherwise(host, cases, tmp_path) == []


def test_a_wrong_expectation_is_noticed(host: Host, tmp_path: Path) -> None:
    fit = (case for case in CASES if case["op"] == "entities" and case_bundle.fits(case))
    case = copy.deepcopy(next(case for case in fit if case["expect"]["entities"]))
    case["expect"]["entities"][0]["end_utf16"] += 1
    assert otherwise(host, [case], tmp_path) == [case["name"]]


def test_closing_while_others_tag(host: Host, sound: Path) -> None:
    assert host("closing", sound) == ["true 180"]


def test_a_damaged_bundle_is_one_line_with_a_code(host: Host, bundle: Path) -> None:
    (bundle / LABELS).write_text("[]")
    line = host("tag", bundle, 1, 0, 0)
    assert len(line) == 1
    assert line[0].startswith(f"refused DAMAGED {bundle / LABELS}: ")


def test_what_is_refused(host: Host, sound: Path, tmp_path: Path) -> None:
    assert host("check", tmp_path / "no\u0308where \U0001f600")[0].startswith("refused UNREADABLE")
    assert host("tag", sound, 1, 2, 0) == ["refused BAD_ARGUMENT options.min_score is not in 0..1"]
    assert host("zero") == ["refused BAD_ARGUMENT the path of a bundle holds a zero character"]


def test_the_copy_of_the_assets(host: Host, bundle: Path, tmp_path: Path) -> None:
    root = tmp_path / "files/edgener/bundle"
    digest = (bundle / SEAL).read_text()[:64]
    assert host("assets", bundle, root) == ["as stated; 2"]
    assert {path.name for path in root.iterdir()} == {digest, "lock"}
    times = {path: path.stat().st_mtime_ns for path in (root / digest).iterdir()}
    # Once for each content; what others left goes.
    (root / "copying").mkdir()
    (root / "copying" / "half").touch()
    (root / ("0" * 64)).mkdir()
    assert host("assets", bundle, root) == ["as stated; 2"]
    assert {path.name for path in root.iterdir()} == {digest, "lock"}
    assert {path: path.stat().st_mtime_ns for path in (root / digest).iterdir()} == times
    # A copy that went bad, or lost a file, is made again.
    (root / digest / LABELS).write_text("[]")
    assert host("assets", bundle, root) == ["as stated; 2"]
    (root / digest / SEAL).unlink()
    assert host("assets", bundle, root) == ["as stated; 2"]
    # Another content takes its place.
    onnx_bundle.reseal(bundle, lambda document: document.update(name="other"))
    assert host("assets", bundle, root) == ["as stated; 2"]
    assert {path.name for path in root.iterdir()} == {(bundle / SEAL).read_text()[:64], "lock"}


def archive(bundle: Path, out: Path, start: int = 4) -> Path:
    """A file that holds the bundle's files one behind the other, as an app's archive does, each at a multiple of 4."""
    data, lines = b"\0" * start, []
    for path in sorted(bundle.iterdir()):
        lines.append(f"{path.name} {len(data)} {path.stat().st_size}\n")
        data += path.read_bytes()
        data += b"\0" * (-len(data) % 4)
    out.write_bytes(data)
    Path(f"{out}.list").write_text("".join(lines))
    return out


def test_a_bundle_in_the_runtime_s_format_is_read_where_it_lies(host: Host, bundle: Path, tmp_path: Path) -> None:
    ort = onnx_bundle.in_ort_format(bundle, tmp_path / "ort")
    root = tmp_path / "files/edgener/bundle"
    assert host("assets", archive(bundle, tmp_path / "onnx.apk"), root) == ["as stated; 2"]
    assert len(list(root.iterdir())) == 2, "another format is copied"
    assert host("assets", archive(ort, tmp_path / "ort.apk"), root) == ["as stated; 2"]
    assert not root.exists(), "the copy is of no use any more"
    assert host("assets", ort, root) == ["as stated; 2"]
    assert len(list(root.iterdir())) == 2, "where it cannot be mapped it is copied"
    (ort / LABELS).write_text("[]")
    line = host("assets", archive(ort, tmp_path / "damaged.apk"), root)
    assert line[0].startswith(f"refused DAMAGED assets/bundle/{LABELS}: ")
    assert host("heap") == [
        "missing the name of a file",
        "missing model.ort",
        "refused BAD_ARGUMENT memory/model.ort: not a direct buffer; map the file, or use ByteBuffer.allocateDirect",
    ]


def test_assets_that_are_no_bundle(host: Host, bundle: Path, tmp_path: Path) -> None:
    (bundle / LABELS).write_text("[]")
    assert host("assets", bundle, tmp_path / "root")[0].startswith("refused DAMAGED")
    (bundle / SEAL).write_text("x")
    assert host("assets", bundle, tmp_path / "root") == [
        "refused DAMAGED manifest.sha256 in the app's assets is not that of a bundle"
    ]
    (tmp_path / "file").touch()
    line = host("assets", bundle, tmp_path / "file")
    assert line[0].startswith("refused UNREADABLE")
    assert "cannot be copied there" in line[0]


def test_the_library_shows_one_symbol_and_is_aligned(java: Callable[..., str]) -> None:
    library = jvm.BUILD / "jni/libedgener_jni.so"
    shown = subprocess.run(["nm", "-D", "--defined-only", library], capture_output=True, text=True, check=True).stdout
    assert [line.split()[-1] for line in shown.splitlines()] == ["JNI_OnLoad"]
    headers = subprocess.run(["readelf", "-lW", library], capture_output=True, text=True, check=True).stdout
    loads = [line.split() for line in headers.splitlines() if line.split()[:1] == ["LOAD"]]
    assert loads
    assert {load[-1] for load in loads} == {"0x4000"}


def test_kotlin(compiled: tuple[Path, Path], java: Callable[..., str], sound: Path, tmp_path: Path) -> None:
    """Its sources compile; suspend functions answer, and cancelling them does no harm. Debian's Kotlin will do."""
    libraries = [
        Path("/usr/share/java") / f"{name}.jar" for name in ("kotlin-stdlib", "kotlinx-coroutines-core", "atomicfu")
    ]
    if not shutil.which("kotlinc") or not all(jar.is_file() for jar in libraries):
        pytest.skip("needs kotlinc and coroutines: apt-get install kotlin libkotlinx-{coroutines,atomicfu}-java")
    sources = [*sorted(jvm.KIT.rglob("src/**/*.kt")), jvm.PROGRAMS / "Suspended.kt"]
    found = ":".join(map(str, [*libraries, *compiled]))
    command = ["kotlinc", "-jvm-target", "1.8", "-cp", found, "-d", tmp_path, *sources]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said = java("SuspendedKt", sound, path=(*compiled, tmp_path, *libraries))
    assert said.splitlines() == ["PER [0, 12) Ibrahim Musa; LOC [19, 23) Kano", "this Ner is closed", "UNREADABLE"]
