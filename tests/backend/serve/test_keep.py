"""The data folder's secrets."""

import re
from pathlib import Path

import pytest

from miaopu.ids import ms_of, new_ulid
from miaopu.models.base import ULID_PATTERN
from miaopu.serve.keep import KeepError, hold, open_keep


def test_secrets_are_drawn_once_and_kept(tmp_path: Path) -> None:
    first = open_keep(tmp_path / "new" / "folder")
    assert open_keep(tmp_path / "new" / "folder") == first
    assert open_keep(tmp_path / "other").admin_password != first.admin_password
    assert first.admin_password not in repr(first)
    assert first.server_password not in repr(first)


def test_only_the_owner_reads_them(tmp_path: Path) -> None:
    open_keep(tmp_path)
    path = tmp_path / "secrets.json"
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    with pytest.raises(KeepError, match="chmod 600"):
        open_keep(tmp_path)


def test_a_damaged_file_is_not_replaced(tmp_path: Path) -> None:
    open_keep(tmp_path)
    (tmp_path / "secrets.json").write_text("{")
    with pytest.raises(KeepError, match="damaged"):
        open_keep(tmp_path)


def test_a_folder_that_is_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(KeepError, match="file"):
        open_keep(tmp_path / "file")


def test_one_server_at_a_time_has_the_folder(tmp_path: Path) -> None:
    release = hold(tmp_path)
    with pytest.raises(KeepError, match="another server"):
        hold(tmp_path)
    release()
    hold(tmp_path)()


def test_ulids_sort_by_time() -> None:
    assert re.fullmatch(ULID_PATTERN, new_ulid())
    assert new_ulid(1) < new_ulid(2) < new_ulid(1 << 47)
    assert new_ulid(0).startswith("0000000000")
    assert ms_of(new_ulid(1_763_861_784_032)) == 1_763_861_784_032
