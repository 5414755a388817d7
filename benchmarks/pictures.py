"""The README's pictures, made by the program from the demo: docs/report.png and docs/chat.png.

    make demo && make pictures

Needs a Chromium (chromium, google-chrome) to photograph pages.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

from mynah.demo import LINES
from mynah.talk import bot as bots

DOCS = Path(__file__).parents[1] / "docs"
QUIET = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


def photograph(page: Path, picture: Path, width: int, height: int) -> None:
    """A picture of a page, `width` x `height` pixels."""
    browser = next((b for b in ("chromium", "google-chrome", "chromium-browser") if shutil.which(b)), None)
    if browser is None:
        sys.exit("Expected a Chromium to photograph the pages, found none. Install one and run again.")
    with tempfile.TemporaryDirectory() as profile:
        told = [f"--user-data-dir={profile}", f"--screenshot={picture}", f"--window-size={width},{height}"]
        subprocess.run([browser, *QUIET, *told, page.resolve().as_uri()], check=True, capture_output=True)


def chat(project: Path) -> str:
    """A chat with the demo's bot as a page."""
    console = Console(record=True, width=72, file=io.StringIO())
    bot = bots.load(bots.find(project))
    console.print(Text("$ mynah chat", style="bold"))
    for line in LINES[:4]:
        console.print(Text("you › ", style="cyan") + Text(line))
        "".join(bot.say(line))
        for bubble in bot.state[-1].bubbles:
            console.print(Text(f"{bot.persona} › ", style="magenta") + Text(bubble))
    return console.export_svg(title="mynah chat")


def main() -> None:
    project = Path(sys.argv[1] if len(sys.argv) > 1 else "mynah-demo")
    DOCS.mkdir(exist_ok=True)
    photograph(project / "report.html", DOCS / "report.png", 1100, 1500)
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "chat.html"
        page.write_text(f"<body style='margin:12px;background:#fff'>{chat(project)}</body>", encoding="utf-8")
        photograph(page, DOCS / "chat.png", 940, 470)
    print(f"{DOCS / 'report.png'}\n{DOCS / 'chat.png'}")


if __name__ == "__main__":
    main()
