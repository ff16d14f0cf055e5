"""
Playwright for Python (pip install playwright httpx; no browser needs to be installed) in a computer, over its cdp_url: fills in a page and reads it back. Run it
beside a service: `python3 examples/playwright_python.py`. VITRINE_URL and VITRINE_API_KEY are as everywhere.
"""

import os
import pathlib

import httpx
from playwright.sync_api import sync_playwright

PAGE = "<title>Greeter</title><label>Name <input oninput='greeting.textContent = `Hello, ${this.value}`'></label><p id=greeting>"

url = os.environ.get("VITRINE_URL", "http://127.0.0.1:7780")
data = pathlib.Path(os.environ.get("XDG_DATA_HOME") or pathlib.Path.home() / ".local/share")
key = os.environ.get("VITRINE_API_KEY") or (data / "vitrine/api-key").read_text().strip()

with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=600) as vitrine:
    created = vitrine.post("/v1/computers", json={"ttl_s": 1800})
    created.raise_for_status()
    computer = created.json()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.connect_over_cdp(computer["cdp_url"], timeout=120_000)
            page = browser.contexts[0].pages[0]
            page.set_default_timeout(120_000)  # without KVM a computer takes its time
            page.set_content(PAGE)
            page.get_by_label("Name").fill("Marie")
            print(page.title(), "says:", page.locator("#greeting").text_content())
            browser.close()
    finally:
        vitrine.delete(f"/v1/computers/{computer['id']}").raise_for_status()
