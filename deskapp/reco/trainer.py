"""What every engine of training looks like from outside: one machine (`model.train`) or many (`spark.Engine`)."""

from collections.abc import Callable
from typing import Protocol

from deskapp.reco.fitted import Model
from deskapp.reco.matrix import Purchases

Progress = Callable[[float, str], None]  # 0 to 1, a few words


class Trainer(Protocol):
    """Fits on all it is given; the same purchases and seed make the same model. Raises DeskError where it cannot work."""

    def __call__(self, purchases: Purchases, *, seed: int, progress: Progress) -> Model: ...
