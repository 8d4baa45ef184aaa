"""Who may ask one service something over HTTP: another service, which knows the service token."""

import hmac
from typing import Annotated

from fastapi import Header, HTTPException, params


def token_check(token: str) -> params.Depends:
    """A dependency that lets nobody in without the service token."""
    expected = f"Bearer {token}".encode()

    async def check(authorization: Annotated[str, Header()] = "") -> None:
        if not hmac.compare_digest(authorization.encode(), expected):
            raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})

    return params.Depends(check)
