"""Printers that take PDF: a folder, and CUPS."""

import datetime as dt
import shutil
import subprocess
from pathlib import Path

from miaopu_bridge.config import DeviceConfig
from miaopu_bridge.drivers.base import Document, Printer, PrinterError
from miaopu_bridge.files import private_folder, write_private

LP_TIMEOUT_S = 30


class PdfPrinter(Printer):
    """Writes each job as a PDF file, readable by this user only, into the option `folder`.

    The file's name holds the form and the job, nothing of the child.
    """

    wants_pdf = True
    paper = False

    def __init__(self, config: DeviceConfig) -> None:
        super().__init__(config)
        self.folder = Path(str(config.options.get("folder", "."))).expanduser()

    def status(self) -> str:
        try:
            private_folder(self.folder) if not self.folder.exists() else None
        except OSError as error:
            return f"the folder {self.folder} cannot be made: {error.strerror}"
        return "" if self.folder.is_dir() else f"{self.folder} is not a folder"

    def send(self, document: Document) -> Path:
        assert document.pdf is not None  # noqa: S101 -- wants_pdf promises it
        today = dt.datetime.now().astimezone().strftime("%Y%m%d")
        target = self.folder / f"{document.template}-{today}-{document.job}.pdf"
        try:
            if problem := self.status():
                raise PrinterError("printer.folder", problem)
            write_private(target, document.pdf.read_bytes())
        except OSError as error:
            raise PrinterError(
                "printer.folder", f"{self.folder} cannot be written: {error.strerror}"
            ) from error
        return target


class CupsPrinter(Printer):
    """Hands each job to CUPS with `lp`; the option `queue` names a queue, else the default."""

    wants_pdf = True

    def __init__(self, config: DeviceConfig) -> None:
        super().__init__(config)
        self.queue = str(config.options.get("queue", ""))

    def status(self) -> str:
        if shutil.which("lp") is None:
            return "the program lp is not installed (package cups-client)"
        return ""

    def send(self, document: Document) -> None:
        if problem := self.status():
            raise PrinterError("printer.no_cups", problem)
        # The title is what a queue shows to everybody: the form and the job, no name.
        command = [
            "lp",
            "-s",
            "-n",
            str(document.copies),
            "-t",
            f"{document.template} {document.job}",
        ]
        if self.queue:
            command += ["-d", self.queue]
        try:
            done = subprocess.run(  # noqa: S603 -- fixed program, no shell
                [*command, "--", str(document.pdf)],
                capture_output=True,
                text=True,
                timeout=LP_TIMEOUT_S,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise PrinterError("printer.cups", f"lp failed: {error}") from error
        if done.returncode != 0:
            raise PrinterError("printer.cups", done.stderr.strip() or "lp failed")
