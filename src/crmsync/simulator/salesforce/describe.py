"""Describe: objects and fields as the user sees them, in the vendor's keys."""

from __future__ import annotations

from typing import Any

from crmsync.simulator.salesforce.schema import TEXTS, Entity, Field, label_of
from crmsync.simulator.salesforce.tenant import Tenant

_SOAP = {"boolean": "xsd:boolean", "int": "xsd:int", "date": "xsd:date", "datetime": "xsd:dateTime"}
_SOAP |= {"double": "xsd:double", "currency": "xsd:double", "percent": "xsd:double"}
_SOAP |= {"id": "tns:ID", "reference": "tns:ID", "address": "urn:address"}


def summary(org: Tenant, entity: Entity, base: str) -> dict[str, Any]:
    """An object as describe-global lists it."""
    rights = org.access.rights(entity)
    label = label_of(entity.name)
    where = f"{base}/sobjects/{entity.name}"
    can_create = entity.writable and "Create" in rights
    can_edit = entity.writable and "Edit" in rights
    return {
        "activateable": False,
        "associateEntityType": None,
        "associateParentEntity": None,
        "createable": can_create,
        "custom": False,
        "customSetting": False,
        "deepCloneable": False,
        "deletable": entity.writable and "Delete" in rights,
        "deprecatedAndHidden": False,
        "feedEnabled": entity.owned,
        "hasSubtypes": False,
        "isInterface": False,
        "isSubtype": False,
        "keyPrefix": entity.prefix,
        "label": label,
        "labelPlural": label_of(entity.plural),
        "layoutable": entity.owned,
        "mergeable": entity.owned,
        "mruEnabled": entity.owned,
        "name": entity.name,
        "queryable": True,
        "replicateable": entity.deletable,
        "retrieveable": True,
        "searchable": entity.owned,
        "triggerable": entity.owned,
        "undeletable": entity.deletable,
        "updateable": can_edit,
        "urls": {
            "sobject": where,
            "describe": f"{where}/describe",
            "rowTemplate": f"{where}/{{ID}}",
        },
    }


def describe(org: Tenant, entity: Entity, base: str) -> dict[str, Any]:
    """An object with the fields that the user sees."""
    readable, editable = org.access.readable(entity), org.access.editable(entity)
    shown = [f for f in entity.fields.values() if f.name in readable]
    return {
        **summary(org, entity, base),
        "actionOverrides": [],
        "childRelationships": [],
        "compactLayoutable": entity.owned,
        "defaultImplementation": None,
        "extendedBy": None,
        "extendsInterfaces": None,
        "fields": [_field(f, f.name in editable) for f in shown],
        "implementedBy": None,
        "implementsInterfaces": None,
        "listviewable": None,
        "lookupLayoutable": None,
        "namedLayoutInfos": [],
        "networkScopeFieldName": None,
        "recordTypeInfos": [],
        "searchLayoutable": entity.owned,
        "sobjectDescribeOption": "FULL",
        "supportedScopes": [],
    }


def _field(item: Field, editable: bool) -> dict[str, Any]:
    text = item.type in TEXTS or item.type in {"id", "reference"}
    number = {"int": (0, 8), "currency": (18, 0), "double": (18, 0), "percent": (18, 0)}.get(
        item.type, (0, 0)
    )
    return {
        "aggregatable": item.filterable,
        "aiPredictionField": False,
        "autoNumber": False,
        "byteLength": item.length * 3 if text and item.type != "id" else item.length,
        "calculated": item.calculated,
        "calculatedFormula": None,
        "cascadeDelete": False,
        "caseSensitive": item.case_sensitive,
        "compoundFieldName": item.compound or None,
        "controllerName": None,
        "createable": item.createable and editable,
        "custom": item.custom,
        "defaultValue": item.default if item.type == "boolean" else None,
        "defaultValueFormula": None,
        "defaultedOnCreate": item.default is not None or item.name == "OwnerId" or not item.createable,
        "dependentPicklist": False,
        "deprecatedAndHidden": False,
        "digits": number[1],
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
        "namePointing": len(item.references) > 1,
        "nillable": not item.required and item.type != "boolean" and item.name not in _NEVER_NULL,
        "permissionable": item.permissionable,
        "picklistValues": [
            {"active": True, "defaultValue": v == item.default, "label": v, "validFor": None, "value": v}
            for v in item.picklist
        ],
        "polymorphicForeignKey": len(item.references) > 1,
        "precision": number[0],
        "queryByDistance": False,
        "referenceTargetField": None,
        "referenceTo": list(item.references),
        "relationshipName": item.relationship or None,
        "relationshipOrder": None,
        "restrictedDelete": False,
        "restrictedPicklist": item.restricted or (item.type == "picklist" and bool(item.compound)),
        "scale": item.scale,
        "searchPrefilterable": False,
        "soapType": _SOAP.get(item.type, "xsd:string"),
        "sortable": item.filterable,
        "type": item.type,
        "unique": item.unique,
        "updateable": item.updateable and editable,
        "writeRequiresMasterRead": False,
    }


_NEVER_NULL = frozenset(
    {
        "Id",
        "OwnerId",
        "Status",
        "CreatedDate",
        "CreatedById",
        "LastModifiedDate",
        "LastModifiedById",
        "SystemModstamp",
    }
)
