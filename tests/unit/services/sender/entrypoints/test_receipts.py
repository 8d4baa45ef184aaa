"""Envelopes that came together have one receipt between them."""

from services.sender.entrypoints.receipts import SharedReceipt


class Receipt:
    def __init__(self) -> None:
        self.alive = True
        self.done: list[str] = []

    async def ack(self) -> None:
        self.done.append("ack")

    async def give_back(self) -> None:
        self.done.append("give back")


async def test_it_is_given_when_the_last_is_done_with() -> None:
    receipt = Receipt()
    shared = SharedReceipt(receipt, 3)
    await shared.ack()
    await shared.ack()
    assert not receipt.done
    await shared.ack()
    assert receipt.done == ["ack"]


async def test_all_go_back_with_the_first_and_nobody_goes_on_with_the_others() -> None:
    receipt = Receipt()
    shared = SharedReceipt(receipt, 3)
    await shared.ack()
    before = shared.alive
    await shared.give_back()
    assert (before, shared.alive) == (True, False)
    await shared.give_back()
    await shared.ack()
    await shared.ack()
    assert receipt.done == ["give back"]


async def test_it_is_as_alive_as_its_connection() -> None:
    receipt = Receipt()
    shared = SharedReceipt(receipt, 2)
    receipt.alive = False
    assert not shared.alive
