"""/composite/tree/X: up to 200 records with their children, created all or none (REST/resources-composite-sobject-tree)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from crmsync.simulator.salesforce.errors import ApiError, refuse
from crmsync.simulator.salesforce.http import Call, Reply
from crmsync.simulator.salesforce.routes import Route
from crmsync.simulator.salesforce.save import insert
from crmsync.simulator.salesforce.schema import Entity
from crmsync.simulator.salesforce.sobjects import entity_of
from crmsync.simulator.salesforce.tenant import Tenant

MAX_RECORDS = 200
MAX_DEPTH = 5


@dataclass(slots=True)
class Node:
    """A record to create: its values, and the field that points to its parent. `id` is there once it exists."""

    entity: Entity
    reference: str
    values: dict[str, Any]
    parent: Node | None
    pointer: str
    id: str = ""


class _Undo(Exception):
    """Ends the unit of work of a tree that did not come about."""


class Tree:
    """Parents come before their children; answers come in that order too."""

    def __init__(self, org: Tenant) -> None:
        self._org = org

    def routes(self) -> list[Route]:
        """Method, address and handler of each."""
        return [("POST", "composite/tree/{}", self.create)]

    def create(self, call: Call, name: str) -> Reply:
        """201 with the ids by referenceId, or 400 with the errors of those that failed."""
        entity = entity_of(self._org, name)
        nodes = list(self._nodes(entity, call.settings("records"), None, "", 1))
        if len(nodes) > MAX_RECORDS:
            raise refuse("EXCEEDED_ID_LIMIT", f"A tree has at most {MAX_RECORDS} records")
        names = [n.reference for n in nodes]
        if not all(names) or len(set(names)) != len(names):
            raise refuse("INVALID_INPUT", "Every record needs a referenceId of its own in its attributes")
        failed: list[dict[str, Any]] = []
        try:
            with self._org.unit():
                for node in nodes:
                    self._save(call, node, failed)
                _whole(failed)
        except _Undo:
            return Reply(400, {"hasErrors": True, "results": failed})
        done = [{"referenceId": n.reference, "id": n.id} for n in nodes]
        return Reply(201, {"hasErrors": False, "results": done})

    def _save(self, call: Call, node: Node, failed: list[dict[str, Any]]) -> None:
        values = dict(node.values)
        if node.parent is not None:
            if not node.parent.id:
                return
            values[node.pointer] = node.parent.id
        try:
            node.id = insert(self._org, node.entity, values, call.actor)
        except ApiError as error:
            failed.append({"referenceId": node.reference, "errors": [p.row() for p in error.problems]})

    def _nodes(
        self, entity: Entity, body: dict[str, Any], parent: Node | None, pointer: str, depth: int
    ) -> Iterator[Node]:
        """The records below, parents first. Raises ApiError for what is no tree."""
        if depth > MAX_DEPTH:
            raise refuse("INVALID_INPUT", f"A tree is at most {MAX_DEPTH} levels deep")
        rows = body.get("records")
        if not isinstance(rows, list) or not rows or not all(isinstance(r, dict) for r in rows):
            raise refuse("JSON_PARSER_ERROR", "records must be a list of objects")
        children = {c.name.lower(): c for c in self._org.schema.children(entity)}
        for row in rows:
            about = row.get("attributes")
            if not isinstance(about, dict) or self._org.entity(str(about.get("type", ""))) is not entity:
                raise refuse("INVALID_INPUT", f"The records of this list are of type {entity.name}")
            nested = {
                k: children[k.lower()]
                for k, v in row.items()
                if k.lower() in children and isinstance(v, dict)
            }
            values = {k: v for k, v in row.items() if k != "attributes" and k not in nested}
            node = Node(entity, str(about.get("referenceId") or ""), values, parent, pointer)
            yield node
            for key, child in nested.items():
                yield from self._nodes(child.entity, row[key], node, child.field.name, depth + 1)


def _whole(failed: list[dict[str, Any]]) -> None:
    if failed:
        raise _Undo
