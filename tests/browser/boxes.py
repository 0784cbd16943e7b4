"""Where text stands on a page, measured from the boxes of its lines, in shadow roots and SVG as well."""

from __future__ import annotations

from playwright.sync_api import Page

# Each line of visible text: what it says, its box, and how much of it its own element cuts off.
LINES = """() => {
  const found = [];
  const places = new Map();  // of elements: the lines of one are no two texts
  const visible = (element) => {
    const style = getComputedStyle(element);
    return style.visibility !== "hidden" && style.display !== "none" && Number(style.opacity) > 0.05
      && style.clipPath === "none" && style.clip === "auto";  // what only a screen reader gets
  };
  const shown = (element) => {
    let inner = null;
    for (let one = element; one; inner = one, one = one.parentElement ?? one.getRootNode().host) {
      if (!visible(one)) return false;
      if (one.tagName === "DETAILS" && !one.open && inner?.tagName !== "SUMMARY") return false;
      if (one.matches?.("[aria-hidden=true], .visually-hidden, [data-testid=stIconMaterial]")) return false;
    }
    return true;
  };
  const walk = (root) => {
    for (const node of root.childNodes) {
      if (node.nodeType === Node.TEXT_NODE && node.textContent.trim() && root.nodeType === 1) {
        if (root.closest("style, script, title, desc, option, noscript, .katex") || !shown(root)) continue;
        places.set(root, places.get(root) ?? places.size);
        const range = document.createRange();
        range.selectNodeContents(node);
        const style = getComputedStyle(root);
        const moved = style.transform + (root.getAttribute("transform") ?? "");
        const cut = style.overflowX !== "visible" && style.textOverflow !== "ellipsis"
          ? root.scrollWidth - root.clientWidth : 0;
        for (const box of range.getClientRects())
          if (box.width > 1 && box.height > 1)
            found.push({ text: node.textContent.trim().slice(0, 40), element: places.get(root),
                         left: box.left, top: box.top, right: box.right, bottom: box.bottom, cut,
                         size: parseFloat(style.fontSize) * (root.getScreenCTM?.()?.d ?? 1),
                         turned: /matrix|rotate/.test(moved) });
      }
      if (node.nodeType === Node.ELEMENT_NODE) {
        walk(node);
        if (node.shadowRoot) walk(node.shadowRoot);
      }
    }
  };
  walk(document.querySelector("[data-testid=stMain]"));
  return found;
}"""
TOLERATED = 3.0  # pixels by which the boxes of two lines may meet: they are higher than their letters


def lines(page: Page) -> list[dict[str, float | str]]:
    """Every line of visible text in the main part of a page."""
    found: list[dict[str, float | str]] = page.evaluate(LINES)
    return found


def small(found: list[dict[str, float | str]], least: float) -> list[tuple[str, float]]:
    """The lines whose type is smaller than so many pixels, but for those of a figure that is turned."""
    return [
        (str(line["text"]), float(line["size"]))
        for line in found
        if float(line["size"]) < least - 0.05 and not line["turned"]
    ]


def clipped(found: list[dict[str, float | str]]) -> list[str]:
    """The lines that their own element cuts off without a sign of it."""
    return [str(line["text"]) for line in found if float(line["cut"]) > TOLERATED]


def overlapping(found: list[dict[str, float | str]]) -> list[tuple[str, str]]:
    """Pairs of lines that stand on each other, but for turned labels, whose boxes are not their letters."""
    straight = [line for line in found if not line["turned"]]
    straight.sort(key=lambda line: float(line["top"]))
    pairs = []
    for i, one in enumerate(straight):
        for other in straight[i + 1 :]:
            if float(other["top"]) >= float(one["bottom"]) - TOLERATED:
                break
            across = min(float(one["right"]), float(other["right"])) - max(
                float(one["left"]), float(other["left"])
            )
            down = min(float(one["bottom"]), float(other["bottom"])) - float(other["top"])
            if across > TOLERATED and down > TOLERATED and one["element"] != other["element"]:
                pairs.append((str(one["text"]), str(other["text"])))
    return pairs
