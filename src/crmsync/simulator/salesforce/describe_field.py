"""One field as describe shows it, in the vendor's keys. Knows no org but the object that the field belongs to."""

from __future__ import annotations

import base64
from typing import Any

from crmsync.simulator.salesforce.schema import TEXTS, Entity, Field

_SOAP = {"boolean": "xsd:boolean", "int": "xsd:int", "date": "xsd:date", "datetime": "xsd:dateTime"}
_SOAP |= {"double": "xsd:double", "currency": "xsd:double", "percent": "xsd:double"}
_SOAP |= {"id": "tns:ID", "reference": "tns:ID", "address": "urn:address"}
_PRECISION = {"currency": 18, "double": 18, "percent": 18}
_NAME_PARTS = frozenset({"FirstName", "LastName", "Salutation", "MiddleName", "Suffix"})
_NEVER_NULL = frozenset(
    {
        *("Id", "OwnerId", "Status", "CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById"),
        "SystemModstamp",
    }
)


def described(entity: Entity, item: Field, editable: bool) -> dict[str, Any]:
    """All keys of a field. `editable`: whether field permissions let the user write it."""
    text = item.type in TEXTS or item.type in {"id", "reference"}
    many = len(item.references) > 1
    return {
        "aggregatable": item.filterable,
        "aiPredictionField": False,
        "autoNumber": False,
        "byteLength": item.length * 3 if text and item.type != "id" else item.length,
        "calculated": item.calculated,
        "calculatedFormula": None,
        "cascadeDelete": False,
        "caseSensitive": item.case_sensitive,
        "compoundFieldName": _compound(entity, item),
        "controllerName": item.controller or None,
        "createable": item.createable and editable,
        "custom": item.custom,
        "dataTranslationEnabled": None,
        "defaultValue": item.default if item.type == "boolean" else None,
        "defaultValueFormula": None,
        "defaultedOnCreate": item.default is not None or item.name == "OwnerId" or not item.createable,
        "dependentPicklist": bool(item.controller),
        "deprecatedAndHidden": False,
        "digits": 8 if item.type == "int" else 0,
        "displayLocationInDecimal": False,
        "encrypted": False,
        "externalId": item.external_id,
        "extraTypeInfo": None,
        "filterable": item.filterable,
        "filteredLookupInfo": None,
        "formulaTreatNullNumberAsZero": False,
        "groupable": item.filterable and item.type not in {"datetime", "double", "currency"},
        "highScaleNumber": False,
        "htmlFormatted": False,
        "idLookup": item.type in {"id", "email"} or item.external_id,
        "inlineHelpText": None,
        "label": item.label,
        "length": item.length if text else 0,
        "mask": None,
        "maskType": None,
        "name": item.name,
        "nameField": item.name == "Name",
        "namePointing": many,
        "nillable": not item.required and item.type != "boolean" and item.name not in _NEVER_NULL,
        "permissionable": item.permissionable,
        "picklistValues": _values(entity, item),
        "polymorphicForeignKey": many,
        "precision": _PRECISION.get(item.type, 0),
        "queryByDistance": False,
        "referenceTargetField": None,
        "referenceTo": list(item.references),
        "relationshipName": item.relationship or None,
        "relationshipOrder": None,
        "restrictedDelete": False,
        # State and country codes take no other value, whatever their parts are called.
        "restrictedPicklist": item.restricted or (item.type == "picklist" and bool(item.compound)),
        "scale": item.scale,
        "searchPrefilterable": item.type == "reference",
        "soapType": _SOAP.get(item.type, "xsd:string"),
        "sortable": item.filterable,
        "type": item.type,
        "unique": item.unique,
        "updateable": item.updateable and editable,
        "writeRequiresMasterRead": False,
    }


def _compound(entity: Entity, item: Field) -> str | None:
    """The compound that a part belongs to; the parts of a person's name belong to Name."""
    if item.name in _NAME_PARTS and "Name" in entity.fields and "LastName" in entity.fields:
        return "Name"
    return item.compound or None


def _values(entity: Entity, item: Field) -> list[dict[str, Any]]:
    """The values of a picklist, inactive ones included."""
    shown = [
        *((v, True) for v in item.picklist),
        *((v, False) for v in item.inactive if v not in item.picklist),
    ]
    return [
        {
            "active": active and value not in item.inactive,
            "defaultValue": value == item.default,
            "label": value,
            "validFor": valid_for(entity, item, value),
            "value": value,
        }
        for value, active in shown
    ]


def valid_for(entity: Entity, item: Field, value: str) -> str | None:
    """Which values of the controlling field allow a dependent one: a bit each from the left, in base64."""
    controller = entity.field(item.controller) if item.controller else None
    if controller is None or item.valid_for is None:
        return None
    choices = ("false", "true") if controller.type == "boolean" else controller.picklist
    bits = bytearray((len(choices) + 7) // 8)
    for at, choice in enumerate(choices):
        if choice in item.valid_for.get(value, ()):
            bits[at >> 3] |= 0x80 >> (at & 7)
    return base64.b64encode(bytes(bits)).decode()
