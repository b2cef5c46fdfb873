import json
from pathlib import Path

import pytest

from miaopu_bridge import config as configuration
from miaopu_bridge.config import ConfigError
from miaopu_bridge.messages import MESSAGES, say
from miaopu_bridge.pairing import (
    LOCKOUT_S,
    TRIES_PER_CODE,
    Pairings,
    TooManyTriesError,
    WrongCodeError,
    normal_origin,
)

HERE, THERE = "http://localhost:8000", "https://clinic.example"


class World:
    """A bridge's memory with a clock in the test's hand."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "pairings.json"
        self.shown: list[str] = []
        self.time = 0.0
        self.pairings = self.restart()

    def restart(self, *origins: str) -> Pairings:
        self.pairings = Pairings(
            self.path, origins or (HERE, THERE), self.shown.append, lambda: self.time
        )
        return self.pairings

    @property
    def wrong(self) -> str:
        return f"{(int(self.shown[-1]) + 1) % 1_000_000:06d}"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_a_code_is_six_digits_and_good_once(world: World) -> None:
    code = world.shown[-1]
    assert len(code) == 6
    assert code.isdigit()
    token = world.pairings.pair(code, HERE)
    assert world.pairings.check(token, HERE)
    assert len(world.shown) == 2
    if world.shown[-1] != code:
        with pytest.raises(WrongCodeError):
            world.pairings.pair(code, HERE)


def test_a_token_is_good_for_its_origin_only(world: World) -> None:
    token = world.pairings.pair(world.shown[-1], HERE)
    assert not world.pairings.check(token, THERE)
    assert not world.pairings.check(token, "null")
    assert not world.pairings.check(token + "x", HERE)
    assert not world.pairings.check("", HERE)


def test_five_wrong_codes_bring_a_new_code_and_a_wait(world: World) -> None:
    first = world.shown[-1]
    for left in range(TRIES_PER_CODE - 1, 0, -1):
        with pytest.raises(WrongCodeError) as wrong:
            world.pairings.pair(world.wrong, HERE)
        assert wrong.value.tries_left == left
    with pytest.raises(TooManyTriesError):
        world.pairings.pair(world.wrong, HERE)
    assert len(world.shown) == 2
    # Even the right code has to wait, so that guessing stays slow.
    with pytest.raises(TooManyTriesError):
        world.pairings.pair(world.shown[-1], HERE)
    world.time += LOCKOUT_S + 1
    if first != world.shown[-1]:
        with pytest.raises(WrongCodeError):
            world.pairings.pair(first, HERE)
    assert world.pairings.check(world.pairings.pair(world.shown[-1], HERE), HERE)


def test_pairings_outlive_the_bridge_and_only_hashes_are_stored(world: World) -> None:
    token = world.pairings.pair(world.shown[-1], HERE)
    stored = world.path.read_text()
    assert token not in stored
    assert json.loads(stored)[0]["origin"] == HERE
    assert world.path.stat().st_mode & 0o777 == 0o600
    assert world.restart().check(token, HERE)
    # An origin that was taken off the list is shut out, paired or not.
    assert not world.restart(THERE).check(token, HERE)
    again = world.restart()
    again.forget(token)
    assert not again.check(token, HERE)
    assert not world.restart().check(token, HERE)


def test_a_damaged_file_is_kept_and_said(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.path.write_text("{not json")
    world.restart()
    assert "pair again" in caplog.text
    assert world.path.with_suffix(".damaged").read_text() == "{not json"


def test_the_own_page_has_one_token_that_is_not_stored(world: World) -> None:
    own = "http://127.0.0.1:17390"
    assert not world.pairings.may_speak(own)
    token = world.pairings.add_own_page(own)
    assert world.pairings.add_own_page(own) == token
    assert world.pairings.check(token, own)
    assert not world.path.exists()


@pytest.mark.parametrize(
    ("written", "origin"),
    [
        ("HTTPS://Clinic.Example:443/", "https://clinic.example"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://[::1]:80", "http://[::1]"),
    ],
)
def test_origins_are_compared_in_one_form(written: str, origin: str) -> None:
    assert normal_origin(written) == origin


@pytest.mark.parametrize(
    "written",
    ["*", "null", "", "https://*.example", "https://a.example/app", "file:///x", "clinic.example",
     "http://a:99999", "https://user@a.example"],
)  # fmt: skip
def test_nothing_but_an_origin_is_an_origin(written: str) -> None:
    with pytest.raises(ValueError, match="not a web origin"):
        normal_origin(written)


def test_the_configuration_says_what_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "bridge.toml"
    with pytest.raises(ConfigError, match="no configuration file"):
        configuration.load(file)
    for content, message in (
        ("port = ", "cannot be read"),
        ("port = 99999", "port"),
        ('allow_origins = ["*"]', "not a web origin"),
        ('colour = "red"', "colour"),
        ('[[devices]]\nid = "Ä"\ndriver = "pdf"', "devices.0.id"),
        ('[[devices]]\nid = "a"\ndriver = "pdf"\n' * 2, "two devices are named a"),
    ):
        file.write_text(content)
        with pytest.raises(ConfigError, match=message):
            configuration.load(file)


def test_a_good_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    folder = tmp_path / "miaopu-bridge"
    folder.mkdir()
    assert configuration.load().devices == []
    (folder / "config.toml").write_text(
        'allow_origins = ["https://clinic.example"]\n'
        '[[devices]]\nid = "book"\ndriver = "escp"\nport = "/dev/ttyUSB0"\n'
        "[devices.options]\nask_paper = true\n"
    )
    config = configuration.load()
    assert config.port == 17390
    assert config.state_dir == tmp_path / "state" / "miaopu-bridge"
    assert config.devices[0].options["ask_paper"] is True


def test_every_message_is_in_both_languages() -> None:
    for code in MESSAGES:
        assert all(say(code, id="card", port="COM3", baud=9600).model_dump().values())
