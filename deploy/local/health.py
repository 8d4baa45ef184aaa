"""Health as the outside sees it: does a URL answer 200?"""

import base64
import http.client


def http_status(port: int, path: str, login: tuple[str, str] | None = None) -> int | None:
    """The status that `path` answers on the loopback interface; None when nobody answers."""
    headers = {}
    if login is not None:
        headers["Authorization"] = "Basic " + base64.b64encode(":".join(login).encode()).decode()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5.0)
    try:
        connection.request("GET", path, headers=headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
