"""Traces of a person, in whatever way they may be written."""

import gzip
import json
import re
import subprocess
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

from deploy.local.packages import postgres_bin

# As COPY writes bytes: the backslash of their hexadecimal form is escaped.
_BYTES = re.compile(r"\\\\x((?:[0-9a-f]{2})+)")
_GZIP = b"\x1f\x8b"


def dump(url: str) -> str:
    """All rows of a database, by ``pg_dump``; what is kept as bytes stands behind them as text."""
    command = [str(postgres_bin() / "pg_dump"), "--data-only", f"--dbname={url}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return legible(done.stdout)


def legible(dumped: str) -> str:
    bodies = (_text(bytes.fromhex(found)) for found in _BYTES.findall(dumped))
    return "\n".join((dumped.replace("\\\\", "\\"), *bodies))


def traces(words: Iterable[str], text: str) -> list[str]:
    """Those of the words that are in the text, as they are or written for a URL or in JSON."""
    return sorted(word for word in set(words) if any(form in text for form in _forms(word)))


def _forms(word: str) -> set[str]:
    in_json = {json.dumps(word, ensure_ascii=plain)[1:-1] for plain in (True, False)}
    return {word, quote(word), quote(word, safe=""), quote_plus(word)} | in_json


def _text(body: bytes) -> str:
    if body.startswith(_GZIP):
        body = gzip.decompress(body)
    return body.decode(errors="replace")
