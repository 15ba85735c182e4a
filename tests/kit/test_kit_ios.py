"""`edgener kit ios`: what it writes and refuses; where a Swift toolchain is, the package builds and its tests pass."""

import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import tarfile
from http.client import HTTPException
from pathlib import Path

import pytest

from edgener.errors import UserError
from edgener.kit import ios, third_party
from edgener.kit.third_party import FILES, Pin, Sources
from tests.helpers import native, onnx_bundle, wrong
from tests.helpers.commands import Capture, refused, run
from tests.helpers.process import ROOT

IOS, CORE = ROOT / "export/ios", ROOT / "export/core"


def archive(name: str) -> bytes:
    """A stand-in for a library's archive, with more in it than is taken."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as package:
        for file in (*FILES[name], "test/more.c", "../../outside"):
            content = f"stand-in for {file}".encode()
            entry = tarfile.TarInfo(f"{name}-1.0/{file}")
            entry.size = len(content)
            package.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


@pytest.fixture
def archives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of stand-ins, pinned as the real archives are."""
    folder = tmp_path / "archives"
    folder.mkdir()
    pinned = []
    for name in FILES:
        content = archive(name)
        (folder / f"{name}.download").write_bytes(content)
        pinned.append(Pin(name, f"https://example.org/{name}.tar.gz", hashlib.sha256(content).hexdigest()))
    monkeypatch.setattr(third_party, "pins", lambda: pinned)
    return folder


@pytest.fixture
def kit(sound: Path, archives: Path, tmp_path: Path, capfd: Capture) -> Path:
    assert run("kit", "ios", sound, "--out", tmp_path / "kit", "--third-party", archives) == 0
    first, last = capfd.readouterr().out.splitlines()
    assert re.fullmatch(r"iOS app extension: about \d+ MB of memory, fits 50 MB", first)
    assert last.startswith(f"{tmp_path / 'kit'}: ")
    return tmp_path / "kit"


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_everything_is_inside(kit: Path, sound: Path) -> None:
    own = {name for name in names(IOS) if not name.startswith(".")}
    core = {f"Sources/CEdgener/src/{name}" for name in names(CORE / "src")} | {"Sources/CEdgener/include/edgener.h"}
    bundle = {f"{ios.BUNDLE}/{path.name}" for path in sound.iterdir()}
    libraries = {"Sources/CYyjson/yyjson.c", "Sources/CYyjson/include/yyjson.h", "Sources/CYyjson/LICENSE"} | {
        f"Sources/CUtf8proc/{name}" for name in ("utf8proc.c", "utf8proc_data.c", "include/utf8proc.h", "LICENSE.md")
    }
    assert names(kit) == own | core | bundle | libraries | {"LICENSE"}
    assert (kit / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()
    assert (kit / "Sources/CYyjson/include/yyjson.h").read_text() == "stand-in for src/yyjson.h"
    for name in names(CORE / "src"):
        assert (kit / "Sources/CEdgener/src" / name).read_bytes() == (CORE / "src" / name).read_bytes()
    header = "include/edgener.h"
    assert (kit / "Sources/CEdgener" / header).read_bytes() == (CORE / header).read_bytes()
    assert run("verify", kit / ios.BUNDLE) == 0


def test_the_package_names_what_is_there(kit: Path) -> None:
    package = (kit / "Package.swift").read_text()
    targets = re.findall(r'\.(target|executableTarget|testTarget)\(\s*name: "([\w-]+)"', package)
    assert {name for _, name in targets} == {
        path.name for place in ("Sources", "Tests") for path in (kit / place).iterdir()
    }
    products = re.findall(r'\.(?:library|executable)\(name: "[\w-]+", targets: \["([\w-]+)"\]\)', package)
    assert {*products} < {name for _, name in targets}
    for target, listed in re.findall(r'name: "(C\w+)",\s*(?:dependencies: .*\s*)?exclude: \[([^\]]*)\]', package):
        for name in re.findall(r'"([^"]+)"', listed):
            assert (kit / "Sources" / target / name).is_file()
    for folder in re.findall(r'\.headerSearchPath\("([^"]+)"\)', package):
        assert (kit / "Sources/CEdgener" / folder).is_dir()
    assert (kit / "Sources/EdgenerBundle" / re.findall(r'\.copy\("([^"]+)"\)', package)[0]).is_dir()


def test_libraries_are_built_as_the_core_builds_them(kit: Path) -> None:
    cmake = (CORE / "cmake/ThirdParty.cmake").read_text()
    asked = re.findall(r"target_compile_definitions\(edgener_\w+ \w+ ([^)]+)\)", cmake)
    defined = re.findall(r'\.define\("(\w+)"', (kit / "Package.swift").read_text())
    assert {name for names in asked for name in names.split()} == {*defined} - {"EDGENER_LINKED_ONNXRUNTIME"}


def test_every_status_of_the_core_has_a_code(kit: Path) -> None:
    stated = re.findall(r"^  EDGENER_(\w+) = (\d+)", (kit / "Sources/CEdgener/include/edgener.h").read_text(), re.M)
    swift = (kit / "Sources/Edgener/NerError.swift").read_text()
    cases = re.findall(r"\w+", " ".join(re.findall(r"^    case (?!closed)(.*)$", swift, re.M)).replace("= 1", ""))
    as_swift = [re.sub(r"_(\w)", lambda match: match[1].upper(), name.lower()) for name, _ in stated]
    assert [int(number) for _, number in stated] == list(range(len(stated)))
    # "internal" is a keyword there.
    assert cases == ["unforeseen" if name == "internal" else name for name in as_swift if name != "ok"]


def test_nothing_is_overwritten(kit: Path, sound: Path, archives: Path, tmp_path: Path, capfd: Capture) -> None:
    before = {name: (kit / name).read_bytes() for name in names(kit)}
    line = refused(capfd, 2, "kit", "ios", sound, "--out", kit, "--third-party", archives)
    assert "already exists and is not empty" in line
    assert before == {name: (kit / name).read_bytes() for name in names(kit)}
    (tmp_path / "file").touch()
    assert "is no folder" in refused(capfd, 2, "kit", "ios", sound, "--out", tmp_path / "file")


def test_bundles_that_are_refused_leave_nothing(bundle: Path, archives: Path, tmp_path: Path, capfd: Capture) -> None:
    given = ("kit", "ios", bundle, "--out", tmp_path / "out", "--third-party", archives)
    line = refused(capfd, 2, *given[:3], "--out", bundle / "ios", "--third-party", archives)
    assert "lies inside of bundle, which edgener made" in line
    state = json.loads((bundle / "tokenizer.json").read_text())
    onnx_bundle.replace(bundle, "tokenizer.json", json.dumps(state | {"normalizer": {"type": "Nmt"}}))
    assert "which the C++ core cannot read" in refused(capfd, 2, *given)
    (bundle / "labels.json").write_text("[]")
    assert "the manifest says" in refused(capfd, 2, *given)
    assert not (tmp_path / "out").exists()


def test_what_is_said(bundle: Path, archives: Path, tmp_path: Path, capfd: Capture) -> None:
    for target, warned in (("ios-arm64", False), ("pi5", True)):
        onnx_bundle.reseal(bundle, lambda document, name=target: document["model"].update(target=name))
        assert run("kit", "ios", bundle, "--out", tmp_path / target, "--third-party", archives, "--json") == 0
        out, err = capfd.readouterr()
        assert ("was made for target pi5; --target ios-arm64 exports" in err) == warned
        assert json.loads(out)["files"] == len(names(tmp_path / target))
        assert json.loads(out)["footprint"]["fits"]


def test_archives_that_are_not_those(archives: Path, sound: Path, tmp_path: Path, capfd: Capture) -> None:
    (archives / "yyjson.download").write_bytes(b"something else")
    given = ("kit", "ios", sound, "--out", tmp_path / "out", "--third-party", archives)
    assert "does not hold https://example.org/yyjson.tar.gz (sha256" in refused(capfd, 2, *given)
    assert not (tmp_path / "out").exists()
    with pytest.raises(UserError, match="is not what is pinned"):
        third_party.from_network(lambda _: b"something else")

    for error in (OSError("no route\nto host"), HTTPException("no route to host")):

        def offline(address: str, error: Exception = error) -> bytes:
            raise error

        with pytest.raises(UserError, match=r"cannot be fetched \(no route to host\); .* --third-party"):
            third_party.from_network(offline)


def test_archives_from_a_network(archives: Path) -> None:
    found = third_party.from_network(
        lambda url: (archives / url.rpartition("/")[2].replace("tar.gz", "download")).read_bytes()
    )
    assert found == third_party.from_folder(archives)
    assert {name: (*files,) for name, files in found.items()} == FILES


def test_pins_are_those_of_the_core() -> None:
    for pin in third_party.pins():
        assert pin.url.startswith("https://")
        assert pin.sha256 in (CORE / "cmake/ThirdParty.cmake").read_text()


def sources() -> Sources:
    """The real libraries: from $EDGENER_SOURCES, where they lie unpacked as yyjson/ and utf8proc/, or downloaded."""
    if folder := os.environ.get("EDGENER_SOURCES"):
        return {
            name: {file: (Path(folder) / name / file).read_bytes() for file in taken} for name, taken in FILES.items()
        }
    try:
        return third_party.from_network()
    except UserError as error:
        pytest.skip(f"needs the sources of yyjson and utf8proc ($EDGENER_SOURCES): {error}")


def test_swift_builds_it_and_its_tests_pass(stated: Path, tmp_path: Path) -> None:
    """And one wrong golden sentence fails them. EDGENER_BUNDLE names another bundle."""
    swift = shutil.which("swift")
    if not swift:
        pytest.skip("needs a Swift toolchain (swift on the PATH)")
    package = ios.write_ios(stated, sources(), tmp_path / "kit").path
    headers = tmp_path / "headers"
    headers.mkdir()
    shutil.copytree(native.packages() / "usr/include/onnxruntime", headers / "onnxruntime")

    def tested() -> tuple[int, str]:
        done = subprocess.run(
            [swift, "test", "--jobs", "2", "-Xcxx", f"-I{headers}"],
            cwd=package,
            env={**os.environ, "EDGENER_ONNXRUNTIME": str(native.library())},
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    code, said = tested()
    assert code == 0, said[-4000:]
    assert "warning:" not in said, said[-4000:]
    assert re.search(r"Executed [1-9]\d* tests, with 0 failures", said), said[-4000:]
    (inside,) = {path.parent for path in package.rglob("golden.jsonl") if ".build" not in path.parts}
    shutil.copytree(wrong.golden(stated, tmp_path), inside, dirs_exist_ok=True)
    code, said = tested()
    assert code != 0
    assert re.search(r"golden sentence \d+: tags differ", said), said[-4000:]
