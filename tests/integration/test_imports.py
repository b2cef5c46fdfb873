"""Bringing old records in over HTTP: previewed, written, written again, taken back."""

import datetime as dt
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from served import PASSWORD, Server, running, stop, until

from miaopu.demo.old_records import as_csv, as_xlsx, dose_table, wide_table

Json = dict[str, Any]

TODAY = dt.date(2026, 11, 20)
CODES = "9901219999"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running("embedded", tmp_path_factory.mktemp("imports")) as found:
        yield found


class Desk:
    """Somebody of the clinic before the page."""

    def __init__(self, server: Server, name: str) -> None:
        self.http = httpx.Client(base_url=server.address, timeout=60, trust_env=False)
        login = {"name": name, "password": PASSWORD}
        self.http.post("/db/_session", json=login).raise_for_status()

    def send(self, data: bytes, name: str = "旧资料.xlsx") -> httpx.Response:
        return self.http.post(
            "/api/imports/files", content=data, headers={"x-file-name": quote(name)}
        )

    def ended(self, answer: httpx.Response) -> Json:
        answer.raise_for_status()
        job = answer.json()["id"]

        def state() -> Json | None:
            found: Json = self.http.get(f"/api/imports/jobs/{job}").json()
            return found if found["state"] in ("ready", "done", "failed") else None

        found: Json = until(state, "the import", 120)
        return found

    def ask(self, path: str, **body: Any) -> httpx.Response:
        return self.http.post(f"/api/imports/{path}", json=body)

    def brought(self, data: bytes, **more: Any) -> Json:
        return self.ended(self.ask("commit", id=self.ended(self.send(data))["id"], **more))


@pytest.fixture(scope="module")
def senior(server: Server) -> Desk:
    return Desk(server, f"senior-{server.place.sites[0]}")


def children(server: Server) -> list[Json]:
    with server.administrator() as admin:
        asked = {"startkey": '"child:"', "endkey": '"child;"', "include_docs": "true"}
        rows = admin.get(f"{server.site}/_all_docs", params=asked).json()["rows"]
    return [row["doc"] for row in rows]


def test_a_table_is_brought_in_once_and_taken_back(server: Server, senior: Desk) -> None:
    data = as_xlsx(wide_table(CODES, 40, 11, TODAY))
    seen = senior.ended(senior.send(data))
    assert (seen["state"], seen["counts"]["new"], seen["before"]) == ("ready", 40, None)
    assert seen["mapping"]["kind"] == "child"
    assert children(server) == []
    done = senior.ended(senior.ask("commit", id=seen["id"]))
    assert done["state"] == "done"
    there = children(server)
    assert len(there) == 40
    senior_name = f"senior-{server.place.sites[0]}"
    events = [event for child in there for event in child["events"].values()]
    assert {(e["by"], f"batch:{e['batch']}") for e in events} == {(senior_name, done["batch"])}
    assert len(events) == seen["counts"]["events"]

    again = senior.ended(senior.send(data))
    assert (again["counts"]["matched"], again["counts"]["events"]) == (40, 0)
    assert again["before"] is not None
    again = senior.ended(senior.ask("commit", id=again["id"]))
    assert [child["_rev"] for child in children(server)] == [child["_rev"] for child in there]

    listed = senior.http.get("/api/imports/batches").json()["batches"]
    assert [(one["cases"], one["state"]) for one in listed] == [(0, "done"), (40, "done")]
    undone = senior.ended(senior.ask("undo", batch=done["batch"]))
    assert undone["state"] == "done"
    found = senior.http.get("/api/imports/batches").json()["batches"][1]["undone"]
    assert (found["cases"], found["events"], found["kept_cases"]) == (40, len(events), 0)
    for child in children(server):
        voided = {e["target"] for e in child["events"].values() if e["kind"] == "void"}
        assert set(child["events"]) == voided | {
            ulid for ulid, e in child["events"].items() if e["kind"] == "void"
        }
    assert senior.ask("undo", batch=done["batch"]).status_code == 409
    assert senior.ended(senior.send(data))["counts"]["new"] == 40


def test_a_table_of_doses_in_gbk(server: Server, senior: Desk) -> None:
    data = as_csv(dose_table(CODES, 10, 12, TODAY))
    before = len(children(server))
    done = senior.brought(data)
    counts = done["counts"]
    assert done["mapping"]["encoding"] == "gbk"
    assert counts["rows"] == counts["new"] + counts["matched"] + counts["doubt"] + counts["error"]
    assert len(children(server)) - before == counts["children"] == 10


def test_a_case_that_changed_after_the_preview_is_looked_at_again(
    server: Server, senior: Desk
) -> None:
    header = "姓名,性别,出生日期,母亲姓名,卡介苗,乙肝1\n"
    line = "赵看看,男,2024-01-05,钱看看,2024-01-06,{}\n"
    senior.brought((header + line.format("")).encode())
    (child,) = (it for it in children(server) if it["facts"]["name"]["value"] == "赵看看")
    seen = senior.ended(senior.send((header + line.format("2024-01-06")).encode()))
    assert seen["counts"]["matched"] == 1
    with server.administrator() as admin:
        fact = {"value": "15412345678", "at": "2026-11-23T01:02:03.004Z", "by": server.nurse}
        child["facts"]["phone"] = fact
        admin.put(f"{server.site}/{child['_id']}", json=child).raise_for_status()
    done = senior.ended(senior.ask("commit", id=seen["id"]))
    assert (done["counts"]["doubt"], done["problems"]) == (1, {"changed": 1})
    assert len(next(it for it in children(server) if it["_id"] == child["_id"])["events"]) == 1
    assert senior.brought((header + line.format("2024-01-06")).encode())["counts"]["events"] == 1


def test_a_doubt_is_decided(server: Server, senior: Desk) -> None:
    header = "姓名,性别,出生日期,母亲姓名,卡介苗\n"
    senior.brought((header + "孙某之子,男,2024-02-05,孙妈妈,2024-02-06\n").encode())
    seen = senior.ended(senior.send((header + "孙大名,男,2024-02-05,孙妈妈,2024-02-06\n").encode()))
    (row,) = senior.ask("rows", id=seen["id"], outcome="doubt").json()["rows"]
    assert row["problems"][0]["code"] == "family"
    (candidate,) = row["candidates"]
    assert candidate["name"] == "孙某之子"
    decision = {"row": row["row"], "child": candidate["id"]}
    done = senior.ended(senior.ask("commit", id=seen["id"], decisions=[decision]))
    assert (done["counts"]["matched"], done["counts"]["events"]) == (1, 0)


def test_only_seniors_of_the_clinic(server: Server, senior: Desk) -> None:
    nurse = Desk(server, server.nurse)
    assert nurse.send(b"a").status_code == 403
    assert nurse.http.get("/api/imports/batches").status_code == 403
    assert httpx.post(f"{server.address}/api/imports/files", content=b"a").status_code == 401
    chief = Desk(server, f"chief-{server.place.county}")
    assert chief.send(b"a").status_code == 403
    job = senior.send(b"a,b\n").json()["id"]
    assert nurse.http.get(f"/api/imports/jobs/{job}").status_code == 403


def test_what_cannot_be_read_is_said_and_nothing_of_it_is_logged(
    server: Server, senior: Desk
) -> None:
    failed = senior.ended(senior.send("绝密姓名\n".encode(), "绝密文件.csv"))
    assert (failed["state"], failed["code"]) == ("failed", "file-no-header")
    assert senior.send(b"0" * 20_000_001).status_code == 413
    log = (server.data.parent / "server.log").read_text()
    assert "绝密" not in log


def test_the_trail_has_the_import(server: Server) -> None:
    with server.administrator() as admin:

        def entries() -> list[Json]:
            asked = {"include_docs": "true"}
            rows = admin.get(f"audit-{server.place.county}/_all_docs", params=asked).json()["rows"]
            return [row["doc"] for row in rows if row["doc"].get("request") == "imports/commit"]

        found = until(entries, "the trail", 30)
    assert found[0]["action"] == "write"


def test_the_command_does_the_same(tmp_path: Path) -> None:
    table = tmp_path / "旧.csv"
    with running("embedded", tmp_path) as server:
        site = server.place.sites[0]
        table.write_bytes(as_csv(wide_table(CODES, 5, 13, TODAY)))
        environment = {"MIAOPU_USER": f"senior-{site}", "MIAOPU_PASSWORD": PASSWORD}
        by_url = ["--url", server.address]
        assert _command(table, site, [*by_url, "--dry-run"], environment)["counts"]["new"] == 5
        assert len(children(server)) == 0
        assert _command(table, site, by_url, environment)["counts"]["children"] == 5
        assert len(children(server)) == 5
        stop(server.process)
        by_data = ["--data", str(server.data), "--by", f"senior-{site}"]
        found = _command(table, site, by_data, {})
        assert (found["counts"]["matched"], found["counts"]["events"]) == (5, 0)


def _command(table: Path, site: str, options: list[str], environment: dict[str, str]) -> Json:
    program = [sys.executable, "-c", "from miaopu.cli import main; main()"]
    run = subprocess.run(  # noqa: S603 - our own program
        [*program, "import", str(table), "--site", site, "--json", *options],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=False,
    )
    assert run.returncode == 0, run.stderr
    found: Json = json.loads(run.stdout)
    return found
