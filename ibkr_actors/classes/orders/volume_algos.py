"""Algorithms that take part in the volume: a share that is fixed, or that changes with price, size or time."""

from __future__ import annotations

from typing import Annotated, ClassVar

from ibkr_actors.classes.enum.algo_choices import AuctionParticipation, ExecutionStyle
from ibkr_actors.classes.enum.algo_strategy import AlgoStrategy
from ibkr_actors.classes.orders.algo import (
    AMOUNT,
    FLAG,
    SHARE,
    TIME,
    WHOLE,
    WHOLE_PERCENT,
    Algo,
    AlgoTime,
    Parameter,
    choice,
)
from ibkr_actors.classes.orders.algo_parameters import (
    End,
    EndShare,
    MonetaryValue,
    Passive,
    Share,
    Start,
    StartShare,
)
from ibkr_actors.wire.codes import Word


class PercentageOfVolume(Algo, frozen=True):
    """A fixed share of the volume."""

    strategy: ClassVar[AlgoStrategy] = AlgoStrategy.PERCENTAGE_OF_VOLUME

    share: Share
    """As a fraction."""
    start: Start = None
    end: End = None
    never_take_liquidity: Passive = None
    monetary_value: MonetaryValue = None
    """Amount of cash to trade."""


class PercentageOfVolumeByPrice(Algo, frozen=True):
    """A share that grows while the price gets better, between a least and a largest."""

    strategy: ClassVar[AlgoStrategy] = AlgoStrategy.PERCENTAGE_OF_VOLUME_BY_PRICE

    share: Share
    """As a fraction, like the three that follow."""
    share_change: Annotated[float | None, Parameter("deltaPctVol", SHARE)] = None
    """How fast it changes with the price."""
    minimum_share: Annotated[float | None, Parameter("minPctVol4Px", SHARE)] = None
    maximum_share: Annotated[float | None, Parameter("maxPctVol4Px", SHARE)] = None
    start: Start = None
    end: End = None
    never_take_liquidity: Passive = None
    monetary_value: MonetaryValue = None
    """Amount of cash to trade."""


class PercentageOfVolumeBySize(Algo, frozen=True):
    """A share that changes with what is left to fill, from one to another."""

    strategy: ClassVar[AlgoStrategy] = AlgoStrategy.PERCENTAGE_OF_VOLUME_BY_SIZE

    start_share: StartShare
    """As a fraction."""
    end_share: EndShare
    start: Start = None
    end: End = None
    never_take_liquidity: Passive = None
    monetary_value: MonetaryValue = None
    """Amount of cash to trade."""


class PercentageOfVolumeByTime(Algo, frozen=True):
    """A share that changes with time, from one at the start to another at the end."""

    strategy: ClassVar[AlgoStrategy] = AlgoStrategy.PERCENTAGE_OF_VOLUME_BY_TIME

    start_share: StartShare
    """As a fraction."""
    end_share: EndShare
    start: Start = None
    end: End = None
    never_take_liquidity: Passive = None
    monetary_value: MonetaryValue = None
    """Amount of cash to trade."""


class Inline(Algo, frozen=True, kw_only=True):
    """In line with the volume: an algorithm of Credit Suisse, published for US stocks routed to CSFBALGO.

    Not there in paper accounts; recorded bridges of 2026 do not know an algorithm of that name for SMART (439).
    """

    strategy: ClassVar[AlgoStrategy] = AlgoStrategy.INLINE

    start: Annotated[AlgoTime | None, Parameter("StartTime", TIME)] = None
    end: Annotated[AlgoTime | None, Parameter("EndTime", TIME)] = None
    style: Annotated[Word[ExecutionStyle] | None, Parameter("ExecStyle", choice(ExecutionStyle))] = None
    minimum_percentage: Annotated[int | None, Parameter("MinPercent", WHOLE_PERCENT)] = None
    """Of the volume, in percent: 10 is 10%, unlike the fractions of the other algorithms."""
    maximum_percentage: Annotated[int | None, Parameter("MaxPercent", WHOLE_PERCENT)] = None
    display_size: Annotated[int | None, Parameter("DisplaySize", WHOLE)] = None
    auction: Annotated[
        Word[AuctionParticipation] | None, Parameter("Auction", choice(AuctionParticipation))
    ] = None
    find_blocks: Annotated[bool | None, Parameter("BlockFinder", FLAG)] = None
    block_price: Annotated[float | None, Parameter("BlockPrice", AMOUNT)] = None
    minimum_block_size: Annotated[int | None, Parameter("MinBlockSize", WHOLE)] = None
    maximum_block_size: Annotated[int | None, Parameter("MaxBlockSize", WHOLE)] = None
    fill_all_at: Annotated[float | None, Parameter("IWouldPrice", AMOUNT)] = None
    """A price at which all of it may be filled at once."""
