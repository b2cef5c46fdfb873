"""A form is set in a process of its own, which no form can hold up."""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator

import pytest
from printed_examples import EXAMPLES

from miaopu.printing import NoGlyphError, check, render_pdf
from miaopu.printing.errors import StoppedError, TooSlowError
from miaopu.printing.worker import PdfWorker

NOTICE = check("notice", EXAMPLES["notice"])


@pytest.fixture
async def worker() -> AsyncIterator[PdfWorker]:
    running = PdfWorker()
    yield running
    await running.stop()


async def test_it_sets_the_form_and_stays_for_the_next(worker: PdfWorker) -> None:
    assert (await worker.render("notice", NOTICE, "zh")).startswith(b"%PDF-")
    process = worker._process
    assert (await worker.render("notice", NOTICE, "en")).startswith(b"%PDF-")
    assert worker._process is process


async def test_a_form_that_takes_too_long_is_ended_and_the_next_one_is_set(
    worker: PdfWorker,
) -> None:
    worker.limit_s = 0.01
    with pytest.raises(TooSlowError):
        await worker.render("notice", NOTICE, "zh")
    worker.limit_s = 60
    assert (await worker.render("notice", NOTICE, "zh")).startswith(b"%PDF-")


async def test_what_is_wrong_with_a_form_is_said_as_if_it_were_set_here(worker: PdfWorker) -> None:
    data = json.loads(json.dumps(EXAMPLES["notice"]))
    data["child"]["name"] = "王\U0003fffd"
    with pytest.raises(NoGlyphError) as caught:
        await worker.render("notice", check("notice", data), "zh")
    assert [path for path, _ in caught.value.fields] == ["child.name"]


async def test_a_stop_ends_what_is_being_set(worker: PdfWorker) -> None:
    await worker.render("notice", NOTICE, "zh")
    process = worker._process
    assert process is not None
    os.kill(process.pid, 19)  # as if the form took for ever
    waiting = asyncio.create_task(worker.render("notice", NOTICE, "zh"))
    await asyncio.sleep(0.1)
    await worker.stop()
    with pytest.raises(StoppedError):
        await waiting
    with pytest.raises(StoppedError):
        await worker.render("notice", NOTICE, "zh")


async def test_a_caller_that_goes_away_takes_its_form_with_it(worker: PdfWorker) -> None:
    await worker.render("notice", NOTICE, "zh")
    process = worker._process
    assert process is not None
    os.kill(process.pid, 19)
    waiting = asyncio.create_task(worker.render("notice", NOTICE, "zh"))
    await asyncio.sleep(0.1)
    waiting.cancel()
    assert (await worker.render("notice", NOTICE, "zh")).startswith(b"%PDF-")


def test_the_longest_consent_takes_no_longer_than_its_length_asks_for() -> None:
    """Columns of fixed width: with automatic ones, each character of a cell was a layout of all the
    characters behind it."""

    def seconds(characters: int) -> float:
        text = "接种后可刺激机体产生免疫力，" * 100
        told = dict.fromkeys(("effect", "reactions", "precautions"), text[:characters])
        data = EXAMPLES["consent"] | told | {"contraindications": text[:characters]}
        started = time.process_time()
        render_pdf("consent", data)
        return time.process_time() - started

    seconds(100)
    short, long = seconds(100), seconds(1000)
    # It was 3 s a form of 400 characters and 12 s of 800: a factor of 60 and more.
    assert long < 8 * short
