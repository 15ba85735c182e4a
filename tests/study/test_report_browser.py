"""The report in a browser: nothing asked for, nothing wrong, and what the script adds works."""

import csv
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edgener.study.report import write_report
from tests.study.test_report import DENSE, GRADUAL, HOSTILE, cell, document, named

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the path")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        options = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium's sandbox refuses root
        browser = started.chromium.launch(executable_path=CHROMIUM, args=options)
        yield browser
        browser.close()


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Any]:
    """Opens a document's report; at the end nothing but the file was asked for, and the console is empty."""
    page, trouble, asked = browser.new_page(), [], []
    page.on("console", lambda message: trouble.append(message.text))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("dialog", lambda dialog: (trouble.append("a dialog"), dialog.dismiss()))
    page.on("request", lambda request: asked.append(request.url))
    place = tmp_path / "report.html"

    def open_it(whole: dict[str, Any]) -> Any:
        write_report(whole, place)
        page.goto(place.as_uri())
        return page

    yield open_it
    assert trouble == []
    assert [url for url in asked if not url.startswith("blob:")] == [place.as_uri()]
    page.close()


def column(page: Any, place: int) -> list[str]:
    found: list[str] = page.locator(f"#table tbody tr:not([hidden]) td:nth-child({place})").all_inner_texts()
    return found


def test_hostile_names_do_nothing(opened: Any) -> None:
    page = opened(named(HOSTILE))
    assert page.locator("img").count() == 0
    page.locator(".point[tabindex]").first.focus()
    assert HOSTILE in page.locator("#tip").inner_text()


def test_table_sorts_filters_and_saves(opened: Any) -> None:
    page = opened(document(DENSE, *GRADUAL, cell("=1+1", 0.5, 0.5, bytes=None)))
    sort = page.locator("#table th button", has_text="Size, MB")
    sort.focus()
    page.keyboard.press("Enter")
    assert page.locator("th[aria-sort=ascending]").inner_text().startswith("Size, MB")
    assert column(page, 11) == ["8.0", "10.0", "133.0", "–"]
    page.keyboard.press("Space")
    assert column(page, 11) == ["133.0", "10.0", "8.0", "–"]
    with page.expect_download() as saved:
        page.click("#save")
    with open(saved.value.path(), encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["bytes"] for row in rows] == ["133000000", "10000000", "8000000", ""]
    assert (rows[1]["f1_hau"], rows[1]["f1_hau_sd"], rows[3]["chain"]) == ("87.0", "1.4142", "'=1+1")
    page.fill("#filter", "GRADUAL 70")
    assert column(page, 1) == ["gradual"]
    assert page.locator("#count").inner_text() == "1 of 4 rows"
    page.fill("#filter", "")
    page.select_option("#chain", label="=1+1")
    assert column(page, 1) == ["=1+1"]


def test_points_answer_to_the_keyboard_and_the_pointer(opened: Any) -> None:
    page = opened(document(DENSE, *GRADUAL))
    tip = page.locator("#tip")
    page.locator("#sparsity svg [tabindex='0']").first.focus()
    assert tip.inner_text().split("\n") == ["gradual, sparsity 50 %", "hau: F1 87.00 ± 1.41 (2 seeds)"]
    page.keyboard.press("ArrowRight")
    assert "sparsity 70 %" in tip.inner_text()
    page.keyboard.press("Escape")
    assert tip.is_hidden()
    page.keyboard.press("Tab")
    assert "kin: F1" in tip.inner_text()
    page.locator("#cost .pair:not([hidden]) .front").first.hover()
    assert tip.inner_text().split("\n") == ["dense", "F1 80.00, 133.0 MB"]
    page.select_option("select[data-shows=cost]", label="kin")
    assert page.locator("#cost .pair:visible figcaption b").all_inner_texts() == ["kin", "kin"]


@pytest.mark.parametrize("width", [390, 1280])
def test_no_page_is_wider_than_its_screen(opened: Any, width: int) -> None:
    page = opened(named("a-name-without-an-end-" * 9))
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
