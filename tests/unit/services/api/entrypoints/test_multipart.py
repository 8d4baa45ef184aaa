from collections.abc import AsyncIterator

import pytest

from services.api.domain.failures import Invalid
from services.api.entrypoints.http.multipart import MultipartFile, boundary_of

FIELD = b'--B\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello\r\n'
FILE = (
    b'--B\r\nContent-Disposition: form-data; name="file"; filename="c.csv"\r\n'
    b"Content-Type: text/csv\r\n\r\nphone,timezone\r\n1,2\r\n"
)
END = b"--B--\r\n"


async def stream(data: bytes, step: int) -> AsyncIterator[bytes]:
    for start in range(0, len(data), step):
        yield data[start : start + step]


async def read(data: bytes, step: int = 7, boundary: str = "B") -> tuple[MultipartFile, bytes]:
    file = MultipartFile(stream(data, step), boundary)
    await file.open()
    return file, b"".join([piece async for piece in file])


@pytest.mark.parametrize("step", [1, 7, 1000])
@pytest.mark.parametrize("data", [FILE + END, FIELD + FILE + END, FILE + FIELD + END])
async def test_the_file_among_the_fields(data: bytes, step: int) -> None:
    file, content = await read(data, step)
    assert (file.filename, file.content_type) == ("c.csv", "text/csv")
    assert content == b"phone,timezone\r\n1,2"


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"garbage", FIELD + END, FILE + FILE + END, FILE, FILE[:-3]),
        b"--X\r\n\r\n\r\n--X--",
        # Headers that never end would be kept in memory for as long as they come.
        b"--B\r\nX-Long: " + b"x" * 100_000 + b"\r\n\r\n" + FILE + END,
        b"--B\r\n" + b"x" * 100_000 + b": y\r\n\r\n" + FILE + END,
        b"--B\r\n" + b"X-Many: y\r\n" * 1_000 + b"\r\n" + FILE + END,
    ],
)
async def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid):
        await read(data)


@pytest.mark.parametrize("boundary", ["x" * 10_000])
async def test_a_bad_boundary_is_refused(boundary: str) -> None:
    with pytest.raises(Invalid):
        await read(FILE + END, boundary=boundary)


def test_the_boundary_is_found_in_the_header() -> None:
    assert boundary_of('multipart/form-data; boundary="a b"') == "a b"
    assert boundary_of("multipart/form-data") == ""
