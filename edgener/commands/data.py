"""edgener data check, edgener data fetch"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgener.commands.common import Json, Languages
from edgener.console import print_json, print_table, say
from edgener.errors import CheckFailed

if TYPE_CHECKING:
    from edgener.text.check import CheckReport
    from edgener.text.corpus import Problem

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Check a labelled corpus, or fetch a public one.")


@app.command()
def check(
    path: Annotated[Path, typer.Argument(help="Folder with <language>/train.txt, dev.txt, test.txt (CoNLL or JSONL).")],
    lang: Languages = None,
    long: Annotated[int, typer.Option(help="Warn of sentences with more tokens than this.", min=1)] = 200,
    limit: Annotated[int, typer.Option(help="Problems listed of each kind; 0 lists all, as --json does.", min=0)] = 20,
    json: Json = False,
) -> None:
    """List every problem of a corpus at once, and what it holds.

    Malformed lines (too few or too many columns, no tag) and empty files are fatal: the exit code is 1. The rest are
    warnings: tags that go on with no entity or leave one open, entity types or splits that are missing somewhere,
    sentences of train that are repeated in dev or test, duplicates, empty tokens, invisible characters, sentences that
    are very long or not NFC.

    Example: edgener data check masakhaner2 --lang hau --lang yor
    """
    from edgener.text.check import check as run

    report = run(path, lang, long=long)
    if json:
        print_json(report.as_dict())
    else:
        _print(report, limit)
    if fatal := report.fatal:
        raise CheckFailed(f"{path}: fatal problems: {len(fatal):,}; the first: {fatal[0]}")
    say(f"{path}: nothing fatal; warnings: {len(report.problems):,}")


@app.command()
def fetch(
    name: Annotated[str, typer.Argument(help="masakhaner1, masakhaner2 or msra.")],
    to: Annotated[Path, typer.Option(help="Folder to fetch into; files that are there are kept.")],
    lang: Languages = None,
    base: Annotated[str | None, typer.Option(help="Another address (http or https) that has the same files.")] = None,
    json: Json = False,
) -> None:
    """Download a public corpus from its home. Its licence is printed first; read it before you use the data.

    A cut transfer goes on where it stopped when the same command is run again.

    Example: edgener data fetch masakhaner2 --to masakhaner2 --lang hau --lang yor
    """
    from edgener.text.corpus import licence
    from edgener.text.fetch import fetch as run

    files = run(name, to, base=base, languages=lang)
    if json:
        print_json({"name": name, "licence": licence(to), "files": [str(file) for file in files]})
    else:
        say(f"{to}: {len(files)} files; look them over with: edgener data check {to}")


def _print(report: "CheckReport", limit: int) -> None:
    types = sorted({name for file in report.files for name in file.entities})
    columns = "file", "scheme", "splitter", "sentences", "tokens", "longest", "duplicates", "not NFC %", *types
    rows = [
        (
            f"{file.language}/{file.split}",
            file.scheme,
            file.splitter,
            file.sentences,
            file.tokens,
            file.longest,
            file.repeated,
            100 * file.not_nfc / file.sentences if file.sentences else None,
            *(file.entities.get(name, 0) for name in types),
        )
        for file in report.files
    ]
    print_table("Files, with the number of entities of each type", columns, rows)
    leaks = [leak for leak in report.leaks if leak.sentences]
    if leaks:
        rows_of_leaks = [
            (f"{leak.language}: {leak.source} in {leak.into}", leak.sentences, leak.total) for leak in leaks
        ]
        print_table("Sentences repeated in another split", ("language", "repeated", "of"), rows_of_leaks)
    kinds: dict[tuple[str, bool], list[Problem]] = {}
    for problem in sorted(report.problems, key=lambda problem: not problem.fatal):
        kinds.setdefault((problem.kind, problem.fatal), []).append(problem)
    for (kind, fatal), problems in kinds.items():
        shown = problems[:limit] if limit else problems
        more = [(f"... and {len(problems) - len(shown):,} more; --limit 0 lists all",)]
        listed = [(str(problem),) for problem in shown] + (more if len(shown) < len(problems) else [])
        print_table(f"{kind}: {len(problems):,}{' (fatal)' if fatal else ''}", ("where and what",), listed)
