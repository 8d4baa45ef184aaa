"""How much goes wrong in a run."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Extent:
    """``pause``: seconds that a server stands still, or a network is silent; ``turn``: that the
    provider misbehaves in one way, or a network is cut; ``kills``: in a run of random ones;
    ``times``: that outcomes are cut off; ``patience``: seconds that the mailing gets for its end,
    when nothing is wrong any more."""

    pause: float
    turn: float
    kills: int
    times: int
    patience: float = 180.0

    @classmethod
    def long(cls) -> "Extent":
        return cls(pause=30.0, turn=5.0, kills=10, times=2)

    @classmethod
    def short(cls) -> "Extent":
        return cls(pause=6.0, turn=2.0, kills=4, times=1)
