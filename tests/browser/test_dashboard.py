"""TensorBoard's pages in a real browser: make test-browser, with a Chromium that is installed."""

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from time import sleep
from typing import Any
from urllib.request import urlopen

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore")]
CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), ""
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SMALL = ("data=digits", "encoder.hidden_sizes=[16]", "decoder.hidden_sizes=[16]", "trainer.max_epochs=2")
RUNS = (
    (*SMALL, "model=mlp_vae", "hydra.run.dir=outputs/vae"),
    (*SMALL, "model=mlp_ae", "hydra.run.dir=outputs/ae"),
    ("data=digits", "model=vq_vae", "trainer.max_epochs=2", "hydra.run.dir=outputs/vq_vae"),
    (*SMALL, "seeds=2", "hydra.run.dir=outputs/seeds"),
    ("-m", *SMALL, "sweep=bounds", "latent_dim=2,3", "loss=sgvb_b,iwae"),
    (*SMALL, "hydra.run.dir=outputs/vae", "ckpt_path=outputs/vae", "trainer.max_epochs=4"),
)


TEXT = """() => {
    const read = node => [...node.childNodes].map(
        child => child.nodeType === 3 ? child.data
               : ["STYLE", "SCRIPT", "TEMPLATE"].includes(child.nodeName) ? ""
               : (child.shadowRoot ? read(child.shadowRoot) : "") + " " + read(child)).join(" ");
    return read(document.body);
}"""  # of elements with shadows, too


def text_of(page: Any, expected: str) -> str:
    """The text of a page and its frames, as soon as it has what is expected."""
    for _ in range(60):
        text = re.sub(r"\s+", " ", " ".join(frame.evaluate(TEXT) for frame in page.frames))
        if expected in text:
            return text
        sleep(0.5)
    pytest.fail(f"{expected!r} is not on the page: {text}")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of a TensorBoard that serves a folder of ten runs."""
    folder = tmp_path_factory.mktemp("dashboard")
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")}
    for options in RUNS:
        subprocess.run([sys.executable, "-m", "aevb.train", *options], cwd=folder, env=environment, check=True)
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", "outputs", "--port", str(port)]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        for _ in range(120):
            with suppress(OSError), urlopen(f"http://localhost:{port}") as answer:
                if answer.status == 200:
                    break
            sleep(0.5)
        yield f"http://localhost:{port}"
        server.terminate()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if not CHROMIUM:
        pytest.fail("there is no Chromium: install one, in Debian with apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    yield page
    page.close()


def test_time_series_open_on_the_bound(page: Any, address: str) -> None:
    page.goto(f"{address}/#timeseries")
    text_of(page, "latent_dim-2_loss-iwae/validation")
    page.wait_for_selector("card-view scalar-card", timeout=60_000)
    sleep(3)
    cards = [" ".join(card.split()).replace(" /", "/") for card in page.locator("card-view").all_inner_texts()]
    assert [card.split()[0] for card in cards[:3]] == ["bound/elbo", "bound/kl", "bound/reconstruction"]
    assert not any(card.startswith(("epoch", "tested", "pictures")) for card in cards)


def test_custom_scalars_have_a_chart_for_each_quantity(page: Any, address: str) -> None:
    page.goto(f"{address}/#custom_scalars")
    text = text_of(page, "reconstruction")
    assert all(name in text for name in ("bound", "elbo", "kl", "loss"))


def test_hparams_begin_with_what_differs_and_name_metrics_with_their_goal(page: Any, address: str) -> None:
    page.goto(f"{address}/#hparams")
    text = text_of(page, "test/elbo (max)")
    places = [text.index(name) for name in ("latent_dim", "loss", "model", "optimizer.lr")]
    assert places == sorted(places)


def test_text_is_a_report_of_the_run(page: Any, address: str) -> None:
    page.goto(f"{address}/#text")
    text = text_of(page, "Differs from the defaults")
    assert all(heading in text for heading in ("Results", "Command", "Parts", "Layers"))


def test_the_projector_has_the_codes_of_images(page: Any, address: str) -> None:
    page.goto(f"{address}/#projector")
    assert "NaN" not in text_of(page, "Points: 300")


def test_pictures_are_by_epoch(page: Any, address: str) -> None:
    page.goto(f"{address}/#images")
    text_of(page, "pictures/decoded_grid")
