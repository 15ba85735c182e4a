"""edgener kit: what an app developer takes to a device"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgener.commands.common import Json
from edgener.console import print_json, say

if TYPE_CHECKING:
    from edgener.bundle.layout import Bundle

app = typer.Typer(
    no_args_is_help=True,
    help="A bundle as something to put on a device: a web page, a C++ core, an Android project, a Swift package.",
)


@app.command()
def web(
    bundle: Annotated[Path, typer.Argument(help="Folder of a bundle.")],
    out: Annotated[Path, typer.Option(help="New folder for the page.")] = Path("runs/web"),
    runtime: Annotated[
        Path | None,
        typer.Option(
            help="The dist folder of the npm package onnxruntime-web; without it npm fetches the pinned version."
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Write a web page that finds names in text with this bundle: static files, everything inside.

    It runs in the browser, and without a network after the first visit. Any web server can carry the folder; with the
    headers that `edgener kit serve` sends, the page uses several threads.

    Example: edgener kit web runs/demo-int8 --out runs/demo-web
    """
    from edgener.bundle.verify import open_bundle
    from edgener.kit import ort_web
    from edgener.kit.site import check_free, write_site

    check_free(out, bundle)
    open_bundle(bundle)  # an unsound one is refused before anything is fetched
    files = ort_web.from_folder(runtime) if runtime else ort_web.from_npm()
    site = write_site(bundle, files, out)
    _warn_ungated(site.bundle, bundle)
    _warn_foreign(site.bundle, bundle, "web", "browsers")
    if json:
        print_json({"out": str(out), "files": len(site.files), "bytes": site.bytes, "bundle": site.bundle.name})
    else:
        typer.echo(f"{out}: {len(site.files)} files, {site.bytes / 1e6:.1f} MB; try it with: edgener kit serve {out}")


@app.command()
def core(
    bundle: Annotated[Path, typer.Argument(help="Folder of a bundle.")],
    out: Annotated[Path, typer.Option(help="New folder for the sources.")] = Path("runs/core"),
    json: Json = False,
) -> None:
    """Write the C++ core with this bundle: a small library with a C interface, and edgener-cli, built by CMake.

    For apps, and for devices without Python. A bundle whose tokenizer the core cannot read is refused.

    Example: edgener kit core runs/demo-int8 --out runs/demo-core
    """
    from edgener.kit.core import write_core

    kit = write_core(bundle, out)
    _warn_ungated(kit.bundle, bundle)
    if json:
        print_json({"out": str(out), "files": len(kit.files), "bytes": kit.bytes, "bundle": kit.bundle.name})
    else:
        build = f"cmake -S {out} -B {out}/build && cmake --build {out}/build"
        typer.echo(f"{out}: {len(kit.files)} files, {kit.bytes / 1e6:.1f} MB; build it with: {build}")


@app.command()
def android(
    bundle: Annotated[Path, typer.Argument(help="Folder of a bundle.")],
    out: Annotated[Path, typer.Option(help="New folder for the project.")] = Path("runs/android"),
    json: Json = False,
) -> None:
    """Write an Android project with this bundle: a library for apps, and a sample app that colours names as one types.

    Android Studio opens and builds it. A bundle whose tokenizer the C++ core cannot read is refused.

    Example: edgener kit android runs/demo-int8 --out runs/demo-android
    """
    from edgener.benchmark.android_app import line
    from edgener.bundle.layout import ORT_MODEL
    from edgener.kit.android import TARGET, write_android

    kit = write_android(bundle, out)
    _warn_ungated(kit.bundle, bundle)
    _warn_foreign(kit.bundle, bundle, TARGET, "Android phones")
    grown = kit.growth.as_dict()
    if json:
        facts = {"out": str(out), "files": len(kit.files), "bytes": kit.bytes, "bundle": kit.bundle.name}
        print_json({**facts, "android": grown})
    else:
        typer.echo(
            f"{out}: {len(kit.files)} files, {kit.bytes / 1e6:.1f} MB; open it in Android Studio and run `sample`"
        )
        typer.echo(line(grown))
        if not (bundle / ORT_MODEL).is_file():
            typer.echo("a bundle that `edgener export --format ort` makes is read where it lies in the app, not copied")


@app.command()
def ios(
    bundle: Annotated[Path, typer.Argument(help="Folder of a bundle.")],
    out: Annotated[Path, typer.Option(help="New folder for the package.")] = Path("runs/ios"),
    third_party: Annotated[
        Path | None,
        typer.Option(
            help="Folder with the archives of yyjson and utf8proc that the core is built with; without it they are downloaded."
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Write a Swift package with this bundle inside: for Xcode, with a sample view and tests.

    ONNX Runtime comes with it as the package that its authors publish; all else is in the folder. A bundle whose
    tokenizer the C++ core cannot read is refused.

    Example: edgener kit ios runs/demo-ios-arm64 --out runs/demo-ios
    """
    from edgener.benchmark import footprint
    from edgener.bundle.verify import open_bundle
    from edgener.kit import third_party as archives
    from edgener.kit.core_tokenizers import check_tokenizer
    from edgener.kit.ios import write_ios
    from edgener.kit.site import check_free

    check_free(out, bundle)
    open_bundle(bundle)
    check_tokenizer(bundle)
    sources = archives.from_folder(third_party) if third_party else archives.from_network()
    kit = write_ios(bundle, sources, out)
    _warn_ungated(kit.bundle, bundle)
    _warn_foreign(kit.bundle, bundle, footprint.TARGET, "iPhones")
    taken = footprint.of_bundle(bundle)
    if json:
        facts = {"out": str(out), "files": len(kit.files), "bytes": kit.bytes, "bundle": kit.bundle.name}
        print_json(facts | {"footprint": taken})
    else:
        if taken:
            typer.echo(footprint.in_words(taken))
        typer.echo(f"{out}: {len(kit.files)} files, {kit.bytes / 1e6:.1f} MB; its README.md tells how an app takes it")


@app.command()
def serve(
    folder: Annotated[Path, typer.Argument(help="Folder that `edgener kit web` wrote.")],
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1; 0 takes any free one.", min=0, max=65535)] = 8000,
) -> None:
    """Serve the page on this machine only, with the headers that threads need. Ends with Ctrl-C.

    Example: edgener kit serve runs/demo-web
    """
    from edgener.kit.serve import HOST, server_of

    with server_of(folder, port) as server:
        typer.echo(f"http://{HOST}:{server.server_address[1]}/")
        say("serving on this machine only; end with Ctrl-C")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            say("")


def _warn_ungated(found: "Bundle", path: Path) -> None:
    if not found.gated:
        say(f"warning: {path} is ungated: {found.why_ungated}")


def _warn_foreign(found: "Bundle", path: Path, target: str, devices: str) -> None:
    """Where the bundle was exported for another target than the kit's."""
    from edgener.bundle.layout import printable

    other = found.manifest["model"].get("target", target)
    if other != target:
        say(f"warning: {path} was made for target {printable(other)}; --target {target} exports a bundle for {devices}")
