"""All modules that answer for records and what belongs to them; each lists its own routes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from crmsync.simulator.hubspot import (
    associated,
    associations,
    associations_v3,
    batch,
    definitions,
    list_calls,
    merge,
    objects,
    pipeline_calls,
    privacy,
    quotas,
    subscription_calls,
)
from crmsync.simulator.hubspot.exchange import Handler

ROUTES: Final[Mapping[str, Handler]] = {
    **objects.ROUTES,
    **batch.ROUTES,
    **merge.ROUTES,
    **privacy.ROUTES,
    **associations.ROUTES,
    **associated.ROUTES,
    **associations_v3.ROUTES,
    **quotas.ROUTES,
    **definitions.ROUTES,
    **pipeline_calls.ROUTES,
    **list_calls.ROUTES,
    **subscription_calls.ROUTES,
}
