"""`edgener kit android`: what it writes and refuses, what its files name, and what it says an app grows by."""

import json
import re
import tomllib
from pathlib import Path
from xml.etree import ElementTree

import pytest

from edgener.benchmark import android_app
from edgener.benchmark.sizes import gzip_bytes
from edgener.kit import android
from edgener.kit.core import SOURCES as CORE_SOURCES
from tests.helpers import onnx_bundle
from tests.helpers.commands import Capture, answers, refused, run
from tests.helpers.process import ROOT

KIT = ROOT / "export/android"


@pytest.fixture(scope="module")
def kit(sound: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("kits") / "android"
    assert run("kit", "android", sound, "--out", out) == 0
    return out


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def text_of(name: str) -> str:
    return (KIT / name).read_text(encoding="utf-8")


def test_what_is_written(kit: Path, sound: Path) -> None:
    written = names(kit)
    bundle = {f"assets/bundle/{path.name}" for path in sound.iterdir()}
    core = {name for name in written if name.startswith("core/")}
    assert bundle <= written
    assert {name.split("/")[1] for name in core} == set(CORE_SOURCES)
    assert written - bundle - core - {"LICENSE"} == names(KIT) - {"check.sh"} - {
        name for name in names(KIT) if re.search(r"(^|/)(build|\.gradle|\.cxx|\.idea)/|^local\.properties$", name)
    }
    assert "edgener/src/androidTest/java/org/edgener/GoldenVectorsTest.java" in written
    for name in written - bundle - core - {"LICENSE"}:
        assert (kit / name).read_bytes() == (KIT / name).read_bytes()
    assert (kit / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()
    assert run("verify", kit / android.BUNDLE) == 0


def test_no_wrapper_of_gradle_is_carried(kit: Path) -> None:
    assert not [name for name in names(kit) if name.endswith((".jar", ".so", ".aar", "gradlew"))]


def test_what_it_says(sound: Path, tmp_path: Path, capfd: Capture) -> None:
    assert run("kit", "android", sound, "--out", tmp_path / "a") == 0
    first, second, third = capfd.readouterr().out.splitlines()
    assert first.endswith("open it in Android Studio and run `sample`")
    assert "edgener export --format ort" in third
    assert re.fullmatch(
        r"an Android app grows by \d+\.\d MB to download \(core \d\.\d, ONNX Runtime [\d.]+ \d+\.\d, bundle 0\.0\), "
        r"\d+\.\d MB on the phone",
        second,
    )
    assert run("kit", "android", sound, "--out", tmp_path / "b", "--json") == 0
    (document,) = answers(capfd)
    assert document["files"] == len(names(tmp_path / "b"))
    assert document["bytes"] == sum((tmp_path / "b" / name).stat().st_size for name in names(tmp_path / "b"))
    assert document["android"] == android_app.growth(sound).as_dict()


def test_growth_is_the_sum_of_its_parts(sound: Path) -> None:
    grown = android_app.growth(sound).as_dict()
    parts = grown["parts"].values()
    assert grown["download_bytes"] == sum(part["download_bytes"] for part in parts)
    assert grown["installed_bytes"] == sum(part["installed_bytes"] for part in parts)
    packed = sum(map(gzip_bytes, sound.iterdir()))
    # Compressed in the app, and copied out of it.
    assert grown["parts"]["bundle"] == {
        "download_bytes": packed,
        "installed_bytes": packed + sum(path.stat().st_size for path in sound.iterdir()),
    }
    assert all(0 < part["download_bytes"] < part["installed_bytes"] for part in parts)


def test_a_network_in_the_runtime_s_format_lies_in_the_app_alone_and_as_it_is(sound: Path, tmp_path: Path) -> None:
    bundle = onnx_bundle.in_ort_format(sound, tmp_path / "ort")
    part = android_app.growth(bundle).as_dict()["parts"]["bundle"]
    packed = {path.name: gzip_bytes(path) for path in bundle.iterdir()}
    network = (bundle / "model.ort").stat().st_size
    assert part["download_bytes"] == sum(packed.values())
    assert part["installed_bytes"] == sum(packed.values()) - packed["model.ort"] + network
    assert text_of("sample/build.gradle.kts").count('noCompress.add("ort")') == 1


def test_nothing_is_overwritten(kit: Path, sound: Path, tmp_path: Path, capfd: Capture) -> None:
    before = {name: (kit / name).read_bytes() for name in names(kit)}
    assert "already exists and is not empty" in refused(capfd, 2, "kit", "android", sound, "--out", kit)
    assert before == {name: (kit / name).read_bytes() for name in names(kit)}
    (tmp_path / "file").touch()
    assert "is no folder" in refused(capfd, 2, "kit", "android", sound, "--out", tmp_path / "file")
    assert "lies inside of" in refused(capfd, 2, "kit", "android", sound, "--out", sound / "kit")


def test_bundles_that_are_refused(bundle: Path, tmp_path: Path, capfd: Capture) -> None:
    out = ("--out", tmp_path / "new")
    onnx_bundle.reseal(bundle, lambda document: document["model"].update(min_onnxruntime="9.1.0"))
    said = refused(capfd, 2, "kit", "android", bundle, *out)
    assert f"needs ONNX Runtime 9.1.0, the kit has {android_app.ONNXRUNTIME}" in said
    tokenizer = json.loads((bundle / "tokenizer.json").read_text())
    tokenizer["model"] = {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "a"}
    onnx_bundle.replace(bundle, "tokenizer.json", json.dumps(tokenizer))
    assert "which the C++ core cannot read" in refused(capfd, 2, "kit", "android", bundle, *out)
    (bundle / "labels.json").write_text("[]")
    assert "labels.json" in refused(capfd, 2, "kit", "android", bundle, *out)
    assert not [path for path in tmp_path.iterdir() if "new" in path.name]


def test_a_bundle_for_another_target_is_said(bundle: Path, tmp_path: Path, capfd: Capture) -> None:
    for target, warned in (("android-arm64", False), ("x86-vnni", True)):
        onnx_bundle.reseal(bundle, lambda document, name=target: document["model"].update(target=name))
        assert run("kit", "android", bundle, "--out", tmp_path / target) == 0
        assert ("was made for target x86-vnni; --target android-arm64" in capfd.readouterr().err) == warned


def test_versions_are_pinned_and_stated_once() -> None:
    catalogue = tomllib.loads(text_of("gradle/libs.versions.toml"))
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in catalogue["versions"].values())
    assert catalogue["versions"]["onnxruntime"] == android_app.ONNXRUNTIME
    used = {entry["version"]["ref"] for table in ("libraries", "plugins") for entry in catalogue[table].values()}
    assert used == set(catalogue["versions"])
    scripts = text_of("edgener/build.gradle.kts") + text_of("sample/build.gradle.kts") + text_of("build.gradle.kts")
    # Every alias that a script names is in the catalogue, with dashes for dots; nothing else brings a version.
    for kind, table in (("libs\\.(?!plugins|versions)", "libraries"), ("libs\\.plugins\\.", "plugins")):
        named = {name.replace(".", "-") for name in re.findall(rf"\b{kind}([\w.]+)\)", scripts)}
        assert named == set(catalogue[table])
    assert re.search(r'ndkVersion = "\d+\.\d+\.\d+"', scripts)
    assert scripts.count("minSdk = 24") == 2
    assert re.findall(r"compileSdk = (\d+)", scripts) == ["36", "36"]
    assert scripts.count('abiFilters += listOf("arm64-v8a", "x86_64")') == 2


def test_gradle_is_pinned_by_its_hash() -> None:
    lines = dict(line.split("=", 1) for line in text_of("gradle/wrapper/gradle-wrapper.properties").splitlines())
    assert re.search(r"/gradle-\d+\.\d+(\.\d+)?-bin\.zip$", lines["distributionUrl"])
    assert re.fullmatch("[0-9a-f]{64}", lines["distributionSha256Sum"])


def test_modules_and_xml() -> None:
    for module in re.findall(r'include\(":(\w+)"\)', text_of("settings.gradle.kts")):
        assert (KIT / module / "build.gradle.kts").is_file()
        assert (KIT / module / "src/main/AndroidManifest.xml").is_file()
    documents = list(KIT.rglob("src/**/*.xml"))
    assert len(documents) >= 4
    for path in documents:
        ElementTree.parse(path)
    # What is typed can go nowhere.
    manifest = ElementTree.parse(KIT / "sample/src/main/AndroidManifest.xml").getroot()
    asked = [*manifest.iter("uses-permission"), *manifest.iter("provider")]
    assert len(asked) == 2
    assert all(one.get("{http://schemas.android.com/tools}node") == "remove" for one in asked)


def test_codes_are_those_of_the_header() -> None:
    header = (ROOT / "export/core/include/edgener.h").read_text()
    stated = re.findall(r"EDGENER_(\w+) = (\d+)", header)
    assert stated[0] == ("OK", "0")
    body = (
        text_of("edgener/src/main/java/org/edgener/NerException.java").partition("enum Code {")[2].partition("}\n")[0]
    )
    codes = re.findall(r"^ +([A-Z_]+),?$", body, re.MULTILINE)
    assert [(code, str(number)) for number, code in enumerate(codes, 1)] == stated[1:]


def test_what_native_code_names_is_kept_and_declared() -> None:
    binding = text_of("edgener/src/main/cpp/binding.cpp")
    kept = re.findall(r"-keep class ([\w.]+)", text_of("edgener/consumer-rules.pro"))
    assert {name.replace(".", "/") for name in kept} == set(re.findall(r'"(org/edgener/\w+)"', binding))
    declared = re.findall(r"static native [\w\[\]]+ (\w+)\(", text_of("edgener/src/main/java/org/edgener/Native.java"))
    assert declared == re.findall(r'method\("(\w+)"', binding)


def test_the_readme_names_what_there_is() -> None:
    readme = text_of("README.md")
    named = re.findall(r"`([\w./-]+\.(?:kts|toml|java|kt|sh|pro|properties))`", readme)
    assert named
    assert [name for name in named if not list(KIT.rglob(Path(name).name))] == []


def test_the_readme_states_the_megabytes_that_are_counted() -> None:
    row = r"^\| (?:core|ONNX Runtime ([\d.]+)) .* \| ([\d.]+) \| ([\d.]+) \|$"
    rows = re.findall(row, text_of("README.md"), re.MULTILINE)
    parts = [("", android_app.CORE), (android_app.ONNXRUNTIME, android_app.RUNTIME)]
    assert rows == [(name, f"{part.download / 1e6:.1f}", f"{part.installed / 1e6:.1f}") for name, part in parts]
