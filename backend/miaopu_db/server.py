"""The server: its databases, its administrators, and who a request comes from."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import shutil
import sys
import uuid
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from . import store
from .auth import (
    NOBODY,
    SYSTEM,
    Credentials,
    Sessions,
    Throttle,
    User,
    Verified,
    new_credentials,
    parse_admin,
    parse_basic,
    parse_user,
    read_secret,
    verify,
)
from .compaction import Compactor
from .database import Database, make
from .documents import NewDocument, dumps
from .errors import CouchError, closing, no_database, unauthorized
from .names import SYSTEM_DATABASES, USER_PREFIX, check_database_name, folder_of, name_of
from .replicator import Reach, check_document
from .sandbox import Workshop
from .scheduler import Scheduler
from .security import DEFAULT
from .users import SECURITY as USERS_SECURITY
from .views import Design, Views

log = logging.getLogger(__name__)

VERSION = "3.5.0"


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator may choose.

    `cors_origins`: origins that may call from a page of another host ("*": any).
    `session_seconds`: how long a cookie lives; it is renewed while it is used.
    `max_request`: bytes of one request's body.
    `compact_share`: the share of garbage in a file above which it is compacted (1: never).
    `compact_seconds`: how long between two looks at how much garbage there is.
    `secure_cookies`: True sets `Secure` always, None only when the request came over HTTPS.
    """

    cors_origins: tuple[str, ...] = ()
    cors_credentials: bool = True
    session_seconds: int = 600
    max_request: int = 64 * 1024 * 1024
    secure_cookies: bool | None = None
    compact_share: float = 0.5
    compact_seconds: float = 60
    same_site: str = "Strict"


@dataclass(slots=True)
class Login:
    """Who a request comes from, and a cookie to renew."""

    user: User
    cookie: str | None = None


@dataclass(slots=True)
class Server:
    """All databases below one data folder."""

    data: Path
    admins: dict[str, Credentials]
    settings: Settings
    sessions: Sessions
    uuid: str
    lock: int
    """The descriptor that keeps other servers out of the folder."""
    pool: ThreadPoolExecutor
    hashing: ThreadPoolExecutor
    building: ThreadPoolExecutor
    scripts: ThreadPoolExecutor
    verified: Verified = field(default_factory=Verified)
    throttle: Throttle = field(default_factory=Throttle)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    scheduler: Scheduler = field(init=False)
    compactor: Compactor = field(init=False)
    damaged: set[str] = field(default_factory=set)
    """Databases that were met and whose files are not what was written; until the next start."""
    _open: dict[str, Database] = field(default_factory=dict)
    _names: set[str] = field(default_factory=set)
    _creating: asyncio.Lock = field(default_factory=asyncio.Lock)
    _workshops: dict[str, Workshop] = field(default_factory=dict)
    _views: dict[str, Views] = field(default_factory=dict)
    _tidied: dict[str, int] = field(default_factory=dict)
    _background: set[asyncio.Task[Any]] = field(default_factory=set)
    _checking: dict[tuple[bytes, str], asyncio.Task[bool]] = field(default_factory=dict)
    """Passwords that are being verified, by attempt and address."""
    _people: dict[str, tuple[int, Credentials | None]] = field(default_factory=dict)

    @classmethod
    def start(cls, data: Path, admins: Mapping[str, str], settings: Settings) -> Server:
        """Opens the data folder, making it and the system databases where they are missing.

        Raises ValueError without an administrator or with a password that is not hashed,
        OSError when the folder cannot be written or another server has it."""
        if not admins:
            raise ValueError("the embedded database does not start without an administrator")
        # JSON nests up to 1024 deep, and what walks through it takes a few frames a level.
        sys.setrecursionlimit(max(sys.getrecursionlimit(), 8000))
        parsed = {name: parse_admin(record) for name, record in admins.items()}
        for folder in ("dbs", "trash"):
            (data / folder).mkdir(parents=True, exist_ok=True)
        data.chmod(0o700)
        lock = _hold(data)
        for left in (data / "trash").iterdir():
            shutil.rmtree(left, ignore_errors=True)
        for name, security in (("_users", USERS_SECURITY), ("_replicator", DEFAULT)):
            place = data / "dbs" / folder_of(name)
            if not place.exists():
                make(place, security)
        identity = data / "uuid"
        if not identity.exists():
            identity.write_text(uuid.uuid4().hex)
        server = cls(
            data,
            parsed,
            settings,
            Sessions(read_secret(data / "secret"), settings.session_seconds),
            identity.read_text().strip(),
            lock,
            ThreadPoolExecutor(max_workers=8, thread_name_prefix="couch"),
            ThreadPoolExecutor(max_workers=2, thread_name_prefix="couch-hash"),
            # Each waits for one index to be built, and computes nothing itself.
            ThreadPoolExecutor(max_workers=32, thread_name_prefix="couch-views"),
            # Each waits for foreign code, so that a slow filter holds up no ordinary reader.
            ThreadPoolExecutor(max_workers=16, thread_name_prefix="couch-scripts"),
        )
        server._names = {name_of(folder.name) for folder in (data / "dbs").iterdir()}
        return server

    def begin(self, reach: Reach) -> None:
        """What the server does of its own accord: the replications of `_replicator`, and
        compaction. `reach` is how it calls itself."""
        self.scheduler = Scheduler(
            self.uuid, reach, self.spawn, lambda: self.database("_replicator"), self.identify
        )
        if "_replicator" in self._names:
            self.scheduler.begin()
        self.compactor = Compactor(self.pool, self.building, self.settings.compact_share)
        self.spawn(self._tidy())

    async def _tidy(self) -> None:
        """Gives the room of garbage back, now and then."""
        while True:
            await asyncio.sleep(self.settings.compact_seconds)
            for database in self.open_databases():
                self.tidy_views(database)
            await self.compactor.look(
                (database, self._views.get(database.name)) for database in self.open_databases()
            )

    def identify(self, name: str | None) -> User:
        """A user as they stand now, without a password: for work done in their name."""
        credentials = self.credentials(name) if name is not None else None
        return User(name, credentials.roles if credentials is not None else (), "internal")

    def check_replication(
        self, document: NewDocument, user: User, database: Database
    ) -> NewDocument:
        """A `_replicator` document with its owner; 403 for one that may not be."""
        if document.deleted or document.id.startswith("_"):
            return document
        old = database.read_now(lambda cx: store.read_winner(cx, document.id))
        owner = orjson.loads(old.body).get("owner") if old is not None else None
        members = check_document(orjson.loads(document.body), user, owner)
        document.body = dumps(members)
        return document

    # -- databases ---------------------------------------------------------------------------

    def names(self) -> list[str]:
        return sorted(self._names)

    def database(self, name: str) -> Database:
        """The open database; 404 when there is none of that name."""
        if self.stopping.is_set():
            raise closing()
        found = self._open.get(name)
        if found is not None:
            return found
        if name not in self._names:
            raise no_database()
        folder = self.data / "dbs" / folder_of(name)
        database = Database(name, folder, self.pool, self.scripts, self._note_damaged)
        database.loop = asyncio.get_running_loop()
        if name == "_users":
            database.listen(lambda _: self._people.clear())
        self._open[name] = database
        return database

    def _note_damaged(self, name: str) -> None:
        if name not in self.damaged:
            self.damaged.add(name)
            log.error("the file of database %s is damaged: bring it back from a backup", name)

    async def create(self, name: str) -> Database:
        """A new database; 412 when it exists, 400 for a name CouchDB would not have."""
        check_database_name(name)
        async with self._creating:
            if name in self._names:
                raise CouchError(
                    412,
                    "file_exists",
                    "The database could not be created, the file already exists.",
                )
            security = USERS_SECURITY if name == "_users" else DEFAULT
            folder = self.data / "dbs" / folder_of(name)
            await asyncio.get_running_loop().run_in_executor(self.pool, make, folder, security)
            self._names.add(name)
        if name == "_replicator":
            self.scheduler.begin()
        return self.database(name)

    async def delete(self, name: str) -> None:
        """Forgets a database at once; its files go in the background."""
        async with self._creating:
            if name not in self._names:
                raise no_database()
            self._names.discard(name)
            database = self._open.pop(name, None)
            workshop = self._workshops.pop(name, None)
            if workshop is not None:
                workshop.close()
            folder = self.data / "dbs" / folder_of(name)
            grave = self.data / "trash" / uuid.uuid4().hex
            loop = asyncio.get_running_loop()
            views = self._views.pop(name, None)
            if views is not None:
                await loop.run_in_executor(self.pool, views.close)
            if database is not None:
                await loop.run_in_executor(self.pool, _close, database)
                database.wake()
            await loop.run_in_executor(self.pool, folder.rename, grave)
        if name == "_users":
            self._people.clear()
        elif name == "_replicator":
            self.scheduler.forget()
        self.spawn(self._remove(grave))

    async def _remove(self, grave: Path) -> None:
        await asyncio.get_running_loop().run_in_executor(
            self.pool, lambda: shutil.rmtree(grave, ignore_errors=True)
        )

    def spawn(self, work: Any) -> asyncio.Task[Any]:
        """Runs a coroutine in the background, for as long as the server lives."""
        task = asyncio.get_running_loop().create_task(work)
        self._background.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._background.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("a background task failed", exc_info=task.exception())

    def open_databases(self) -> Iterable[Database]:
        return list(self._open.values())

    async def stop(self) -> None:
        """Ends feeds and background work, then closes every database."""
        if self.stopping.is_set():
            return
        self.stopping.set()
        background = list(self._background)
        for task in background:
            task.cancel()
        await asyncio.gather(*background, return_exceptions=True)
        databases = list(self._open.values())
        loop = asyncio.get_running_loop()
        await asyncio.gather(
            *(loop.run_in_executor(self.pool, views.close) for views in self._views.values())
        )
        await asyncio.gather(
            *(loop.run_in_executor(self.pool, _close, database) for database in databases)
        )
        for database in databases:
            database.wake()
        self._open.clear()
        for workshop in self._workshops.values():
            workshop.close()
        self.pool.shutdown(wait=False)
        self.hashing.shutdown(wait=False)
        self.building.shutdown(wait=False)
        self.scripts.shutdown(wait=False)
        os.close(self.lock)

    # -- people ------------------------------------------------------------------------------

    def credentials(self, name: str) -> Credentials | None:
        """How `name`'s password is known: of an administrator, or from `_users`."""
        admin = self.admins.get(name)
        if admin is not None or "_users" not in self._names:
            return admin
        users = self.database("_users")
        cached = self._people.get(name)
        if cached is not None and cached[0] == users.seq:
            return cached[1]
        seq = users.seq
        document = users.read_now(lambda cx: store.read_winner(cx, USER_PREFIX + name))
        members = orjson.loads(document.body) if document is not None else {}
        found = parse_user(members) if members.get("name") == name else None
        if len(self._people) > 5000:
            self._people.clear()
        self._people[name] = (seq, found)
        return found

    async def check_password(self, name: str, password: str, address: str) -> Credentials:
        """The user's credentials; 401 when the password is wrong, 429 while they must wait."""
        credentials = self.credentials(name)
        mark = self.verified.mark(name, password, credentials)
        # Who is known already goes on working while somebody else guesses.
        if credentials is not None and self.verified.knows(mark):
            return credentials
        checking = self._checking.get((mark, address))
        if checking is None:
            self.throttle.begin(name, address)
            # The first requests of a client come together, and are one attempt.
            checking = self.spawn(self._verify(name, password, address, credentials, mark))
            self._checking[mark, address] = checking
        right = await asyncio.shield(checking)
        if credentials is None or not right:
            raise unauthorized("Name or password is incorrect.")
        return credentials

    async def _verify(
        self,
        name: str,
        password: str,
        address: str,
        credentials: Credentials | None,
        mark: bytes,
    ) -> bool:
        loop = asyncio.get_running_loop()
        try:
            right = await loop.run_in_executor(self.hashing, verify, credentials, password)
        finally:
            del self._checking[mark, address]
        if right and credentials is not None:
            self.verified.add(mark)
            self.throttle.succeeded(name, address)
            if credentials.is_weak and name not in self.admins:
                self.spawn(self._strengthen(name, password, credentials))
        return right

    async def _strengthen(self, name: str, password: str, known: Credentials) -> None:
        """Keeps a password that has just been right as strongly as a new one."""
        loop = asyncio.get_running_loop()
        made = await loop.run_in_executor(self.hashing, new_credentials, password, known.salt)
        users = self.database("_users")
        document = users.read_now(lambda cx: store.read_winner(cx, USER_PREFIX + name))
        members = orjson.loads(document.body) if document is not None else {}
        if document is None or parse_user(members) != known:
            return  # it was changed meanwhile
        new = NewDocument(document.id, [document.rev], False, dumps(members | made))
        # Another change may come first; the next login tries again.
        await users.update([new], SYSTEM)

    async def authenticated(self, name: str, password: str, address: str) -> User:
        """The user of this name and password; raises as `check_password`."""
        credentials = await self.check_password(name, password, address)
        return User(name, credentials.roles, "default", credentials.salt)

    async def login(self, authorization: str | None, cookie: str | None, address: str) -> Login:
        """Who a request comes from. A wrong password is an error, a stale cookie is nobody."""
        if authorization:
            pair = parse_basic(authorization)
            if pair is not None:
                return Login(await self.authenticated(*pair, address))
        if cookie:
            return self._by_cookie(cookie)
        return Login(NOBODY)

    def still_reads(self, user: User, database: Database) -> bool:
        """Whether who opened a feed may still have it: the same password, and still a member."""
        if user.handler == "internal":
            return True
        credentials = self.credentials(user.name) if user.name is not None else None
        if credentials is None or credentials.salt != user.stamp:
            return False
        return database.security.is_member(User(user.name, credentials.roles))

    def database_for(self, name: str, user: User) -> Database:
        """The database, as long as the user may have it; 401 or 403 when that has ended."""
        database = self.database(name)
        if not self.still_reads(user, database):
            raise unauthorized("Name or password is incorrect.")
        database.security.require_member(user)
        return database

    def _by_cookie(self, cookie: str) -> Login:
        claim = self.sessions.claimed(cookie)
        credentials = self.credentials(claim[0]) if claim is not None else None
        if claim is None or credentials is None:
            return Login(NOBODY)
        age = self.sessions.age(claim, credentials.salt)
        if age is None:
            return Login(NOBODY)
        user = User(claim[0], credentials.roles, "cookie", credentials.salt)
        if age > self.sessions.timeout * 0.1:
            return Login(user, self.sessions.issue(claim[0], credentials.salt))
        return Login(user)

    def workshop(self, name: str) -> Workshop:
        """The thread that runs the filters of one database."""
        found = self._workshops.get(name)
        if found is None:
            found = self._workshops[name] = Workshop(f"scripts {name}")
        return found

    def tasks(self) -> list[dict[str, Any]]:
        """Replications and compactions under way, as `_active_tasks` lists them."""
        replications = [job for job in self.scheduler.jobs() if job.state == "running"]
        return self.compactor.tasks() + [job.task_members() for job in replications]

    def views(self, database: Database) -> Views:
        """The view indexes of a database."""
        found = self._views.get(database.name)
        if found is None or found.database is not database:
            found = self._views[database.name] = Views(database)
        return found

    def tidy_views(self, database: Database) -> None:
        """After a design document changed and its new views are built: removes the old ones."""
        generation = database.design_generation
        if self._tidied.get(database.uuid) == generation:
            return
        self._tidied[database.uuid] = generation
        self.spawn(self.clean_views(database))

    async def clean_views(self, database: Database) -> None:
        """Removes the indexes that no design document describes."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self.pool, _clean, self.views(database))

    def is_system(self, name: str) -> bool:
        return name in SYSTEM_DATABASES


def _hold(data: Path) -> int:
    """Keeps other servers out of `data` for as long as the descriptor is open: two that write the
    same files would each overwrite what the other has counted."""
    descriptor = os.open(data / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise OSError(f"another server uses {data}; stop it first") from None
    return descriptor


def _close(database: Database) -> None:
    """Closes a database from a thread beside the event loop."""
    database.shut()


def _clean(views: Views) -> None:
    def signatures() -> set[str]:
        with views.database.reader() as cx:
            return {
                Design.parse(document.id, orjson.loads(document.body)).signature
                for document in store.iterate_design(cx)
            }

    views.cleanup(signatures)
