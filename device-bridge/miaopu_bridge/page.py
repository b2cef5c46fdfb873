"""The bridge's own page: the pairing code, the devices, and test buttons, in two languages."""

import json
import secrets
from importlib.resources import files

from fastapi.responses import HTMLResponse


def render_page(token: str) -> HTMLResponse:
    """The page with a token for its own origin; other origins cannot read or frame it."""
    nonce = secrets.token_urlsafe(16)
    html = files(__package__).joinpath("page.html").read_text("utf-8")
    html = html.replace("{{nonce}}", nonce).replace("{{token}}", json.dumps(token))
    policy = (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; "
        "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )
    return HTMLResponse(html, headers={"Content-Security-Policy": policy})
