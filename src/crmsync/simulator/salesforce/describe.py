"""Describe: objects as the user sees them, in the vendor's keys (REST/resources-sobject-describe). Fields are elsewhere."""

from __future__ import annotations

from typing import Any

from crmsync.simulator.salesforce.describe_field import described
from crmsync.simulator.salesforce.schema import Entity, label_of
from crmsync.simulator.salesforce.tenant import Tenant

_MASTER = "012000000000000AAA"
_MERGEABLE = frozenset({"Account", "Contact", "Lead"})


def summary(org: Tenant, entity: Entity, base: str) -> dict[str, Any]:
    """An object as describe-global lists it."""
    rights = org.access.rights(entity)
    where = f"{base}/sobjects/{entity.name}"
    custom = entity.name.endswith("__c")
    urls = {"sobject": where, "describe": f"{where}/describe", "rowTemplate": f"{where}/{{ID}}"}
    if entity.owned:
        urls |= {
            "layouts": f"{where}/describe/layouts",
            "approvalLayouts": f"{where}/describe/approvalLayouts",
        }
    return {
        "activateable": False,
        "associateEntityType": None,
        "associateParentEntity": None,
        "createable": entity.writable and "Create" in rights,
        "custom": custom,
        "customSetting": False,
        "deepCloneable": False,
        "deletable": entity.writable and not entity.lasting and "Delete" in rights,
        "deprecatedAndHidden": False,
        "feedEnabled": entity.owned,
        "hasSubtypes": False,
        "isInterface": False,
        "isSubtype": False,
        "keyPrefix": entity.prefix,
        "label": label_of(entity.name),
        "labelPlural": label_of(entity.plural),
        "layoutable": entity.owned,
        "mergeable": entity.name in _MERGEABLE,
        "mruEnabled": entity.owned,
        "name": entity.name,
        "queryable": True,
        "replicateable": entity.deletable,
        "retrieveable": True,
        "searchable": entity.owned,
        "triggerable": entity.owned,
        "undeletable": entity.deletable,
        "updateable": entity.writable and "Edit" in rights,
        "urls": urls,
    }


def describe(org: Tenant, entity: Entity, base: str) -> dict[str, Any]:
    """An object with the fields that the user sees."""
    readable, editable = org.access.readable(entity), org.access.editable(entity)
    return {
        **summary(org, entity, base),
        "actionOverrides": [],
        "childRelationships": _children(org, entity),
        "compactLayoutable": entity.owned,
        "dataTranslationEnabled": None,
        "defaultImplementation": None,
        "extendedBy": None,
        "extendsInterfaces": None,
        "fields": [
            described(entity, f, f.name in editable) for f in entity.fields.values() if f.name in readable
        ],
        "implementedBy": None,
        "implementsInterfaces": None,
        "listviewable": None,
        "lookupLayoutable": None,
        "namedLayoutInfos": [],
        "networkScopeFieldName": None,
        "recordTypeInfos": _record_types(org, entity, base),
        "searchLayoutable": entity.owned,
        "sobjectDescribeOption": "FULL",
        "supportedScopes": [{"label": f"All {label_of(entity.plural)}", "name": "everything"}]
        if entity.owned
        else [],
    }


def _children(org: Tenant, entity: Entity) -> list[dict[str, Any]]:
    """The references of other objects that point here, as far as the user sees those objects and fields."""
    return [
        {
            "cascadeDelete": False,
            "childSObject": child.name,
            "deprecatedAndHidden": False,
            "field": item.name,
            "junctionIdListNames": [],
            "junctionReferenceTo": [],
            "relationshipName": item.children or None,
            "restrictedDelete": False,
        }
        for child in org.schema.entities.values()
        if not child.tooling and "Read" in org.access.rights(child)
        for item in child.fields.values()
        if entity.name in item.references and item.name in org.access.readable(child)
    ]


def _record_types(org: Tenant, entity: Entity, base: str) -> list[dict[str, Any]]:
    """The object's record types, and the master that every object with a layout has."""
    if not entity.owned:
        return []
    table = org.tables.get("RecordType")
    rows = [] if table is None else [r for r in table.rows.values() if r.get("SobjectType") == entity.name]
    default = next((r["Id"] for r in rows if r.get("IsActive", False)), _MASTER)
    kinds = [(str(r["Id"]), str(r["Name"]), str(r["DeveloperName"]), r.get("IsActive", False)) for r in rows]
    return [
        {
            "active": active,
            "available": active and record_id not in org.rules.barred,
            "defaultRecordTypeMapping": record_id == default,
            "developerName": developer_name,
            "master": record_id == _MASTER,
            "name": name,
            "recordTypeId": record_id,
            "urls": {"layout": f"{base}/sobjects/{entity.name}/describe/layouts/{record_id}"},
        }
        for record_id, name, developer_name, active in [*kinds, (_MASTER, "Master", "Master", True)]
    ]
