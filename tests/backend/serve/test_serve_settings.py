"""The settings of a server."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from miaopu.serve.settings import read_settings


def test_options_come_before_the_environment() -> None:
    environment = {"MIAOPU_DATA": "/a", "MIAOPU_PORT": "1", "PORT": "3"}
    settings = read_settings({"data": None, "port": 2}, environment)
    assert settings.data == Path("/a")
    assert settings.port == 2


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"MIAOPU_DATA": "/a", "MIAOPU_PORT": "70000"},
        {"MIAOPU_DATA": "/a", "MIAOPU_COUCHDB": "localhost:5984"},
        {"MIAOPU_DATA": "/a", "MIAOPU_COUCHDB": "http://admin:secret@localhost:5984"},
        {"MIAOPU_DATA": "/a", "MIAOPU_PARENT_URL": "http://city.example"},
        {
            "MIAOPU_DATA": "/a",
            "MIAOPU_PARENT_URL": "http://city.example",
            "MIAOPU_PARENT_USER": "a",
        },
    ],
)
def test_what_cannot_be_is_refused(environment: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        read_settings({}, environment)


def test_a_password_is_not_shown() -> None:
    settings = read_settings({"data": "/a"}, {"MIAOPU_COUCHDB_PASSWORD": "open sesame"})
    assert "sesame" not in repr(settings)
