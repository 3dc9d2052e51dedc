"""The parameters that several algorithms share, each with the name that the bridge published for it."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, TypeAlias

from ibkr_actors.classes.enum.algo_choices import RiskAversion
from ibkr_actors.classes.orders.algo import AMOUNT, FLAG, SHARE, TIME, AlgoTime, Parameter, choice
from ibkr_actors.wire.codes import Word

MaximumShare: TypeAlias = Annotated[float | None, Parameter("maxPctVol", SHARE)]
Share: TypeAlias = Annotated[float, Parameter("pctVol", SHARE)]
StartShare: TypeAlias = Annotated[float, Parameter("startPctVol", SHARE)]
EndShare: TypeAlias = Annotated[float, Parameter("endPctVol", SHARE)]
Risk: TypeAlias = Annotated[Word[RiskAversion] | None, Parameter("riskAversion", choice(RiskAversion))]
Start: TypeAlias = Annotated[AlgoTime | None, Parameter("startTime", TIME)]
End: TypeAlias = Annotated[AlgoTime | None, Parameter("endTime", TIME)]
PastEnd: TypeAlias = Annotated[bool | None, Parameter("allowPastEndTime", FLAG)]
Passive: TypeAlias = Annotated[bool | None, Parameter("noTakeLiq", FLAG)]
Completion: TypeAlias = Annotated[bool | None, Parameter("forceCompletion", FLAG)]
MonetaryValue: TypeAlias = Annotated[Decimal | float | None, Parameter("monetaryValue", AMOUNT)]
