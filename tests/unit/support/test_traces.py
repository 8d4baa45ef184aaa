"""A word is found however it is written."""

import gzip
import json

import pytest

from tests.support.traces import legible, traces

WORD = 'Ёлка "von" O/Neil'


@pytest.mark.parametrize(
    "written",
    [
        WORD,
        json.dumps({"name": WORD}),
        json.dumps({"name": WORD}, ensure_ascii=False),
        "/x?name=%D0%81%D0%BB%D0%BA%D0%B0%20%22von%22%20O%2FNeil",
        "/x?name=%D0%81%D0%BB%D0%BA%D0%B0+%22von%22+O%2FNeil",
        json.dumps({"name": WORD}).replace("\\", "\\\\"),  # as COPY writes it
        "7\t\\\\x" + json.dumps(WORD).encode().hex() + "\tt",
        "7\t\\\\x" + gzip.compress(WORD.encode()).hex() + "\tt",
    ],
)
def test_a_word_is_found_however_it_is_written(written: str) -> None:
    assert traces([WORD, "nobody"], legible(written)) == [WORD]


def test_what_is_not_there_is_not_found() -> None:
    assert traces([WORD], legible("7\t\\\\x00ff\tЁлка")) == []
