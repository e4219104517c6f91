"""The looks of the page in a real browser, by day and by night, on desk and phone, and who can read it."""

from __future__ import annotations

from importlib.resources import files

import pytest

from tests.page_visits import DESK, FERRY, PHONE, Open, answered, ask
from tests.screenshots import Shoot

pytestmark = pytest.mark.browser


def test_on_a_phone_the_sources_are_under_the_answer(visit: Open, shoot: Shoot) -> None:
    page = visit(PHONE, device_scale_factor=2)
    ask(page, FERRY)
    answer = answered(page).bounding_box()
    sources = page.locator("#sources").bounding_box()
    assert sources["y"] >= answer["y"] + answer["height"]
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    shoot(page, "phone")
    page.locator(".answer .cite").first.click()
    assert page.locator("#sources blockquote mark.lit").is_visible()
    assert page.get_by_label("Your question").is_visible()


def test_dark_mode_is_chosen_and_kept(visit: Open, shoot: Shoot) -> None:
    page = visit()
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("button", name="Dark").click()
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert light == "rgb(251, 250, 247)"
    assert dark == "rgb(23, 24, 26)"
    page.reload()
    page.wait_for_selector(".welcome")
    page.locator('#dark[aria-pressed="true"]').wait_for()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == dark
    ask(page, FERRY)
    answered(page)
    shoot(page, "dark")


# Accessibility

UNLABELLED = """() => [...document.querySelectorAll(
    'button, input, textarea, select, a, summary, [role=region]')]
  .filter((e) => e.checkVisibility({ visibilityProperty: true }) && e.type !== 'file')
  .filter((e) => !(e.getAttribute('aria-label') || e.getAttribute('aria-labelledby') || e.innerText?.trim()
    || [...(e.labels ?? [])].some((label) => label.innerText.trim() || label.textContent.trim())))
  .map((e) => e.outerHTML)"""

# Every text against the colours behind it, by the formula of WCAG 2.2 (4.5 to 1; 3 to 1 for large text).
FAINT = """() => {
  const parse = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const over = ([r, g, b, a = 1], under) => [r, g, b].map((v, i) => v * a + under[i] * (1 - a));
  const ground = (e) => {
    const layers = [];
    for (; e; e = e.parentElement) layers.push(parse(getComputedStyle(e).backgroundColor));
    return layers.reverse().reduce((under, layer) => over(layer, under), [255, 255, 255]);
  };
  const light = (rgb) => rgb.map((v) => v / 255)
    .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const faint = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = walk.nextNode()); ) {
    const e = node.parentElement;
    if (!node.textContent.trim() || !e.checkVisibility({ visibilityProperty: true })) continue;
    const style = getComputedStyle(e), behind = ground(e);
    const ink = parse(e.closest('svg') ? style.fill : style.color);
    const [a, b] = [light(over(ink, behind)), light(behind)].sort((x, y) => y - x);
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < (large ? 3 : 4.5)) faint.push([node.textContent.trim(), ratio.toFixed(2)]);
  }
  return faint;
}"""


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_everything_is_labelled_and_legible(visit: Open, size: dict[str, int], dark: bool) -> None:
    page = visit(size)
    if dark:
        page.get_by_role("button", name="Dark").click()
    page.get_by_role("button", name="Filters").click()
    ask(page, FERRY)
    answered(page).locator(".answer .cite").first.click()
    page.get_by_text("Read the whole article").first.click()
    ask(page, "Who won the chess cup?")
    answered(page, 2)
    assert page.locator("main").count() == 1
    assert page.locator("h1").all_inner_texts() == ["Ask the articles"]
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.locator("#spoken").inner_text() == "The articles do not say."
    for tab in ("Ask", "Corpus"):
        page.get_by_role("tab", name=tab).click()
        page.wait_for_selector("#corpus-view tbody tr" if tab == "Corpus" else "#sources .card")
        assert page.evaluate(UNLABELLED) == []
        assert page.evaluate(FAINT) == []


# The one rule left out is broken by the upload button that Gradio makes.
AXE = "axe.run(document, { rules: { 'label-content-name-mismatch': { enabled: false } } })"


def test_axe_finds_nothing(visit: Open) -> None:
    page = visit()
    page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
    ask(page, FERRY)
    answered(page).locator(".answer .cite").first.click()
    for tab in ("Ask", "Corpus"):
        page.get_by_role("tab", name=tab).click()
        page.wait_for_selector("#corpus-view tbody tr" if tab == "Corpus" else "#sources .card")
        found = page.evaluate(AXE)["violations"]
        assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found] == []
