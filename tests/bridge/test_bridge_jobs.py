import asyncio
import datetime as dt
import errno
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from bridge_desk import NOTICE, ORIGIN, OTHER_ORIGIN

from miaopu.printing import check
from miaopu_bridge.config import DeviceConfig
from miaopu_bridge.drivers.base import Document, Printer, PrinterError
from miaopu_bridge.files import write_private
from miaopu_bridge.jobs import Job, Jobs, NotNowError, UnknownJobError
from miaopu_bridge.shapes import JobChanged

FORM = check("notice", NOTICE)


class Tray(Printer):
    """A printer plug-in whose paper is in the test's hand."""

    wants_pdf = False

    def __init__(self) -> None:
        super().__init__(DeviceConfig(id="tray", driver="tray"))
        self.printed: list[Document] = []
        self.fails: Exception | None = None

    def status(self) -> str:
        return ""

    def send(self, document: Document) -> None:
        if self.fails is not None:
            raise self.fails
        self.printed.append(document)


@asynccontextmanager
async def running(
    folder: Path, tray: Printer, events: list[JobChanged] | None = None
) -> AsyncIterator[Jobs]:
    told = events if events is not None else []
    jobs = Jobs(folder, {"tray": tray}, lambda event, _: told.append(event), keep_hours=2)
    jobs.start()
    yield jobs
    await jobs.stop()


def files_of(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def add(jobs: Jobs, origin: str = ORIGIN) -> Job:
    return jobs.add("notice", FORM, "zh", "tray", 1, origin)


async def test_a_job_is_printed_once_and_told(tmp_path: Path) -> None:
    tray, events = Tray(), list[JobChanged]()
    async with running(tmp_path, tray, events) as jobs:
        job = await jobs.wait(add(jobs), 5)
        assert job.state == "done"
    assert [document.form for document in tray.printed] == [FORM]
    assert [event.state for event in events] == ["queued", "printing", "done"]
    assert "王苗苗" not in str(events)


async def test_files_are_private_and_only_one_holds_the_child(tmp_path: Path) -> None:
    async with running(tmp_path, Tray()) as jobs:
        await jobs.wait(add(jobs), 5)
    for path in files_of(tmp_path):
        assert path.stat().st_mode & 0o777 == 0o600
        assert ("王苗苗" in path.read_text()) == path.name.endswith(".data.json")


async def test_a_failed_job_waits_for_its_retry(tmp_path: Path) -> None:
    tray = Tray()
    tray.fails = PrinterError("printer.no_paper", "no paper")
    async with running(tmp_path, tray) as jobs:
        job = await jobs.wait(add(jobs), 5)
        assert (job.state, job.reason) == ("failed", "printer.no_paper")
        assert str(job.public().message).startswith("zh='打印机缺纸")
        tray.fails = None
        job = await jobs.wait(jobs.retry(job), 5)
        assert (job.state, job.reason, job.attempts) == ("done", "", 2)
        with pytest.raises(NotNowError):
            jobs.retry(job)
    assert len(tray.printed) == 1


async def test_an_unknown_failure_is_not_quoted_and_the_printer_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tray = Tray()
    tray.fails = RuntimeError("王苗苗")
    async with running(tmp_path, tray) as jobs:
        job = await jobs.wait(add(jobs), 5)
        assert (job.state, job.reason) == ("failed", "job.failed")
        assert "王苗苗" not in job.detail + caplog.text
        tray.fails = None
        assert (await jobs.wait(add(jobs), 5)).state == "done"


class Folder(Tray):
    """It takes PDF, and a person who looks for paper finds none."""

    wants_pdf = True
    paper = False


async def test_a_job_that_went_to_a_folder_does_not_say_that_it_is_on_paper(
    tmp_path: Path,
) -> None:
    async with running(tmp_path / "a", Tray()) as jobs:
        assert (await jobs.wait(add(jobs), 5)).public().paper
    async with running(tmp_path / "b", Folder()) as jobs:
        job = await jobs.wait(add(jobs), 60)
        assert (job.state, job.public().paper) == ("done", False)


async def test_a_form_that_cannot_be_set_says_which_field_and_never_the_child(
    tmp_path: Path,
) -> None:
    rare = NOTICE | {"child": NOTICE["child"] | {"name": "王\U0003fffd"}}
    async with running(tmp_path, Folder()) as jobs:
        job = jobs.add("notice", check("notice", rare), "zh", "tray", 1, ORIGIN)
        shown = (await jobs.wait(job, 60)).public()
    assert (shown.state, shown.reason) == ("failed", "print.no_glyph")
    assert [each.field for each in shown.fields] == ["child.name"]
    assert "王" not in str(shown)


async def test_waiting_jobs_outlive_the_bridge(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path, {"tray": Tray()}, lambda *_: None, keep_hours=2)
    jobs._queues = {"tray": asyncio.Queue()}  # accepted, and then the power fails
    job = add(jobs)
    tray = Tray()
    async with running(tmp_path, tray) as after:
        assert (await after.wait(job, 5)).state == "done"
    assert len(tray.printed) == 1


async def test_a_job_that_was_being_printed_is_not_printed_again_by_itself(tmp_path: Path) -> None:
    async with running(tmp_path, Tray()) as jobs:
        job = await jobs.wait(add(jobs), 5)
    path = tmp_path / f"{job.id}.json"
    path.write_text(job.model_copy(update={"state": "printing"}).model_dump_json())
    (tmp_path / "other.json").write_text("garbage")
    tray = Tray()
    async with running(tmp_path, tray) as jobs:
        found = jobs.get(job.id, ORIGIN)
        assert (found.state, found.reason) == ("failed", "job.interrupted")
        assert (await jobs.wait(jobs.retry(found), 5)).state == "done"
    assert len(tray.printed) == 1
    assert (tmp_path / "other.json").exists()


async def test_a_job_of_a_printer_that_is_gone_is_said(tmp_path: Path) -> None:
    tray = Tray()
    tray.fails = PrinterError("printer.unplugged", "gone")
    async with running(tmp_path, tray) as jobs:
        job = await jobs.wait(add(jobs), 5)
    jobs = Jobs(tmp_path, {}, lambda *_: None, keep_hours=2)
    jobs.start()
    with pytest.raises(NotNowError, match="no longer configured"):
        jobs.retry(jobs.get(job.id, ORIGIN))
    await jobs.stop()


async def test_done_jobs_are_purged_and_failed_ones_wait_longer(tmp_path: Path) -> None:
    tray = Tray()
    async with running(tmp_path, tray) as jobs:
        done = await jobs.wait(add(jobs), 5)
        tray.fails = PrinterError("printer.no_paper", "no paper")
        failed = await jobs.wait(add(jobs), 5)
        start = dt.datetime.now(dt.UTC)
        jobs.purge(start + dt.timedelta(hours=1))
        assert len(jobs.list(ORIGIN)) == 2
        jobs.purge(start + dt.timedelta(hours=3))
        assert [job.id for job in jobs.list(ORIGIN)] == [failed.id]
        assert not [path for path in files_of(tmp_path) if path.name.startswith(done.id)]
        jobs.purge(start + dt.timedelta(hours=15))
        assert files_of(tmp_path) == []


async def test_a_full_disk_refuses_a_job_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, content: bytes) -> None:
        if path.name.endswith(".data.json"):
            write_private(path, content)
        else:
            raise OSError(errno.ENOSPC, "No space left on device")

    async with running(tmp_path, Tray()) as jobs:
        monkeypatch.setattr("miaopu_bridge.jobs.write_private", full)
        with pytest.raises(OSError, match="No space"):
            add(jobs)
        assert jobs.list(None) == []
        assert files_of(tmp_path) == []


async def test_a_disk_that_fills_while_printing_does_not_stop_the_printer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(path: Path, content: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    tray = Tray()
    async with running(tmp_path, tray) as jobs:
        job = add(jobs)
        monkeypatch.setattr("miaopu_bridge.jobs.write_private", full)
        assert (await jobs.wait(job, 5)).state == "done"
        monkeypatch.undo()
        assert (await jobs.wait(add(jobs), 5)).state == "done"
    assert len(tray.printed) == 2
    assert "No space left" in caplog.text


async def test_what_a_crash_left_half_written_is_removed(tmp_path: Path) -> None:
    (tmp_path / "1.data.json").write_text("{}")
    (tmp_path / ".2.json.abcd").write_text("{}")
    (tmp_path / "3.json").write_text("garbage")
    (tmp_path / "3.data.json").write_text("{}")
    async with running(tmp_path, Tray()):
        assert [path.name for path in files_of(tmp_path)] == ["3.data.json", "3.json"]


async def test_jobs_belong_to_the_origin_that_made_them(tmp_path: Path) -> None:
    async with running(tmp_path, Tray()) as jobs:
        job = add(jobs)
        assert jobs.get(job.id, None) == jobs.get(job.id, ORIGIN)
        with pytest.raises(UnknownJobError):
            jobs.get(job.id, OTHER_ORIGIN)
        assert jobs.list(OTHER_ORIGIN) == []
        await jobs.wait(job, 5)
