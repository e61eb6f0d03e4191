"""All modules that answer for records and what belongs to them; each lists its own routes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from crmsync.simulator.hubspot import (
    associated,
    associations,
    batch,
    definitions,
    list_calls,
    objects,
    pipeline_calls,
    subscription_calls,
)
from crmsync.simulator.hubspot.exchange import Handler

ROUTES: Final[Mapping[str, Handler]] = {
    line: handler
    for module in (
        objects,
        batch,
        associations,
        associated,
        definitions,
        list_calls,
        pipeline_calls,
        subscription_calls,
    )
    for line, handler in module.ROUTES.items()
}
