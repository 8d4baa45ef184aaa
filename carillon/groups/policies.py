"""Who is sent nothing."""

from typing import Unpack

from carillon.bodies import BlockFields
from carillon.calls import Call, delete, get, post
from carillon.models.base import Page
from carillon.models.policies import Block, BlockSource
from carillon.operations import C, Group, listing, operation

_BLOCK = "/policies/blocks/{block_id}"


class Blocks(Group[C]):
    @listing
    def list(
        self, *, client_id: int | None = None, source: BlockSource | str | None = None
    ) -> Call[Page[Block]]:
        """Newest first."""
        query = {"client_id": client_id, "source": source}
        return get("/policies/blocks", Page[Block], query=query)

    @operation
    def create(self, **fields: Unpack[BlockFields]) -> Call[Block]:
        """What is under way to the client is stopped; later waves leave them out."""
        return post("/policies/blocks", Block, fields)

    @operation
    def get(self, block_id: int) -> Call[Block]:
        return get(_BLOCK, Block, block_id=block_id)

    @operation
    def lift(self, block_id: int) -> Call[None]:
        """Later waves reach the client again."""
        return delete(_BLOCK, block_id=block_id)
