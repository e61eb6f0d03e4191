"""Multiple currencies: every record says its currency, which is the corporate one unless somebody chose another.

Amounts are in the record's currency. A currency that the org does not have, or no longer uses, is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from crmsync.simulator.salesforce.errors import ApiError, row_error
from crmsync.simulator.salesforce.profiles.shaping import Profile, new_object, put, standard
from crmsync.simulator.salesforce.schema import Entity, Field, Row

if TYPE_CHECKING:
    from crmsync.simulator.salesforce.org import SalesforceSim

CORPORATE: Final = "USD"
CURRENCIES: Final = {"USD": 1.0, "EUR": 0.92, "GBP": 0.79, "SEK": 10.6}
"""Active currencies with what one unit of the corporate currency is worth in them."""
RETIRED: Final = "DEM"
WITH_CURRENCY: Final = ("Lead", "Contact", "Account", "Opportunity", "Campaign")


def _shape(sim: SalesforceSim) -> None:
    codes = (*CURRENCIES, RETIRED)
    code = Field(
        "CurrencyIsoCode",
        "picklist",
        label="Currency ISO Code",
        length=3,
        picklist=codes,
        default=CORPORATE,
        permissionable=False,
    )
    for obj in WITH_CURRENCY:
        if obj in sim.org.schema.entities:
            standard(sim, obj, [code])
    new_object(
        sim,
        "CurrencyType",
        "01L",
        Field("IsoCode", "string", length=3, required=True),
        Field("ConversionRate", "double"),
        Field("DecimalPlaces", "int"),
        Field("IsActive", "boolean", default=False),
        Field("IsCorporate", "boolean", default=False),
    )
    for iso in codes:
        active = iso in CURRENCIES
        put(
            sim,
            "CurrencyType",
            IsoCode=iso,
            ConversionRate=CURRENCIES.get(iso, 1.8),
            DecimalPlaces=2,
            IsActive=active,
            IsCorporate=iso == CORPORATE,
        )
    sim.org.validations.append(_active)


def _active(entity: Entity, row: Row, old: Row | None) -> ApiError | None:
    """A record may keep a currency that was retired since, and not take it anew."""
    iso = row.get("CurrencyIsoCode")
    if entity.name not in WITH_CURRENCY or iso in CURRENCIES:
        return None
    if iso is not None and old is not None and old.get("CurrencyIsoCode") == iso:
        return None
    return row_error(
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        f"Currency ISO Code: bad value for restricted picklist field: {iso}",
        ("CurrencyIsoCode",),
    )


PROFILE = Profile("multi-currency", "every record has a currency; amounts are in it", _shape)
