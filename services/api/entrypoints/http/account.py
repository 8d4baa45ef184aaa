"""The page to which mails lead: a new password, or an account for who was invited.

Their token stands behind the # of the address: the browser keeps it to itself and gives it to the
page, which asks the API.
"""

from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import HTMLResponse

from services.api.entrypoints.http.docs import with_its_scripts

_PAGE = Path(__file__).with_name("account.html").read_text()


def install(app: FastAPI) -> None:
    @app.get("/account", include_in_schema=False)
    async def account() -> HTMLResponse:
        return with_its_scripts(HTMLResponse(_PAGE))
