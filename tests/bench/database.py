"""`./dev bench database`: the embedded database's speed, printed; with MIAOPU_COUCHDB_URL beside
that CouchDB's in the same run, step by step in turn."""

import argparse
import os
import re
import secrets
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx

COUCHDB = os.environ.get("MIAOPU_COUCHDB_URL")
BATCH = 500
CLIENTS = (1, 10, 50)
PADDING = "苗" * 2300
"""Brings a document to about 7 kB, as a child's is."""
POUCHDB = Path(__file__).parents[2] / "pwa" / "bench" / "database.mjs"

MAP = "function (doc) { emit(doc.n, null); }"


def document(number: int) -> dict[str, object]:
    return {"_id": f"child:{number:08d}", "type": "child", "n": number, "facts": PADDING}


@contextmanager
def embedded() -> Iterator[str]:
    """The address of an embedded database of its own process and folder."""
    password = secrets.token_urlsafe(12)
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "miaopu_db", "--data", str(Path(folder) / "data"),
             "--port", "0", "--admin", "admin"],
            env={**os.environ, "MIAOPU_ADMIN_PASSWORD": password},
            stdout=subprocess.PIPE,
            text=True,
        )  # fmt: skip
        try:
            assert process.stdout is not None
            found = re.search(r"http://(\S+)/", process.stdout.readline())
            if found is None:
                raise SystemExit("the embedded database did not start")
            yield f"http://admin:{password}@{found[1]}"
        finally:
            process.terminate()
            process.wait(20)


def rate(count: int, work: Callable[[], object]) -> float:
    """How many a second."""
    started = time.perf_counter()
    work()
    return count / (time.perf_counter() - started)


def replicated(way: str, url: str, count: int) -> float:
    """How many documents a second PouchDB's own replication brings in or out."""
    answer = subprocess.run(  # noqa: S603 - our own script
        ["node", str(POUCHDB), way, str(count)],  # noqa: S607 - node is on the PATH
        env={**os.environ, "MIAOPU_BENCH_URL": url},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return count / float(answer.stdout) * 1000


def measure(url: str, documents: int, singles: int) -> Iterator[tuple[str, float]]:
    """What is measured of one server, and how many documents a second it came to."""
    name = f"bench-{uuid.uuid4().hex}"
    limits = httpx.Limits(max_connections=max(CLIENTS))
    with httpx.Client(base_url=url, timeout=600, limits=limits, trust_env=False) as client:

        def send(method: str, path: str, **more: object) -> httpx.Response:
            answer = client.request(method, f"{name}{path}", **more)  # type: ignore[arg-type]
            answer.raise_for_status()
            return answer

        def bulk() -> None:
            for start in range(0, documents, BATCH):
                docs = [document(n) for n in range(start, min(start + BATCH, documents))]
                send("POST", "/_bulk_docs", json={"docs": docs})

        def single(_: int) -> None:
            send("PUT", f"/{uuid.uuid4().hex}", json={"n": 1, "facts": PADDING})

        send("PUT", "")
        try:
            yield "bulk writes", rate(documents, bulk)
            design = {"views": {"by_n": {"map": MAP}}}
            send("PUT", "/_design/bench", json=design)
            view = "/_design/bench/_view/by_n?limit=1"
            yield "view build", rate(documents, lambda: send("GET", view))
            yield "changes", rate(documents, lambda: send("GET", "/_changes"))
            with_docs = "/_changes?include_docs=true"
            yield "changes with documents", rate(documents, lambda: send("GET", with_docs))
            for clients in CLIENTS:
                with ThreadPoolExecutor(clients) as pool:
                    done = rate(singles, lambda: list(pool.map(single, range(singles))))
                yield f"single writes, {clients} at once", done
            client.put(f"{name}-pushed").raise_for_status()
            for way in ("push", "pull"):
                yield f"{way} by PouchDB", replicated(way, f"{url}/{name}-pushed", documents)
        finally:
            client.delete(name)
            client.delete(f"{name}-pushed")


def main() -> None:
    parser = argparse.ArgumentParser(prog="./dev bench database")
    parser.add_argument("--documents", type=int, default=5000)
    parser.add_argument("--singles", type=int, default=500)
    options = parser.parse_args()
    with embedded() as url:
        runs = [measure(url, options.documents, options.singles)]
        if COUCHDB:
            runs.append(measure(COUCHDB, options.documents, options.singles))
        print(f"{'documents/s':<28}{'embedded':>12}" + (f"{'CouchDB':>12}" if COUCHDB else ""))
        slower = []
        for row in zip(*runs, strict=True):
            what, ours = row[0]
            print(f"{what:<28}" + "".join(f"{figure:>12,.0f}" for _, figure in row), flush=True)
            if ours < row[-1][1]:
                slower.append(what)
        if slower:
            sys.exit(f"slower than CouchDB: {', '.join(slower)}")


if __name__ == "__main__":
    main()
