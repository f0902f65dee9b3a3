"""The HTML page of `ferrite compare` in a real browser: what a person with a phone, or in the dark, sees of it."""

import base64
import io
import json
import unittest

from PIL import Image
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

import fixtures

PAGE = fixtures.FOLDER / "page.html"
COARSE = fixtures.FOLDER / "coarse.fxm"
FIXED = {"light": (0, 114, 178), "dark": (86, 180, 233)}
REFERENCE = {"light": (213, 94, 0), "dark": (230, 159, 0)}
PAPER = {"light": (255, 255, 255), "dark": (22, 24, 28)}
# The longest bar, in the drawings' own units.
LONGEST = 278

OVERFLOWING = """
  const out = [];
  if (document.documentElement.scrollWidth > window.innerWidth) out.push('the page is wider than the screen');
  for (const svg of document.querySelectorAll('svg')) {
    const frame = svg.getBoundingClientRect();
    if (frame.width < 200) out.push(svg.getAttribute('aria-label') + ' is too small');
    for (const part of svg.querySelectorAll('text, rect, line')) {
      const box = part.getBoundingClientRect();
      if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1
          || box.bottom > frame.bottom + 1)
        out.push(svg.getAttribute('aria-label') + ': ' + part.textContent);
    }
  }
  for (const part of document.querySelectorAll('figure, figcaption, h1, h2, h3, p, li')) {
    const box = part.getBoundingClientRect();
    if (box.right > window.innerWidth + 1) out.push(part.tagName + ': ' + part.textContent.slice(0, 40));
  }
  return out;"""

BARS = """
  const svg = document.querySelector(`svg[aria-label="${arguments[0]}"]`);
  return [...svg.querySelectorAll('rect')].map(r => ({side: r.getAttribute('class'),
    value: JSON.parse(r.dataset.value), width: r.width.baseVal.value, height: r.height.baseVal.value,
    opacity: parseFloat(r.getAttribute('fill-opacity')), x: r.x.baseVal.value, y: r.y.baseVal.value}));"""


class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        calibration = fixtures.FOLDER / "calibration"
        # Weights of three bits, each rounded to the nearest, flip some answers.
        fixtures.run(fixtures.FERRITE, "export", fixtures.TOON, "-o", COARSE, "--calibrate", calibration,
                     "--weight-bits", 3, "--without", "adaptive-rounding")
        cls.report = json.loads(fixtures.run(
            fixtures.FERRITE, "compare", fixtures.TOON, COARSE, "--data", fixtures.FOLDER / "faces", "--html", PAGE,
            "--json", "--what-if", "--what-if-limit", 20))
        options = webdriver.ChromeOptions()
        for flag in ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     "--force-device-scale-factor=1", "--hide-scrollbars"]:
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        options.binary_location = "/usr/bin/chromium"
        cls.browser = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
        cls.addClassCleanup(cls.browser.quit)

    def show(self, width: int, height: int, scheme: str):
        """Opens the page on a screen of this size, and requires that nothing sticks out and nothing is complained of."""
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500})
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-color-scheme", "value": scheme}]})
        self.browser.get(PAGE.as_uri())
        self.assertEqual(self.browser.execute_script(OVERFLOWING), [])
        self.assertEqual(self.browser.get_log("browser"), [])

    def screenshot(self) -> Image.Image:
        """The whole page."""
        shot = self.browser.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True, "format": "png"})
        return Image.open(io.BytesIO(base64.b64decode(shot["data"]))).convert("RGB")

    def bars(self, title: str) -> list[dict]:
        return self.browser.execute_script(BARS, title)

    def test_it_needs_no_other_file_and_no_script(self):
        self.show(1200, 900, "light")
        loaded = self.browser.execute_script("return performance.getEntriesByType('resource').map(e => e.name)")
        self.assertEqual([name for name in loaded if not name.startswith("data:")], [])
        text = PAGE.read_text()
        self.assertNotIn("<script", text)
        self.assertNotIn("http", text)
        self.assertLess(len(text), 3_000_000)

    def test_phone_and_desk_light_and_dark_show_the_colours(self):
        for width, height in [(360, 740), (1280, 900)]:
            for scheme in ["light", "dark"]:
                with self.subTest(width=width, scheme=scheme):
                    self.show(width, height, scheme)
                    shot = self.screenshot()
                    shot.save(fixtures.FOLDER / f"page-{width}-{scheme}.png")
                    self.assertEqual(shot.width, width)
                    self.assertEqual(shot.getpixel((2, 2)), PAPER[scheme])
                    for side, colours in [("fixed", FIXED), ("reference", REFERENCE)]:
                        x, y = self.browser.execute_script("""
                          const bar = [...document.querySelectorAll('svg[aria-label="Recall"] rect.' + arguments[0])]
                            .sort((a, b) => b.dataset.value - a.dataset.value)[0].getBoundingClientRect();
                          return [bar.left + bar.width / 2, bar.top + bar.height / 2 + scrollY]""", side)
                        self.assertEqual(shot.getpixel((int(x), int(y))), colours[scheme], side)

    def test_the_faces_that_flip_are_seen(self):
        self.show(1280, 900, "light")
        self.assertGreater(self.report["flip_count"], 0)
        images = self.browser.execute_script(
            "return [...document.querySelectorAll('.flips img')].map(i => [i.complete, i.naturalWidth])")
        self.assertEqual(images, [[True, 48]] * min(len(self.report["flips"]), 200))
        captions = self.browser.execute_script(
            "return [...document.querySelectorAll('.flips figcaption')].map(c => c.innerText)")
        for caption, flip in zip(captions, self.report["flips"]):
            for key in ["image", "label", "float", "fixed"]:
                self.assertIn(flip[key], caption)
        x, y = self.browser.execute_script("""
          const face = document.querySelector('.flips img').getBoundingClientRect();
          return [face.left, face.top + scrollY]""")
        face = self.screenshot().crop((int(x), int(y), int(x) + 96, int(y) + 96))
        self.assertGreater(len(set(face.getdata())), 16, "a face has more than a few shades")

    def test_bars_are_as_long_as_the_json_says(self):
        self.show(1280, 900, "light")
        for title, key in [("Recall", "recall"), ("Precision", "precision"), ("F1", "f1")]:
            bars = self.bars(title)
            wanted = [value for entry in self.report["per_class"] for value in (entry["float"][key], entry[key])]
            self.assertEqual([bar["value"] for bar in bars], wanted)
            for bar in bars:
                self.assertAlmostEqual(bar["width"] / LONGEST, bar["value"], places=3)
            self.assertEqual([bar["side"] for bar in bars], ["reference", "fixed"] * 7)

    def test_layers_and_times_are_those_of_the_json(self):
        self.show(1280, 900, "light")
        layers = [layer for layer in self.report["layers"] if layer["sqnr_db"] is not None]
        bars = [bar for bar in self.bars("Layers") if bar["value"] is not None]
        self.assertEqual([round(bar["value"], 2) for bar in bars], [layer["sqnr_db"] for layer in layers])
        for bar in bars:
            self.assertAlmostEqual(bar["width"] / LONGEST, min(max(bar["value"], 0), 80) / 80, places=3)
        bins = self.report["latency_us"]["histogram"]
        bars = self.bars("Time per picture, µs")
        self.assertEqual([bar["value"] for bar in bars], [entry["pictures"] for entry in bins])
        greatest = max(bar["value"] for bar in bars)
        for bar in bars:
            self.assertAlmostEqual(bar["height"], 150 * bar["value"] / greatest, places=2)

    def test_ranges_are_those_of_the_json(self):
        self.show(1280, 900, "light")
        cells = self.bars("Range")
        layers = [self.report["input"]] + self.report["layers"]
        wanted = [share for layer in layers for share in
                  [layer["range"]["zeros"]] + layer["range"]["octaves"][::-1]]
        self.assertEqual([cell["value"] for cell in cells], wanted)
        for cell in cells:
            opacity = 0.08 + 0.92 * cell["value"] ** 0.5 if cell["value"] else 0
            self.assertAlmostEqual(cell["opacity"], opacity, places=3)
        # The tops of all formats stand above each other.
        ends = {round(max(cell["x"] for cell in cells if cell["y"] == y), 3) for y in {cell["y"] for cell in cells}}
        self.assertEqual(len(ends), 1)

    def test_what_if_is_that_of_the_json(self):
        self.show(1280, 900, "light")
        what_if = self.report["what_if"]
        self.assertTrue(0 < what_if["samples"] <= 20)
        rows = [what_if["all"]] + what_if["layers"]
        bars = self.bars("What if")
        self.assertEqual([bar["value"] for bar in bars],
                         [row[key]["comes_back"] for row in rows for key in ("float", "bits_16")])
        for bar in bars:
            self.assertAlmostEqual(bar["width"] / LONGEST, min(max(bar["value"], 0), 1), places=3)
        self.assertEqual([bar["side"] for bar in bars], ["reference", "fixed"] * len(rows))
        self.assertGreater(bars[0]["value"], 0.999)

    def test_confusion_and_reliability_are_those_of_the_json(self):
        self.show(1280, 900, "light")
        for side in ["float", "fixed"]:
            cells = self.bars(f"Confusion, {side}")
            shares = [share for row in self.report["confusion_normalized"][side] for share in row]
            self.assertEqual([cell["value"] for cell in cells], shares)
            for cell in cells:
                self.assertAlmostEqual(cell["opacity"], cell["value"], places=3)
        marks = self.bars("Reliability")
        bins = [entry for side in ["float", "fixed"] for entry in self.report["calibration"][side]["bins"]
                if entry["pictures"]]
        self.assertEqual([mark["value"] for mark in marks], [entry["accuracy"] for entry in bins])
        for mark, entry in zip(marks, bins):
            self.assertAlmostEqual(mark["x"] + mark["width"] / 2, 34 + 292 * entry["confidence"], places=0)
            self.assertAlmostEqual(mark["y"] + mark["height"] / 2, 8 + 292 * (1 - entry["accuracy"]), places=0)

    def test_a_table_is_behind_every_drawing(self):
        self.show(360, 740, "light")
        missing = self.browser.execute_script("""
          return [...document.querySelectorAll('svg')].filter(s => {
            const details = s.parentElement.querySelector('details');
            details.open = true;
            return !details.querySelector('td');
          }).length""")
        self.assertEqual(missing, 0)
        # Open tables scroll in their own frame.
        self.assertEqual(self.browser.execute_script(OVERFLOWING), [])
