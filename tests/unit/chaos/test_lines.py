"""Each process has a wire of its own to each server, and is told to use it."""

import json
from pathlib import Path

from deploy.local.ways import read_ways
from tests.chaos.lines import Line, lines_of
from tests.support.wire import wire


async def test_every_process_has_a_way_to_every_server(tmp_path: Path) -> None:
    async with lines_of(tmp_path, ["api", "sender-1"]) as lines:
        ways = read_ways(lines.ways)
    assert set(ways) == {(p, s) for p in ("api", "sender-1") for s in ("postgres", "amqp")}
    assert len(set(ways.values())) == 4
    assert lines.of("api") == [Line("api", "postgres"), Line("api", "amqp")]
    assert lines.to("amqp") == [Line("api", "amqp"), Line("sender-1", "amqp")]


async def test_a_wire_finds_a_server_that_started_after_it(tmp_path: Path) -> None:
    async with lines_of(tmp_path, ["api"]) as lines, wire(lambda: ("", 0)) as (_, server):
        (tmp_path / "ports.json").write_text(json.dumps({"postgres": server, "amqp": 1}))
        assert lines.wires[Line("api", "postgres")].far_end() == ("127.0.0.1", server)
        assert lines.wires[Line("api", "amqp")].far_end() == ("127.0.0.1", 1)
