"""Loading: the shipped default, and every mistake at its line and column with what was expected."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from crmsync.definition.definition import Definition
from crmsync.definition.load import load
from crmsync.definition.starter import starter
from crmsync.errors import ConfigurationError
from crmsync.mapping.fields.types import Blank, Direction, FirstLink, Survivorship
from crmsync.reconcile.budget import Shares
from crmsync.reconcile.limits import Limit, Limits

FIELD = "fields:\n  title:\n    hubspot: jobtitle\n    salesforce: Title\n"


def folder(tmp_path: Path, main: str = "", mapping: str = FIELD) -> Path:
    (tmp_path / "crmsync.yaml").write_text(main, encoding="utf-8")
    (tmp_path / "mapping.yaml").write_text(mapping, encoding="utf-8")
    return tmp_path


def mistakes(directory: Path, overlay: Path | None = None) -> list[str]:
    """The findings as `file:line:column: message`, the directory left out."""
    with pytest.raises(ConfigurationError) as caught:
        load(directory, overlay)
    return [str(f).replace(f"{directory}/", "") for f in caught.value.findings]


def one(directory: Path) -> str:
    found = mistakes(directory)
    assert len(found) == 1, found
    return found[0]


# -- the default ------------------------------------------------------------------------------------------------
def test_the_shipped_default_loads() -> None:
    found = load(starter())
    assert [f.name for f in found.fields] == [
        "email", "first_name", "last_name", "salutation", "title", "phone", "mobile_phone", "company", "website",
        "street", "city", "state", "zip", "country", "source", "email_opt_out", "sales_owner", "sales_owner_id",
    ]  # fmt: skip
    assert found.create == {"salesforce": "at_handoff", "hubspot": "never"}
    assert found.limits == Limits()
    assert (found.mode, found.person_model, found.go_live) == ("live", "leads_and_contacts", "")
    assert found.scope == {"hubspot": None, "salesforce": None}
    assert found.identity["hubspot"]["contacts"]["salesforce_lead"] == "salesforceleadid"
    assert found.identity["salesforce"]["Contact"]["account"] == "AccountId"
    assert found.accounts["salesforce"] == {"name": "Name", "domain": "Website", "country": "BillingCountry"}


def test_the_default_decides_contact_or_lead_by_the_account() -> None:
    rule = load(starter()).contact_when
    assert rule is not None
    assert rule.holds({"account": {"Type": "Customer - Channel"}})
    assert not rule.holds({"account": {"Type": "Prospect"}})
    assert not rule.holds({"account": {}})


def test_the_default_maps_sources_opt_outs_and_owners_one_way() -> None:
    found = load(starter())
    source, opt_out, owner = (found.field_map(n) for n in ("source", "email_opt_out", "sales_owner"))
    assert source is not None
    assert opt_out is not None
    assert owner is not None
    assert source.rule is Survivorship.FIRST
    assert source.values is not None
    assert source.values["salesforce"]["AI_REFERRALS"] == "AI referrals"
    assert opt_out.direction is Direction.TO_SALESFORCE
    assert opt_out.rule is Survivorship.MOST_RESTRICTIVE
    assert owner.native_name("salesforce", "Contact") == "OwnerId"
    assert not owner.writes_to("salesforce")


def test_the_company_is_on_leads_only_and_has_a_default_there() -> None:
    company = load(starter()).field_map("company")
    assert company is not None
    assert company.native_name("salesforce", "Contact") is None
    assert company.default_on_create == {"salesforce": {"Lead": "[not provided]"}}


def test_the_overlay_for_everybody_creates_on_both_sides() -> None:
    found = load(starter(), starter() / "overlays" / "everybody.yaml")
    assert found.create == {"salesforce": "in_scope", "hubspot": "in_scope"}


# -- reading ----------------------------------------------------------------------------------------------------
def test_a_field_says_everything_or_little(tmp_path: Path) -> None:
    mapping = """
fields:
  tags:
    hubspot: tags
    salesforce: {Lead: Tags__c, Contact: Contact_Tags__c}
    direction: two_way
    rule: union
    owner: salesforce
    blank: clear
    first_link: owner
    transform: multipicklist
    values:
      a: A
      other: {hubspot: "1", salesforce: One}
"""
    tags = load(folder(tmp_path, mapping=mapping)).fields[0]
    assert tags.native["salesforce"] == {"Lead": "Tags__c", "Contact": "Contact_Tags__c"}
    assert (tags.rule, tags.owner, tags.blank, tags.first_link) == (
        Survivorship.UNION, "salesforce", Blank.CLEAR, FirstLink.OWNER,
    )  # fmt: skip
    assert tags.values == {"hubspot": {"a": "a", "other": "1"}, "salesforce": {"a": "A", "other": "One"}}
    assert (tags.place.line, tags.place.column) == (3, 3)


def test_what_is_left_out_has_its_default(tmp_path: Path) -> None:
    found = load(folder(tmp_path))
    title = found.fields[0]
    assert (title.direction, title.rule, title.owner, title.transform) == (
        Direction.TWO_WAY, Survivorship.NEWEST, "hubspot", "text",
    )  # fmt: skip
    assert title.native["hubspot"] == {"contacts": "jobtitle"}
    assert title.native["salesforce"] == {"Lead": "Title", "Contact": "Title"}
    assert (found.overlap_s, found.budgets, found.contact_when) == (600.0, {}, None)


def test_a_rule_for_one_side_makes_it_the_owner(tmp_path: Path) -> None:
    assert load(folder(tmp_path, mapping=FIELD + "    rule: salesforce\n")).fields[0].owner == "salesforce"


def test_settings_are_read(tmp_path: Path) -> None:
    main = """
scope: {hubspot: "person.title == 'CEO'"}
mode: shadow
go_live: 2026-01-31
person_model: contacts_only
coexist: [title]
accept_partial_view: true
intervals: {overlap_s: 60, owners_every_s: 7200.5}
budgets: {salesforce: 50000, leave_percent: 25}
guard: {deletes: {percent: 0.5, cap: 7}}
accounts: {salesforce: {name: Name, active: Active__c}}
"""
    found = load(folder(tmp_path, main))
    scope = found.scope["hubspot"]
    assert scope is not None
    assert scope.holds({"person": {"title": "CEO"}})
    assert (found.mode, found.go_live, found.person_model) == ("shadow", "2026-01-31", "contacts_only")
    assert (found.coexist, found.accept_partial_view) == (("title",), True)
    assert (found.overlap_s, found.owners_every_s, found.archived_every_s) == (60.0, 7200.5, 3600.0)
    assert (found.budgets, found.shares) == ({"salesforce": 50000}, Shares(reserve=5.0, leave=25.0))
    assert found.limits.deletes == Limit(5, 0.5, 7)
    assert found.accounts == {"hubspot": {}, "salesforce": {"name": "Name", "active": "Active__c"}}
    assert found.places["guard.deletes"].line == 10


def test_words_that_other_yaml_versions_twist_stay_text(tmp_path: Path) -> None:
    values = "    transform: picklist\n    values: {NO: Norway, 12:30: Noon, ON: yes}\n"
    found = load(folder(tmp_path, mapping=FIELD + values)).fields[0]
    assert found.values is not None
    assert found.values["salesforce"] == {"NO": "Norway", "12:30": "Noon", "ON": "yes"}


# -- the overlay ------------------------------------------------------------------------------------------------
def test_an_overlay_beats_the_file_key_by_key(tmp_path: Path) -> None:
    over = tmp_path / "over.yaml"
    over.write_text("guard: {deletes: {cap: 3}}\ncreate: {hubspot: in_scope}\n")
    directory = folder(tmp_path, "guard: {deletes: {floor: 1, cap: 9}}\ncreate: {salesforce: in_scope}\n")
    found = load(directory, over)
    assert found.limits.deletes == Limit(1, 1, 3)
    assert found.create == {"salesforce": "in_scope", "hubspot": "in_scope"}


def test_a_mistake_in_an_overlay_names_the_overlay(tmp_path: Path) -> None:
    over = tmp_path / "over.yaml"
    over.write_text("mode: live\ncreate:\n  hubspot: always\n")
    found = mistakes(folder(tmp_path, "create: {hubspot: never}\n"), over)
    assert found == ["over.yaml:3:12: `hubspot`: one of never, in_scope was expected, found `always`"]


# -- mistakes in crmsync.yaml -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("main", "said"),
    [
        ("scop: {}", "crmsync.yaml:1:1: unknown key `scop`; did you mean `scope`?"),
        ("xyz: 1", "crmsync.yaml:1:1: unknown key `xyz`; there are accept_partial_view, accounts"),
        ("create:\n  salesforce: at_handof", "crmsync.yaml:2:15: `salesforce`: one of at_handoff, in_scope was expected, found `at_handof`; did you mean `at_handoff`?"),
        ("create:\n  hubspt: never", "crmsync.yaml:2:3: unknown key `hubspt` in `create`; did you mean `hubspot`?"),
        ("mode: true", "crmsync.yaml:1:7: `mode`: one of live, shadow was expected, found true or false"),
        ("create: never", "crmsync.yaml:1:9: a block of keys was expected for `create`, found text"),
        ("accept_partial_view: yes", "crmsync.yaml:1:22: `accept_partial_view`: true or false was expected, found text"),
        ("go_live: soon", "crmsync.yaml:1:10: `go_live`: a day was expected, such as 2026-01-31"),
        ("intervals: {overlap_s: -1}", "crmsync.yaml:1:24: `overlap_s`: a number from 0 to 2.592e+06 was expected, found a number (-1)"),
        ("intervals: {overlap_s: .nan}", "a number from 0"),
        ("budgets: {hubspot: 1.5}", "crmsync.yaml:1:20: `hubspot`: a whole number from 0 to 1000000000 was expected, found a number (1.5)"),
        ("budgets: {leave_percent: 91}", "crmsync.yaml:1:26: `leave_percent`: a number from 0 to 90 was expected"),
        ("guard: {deletes: {percent: 101}}", "crmsync.yaml:1:28: `percent`: a number from 0 to 100 was expected"),
        ("guard: {delets: {cap: 1}}", "crmsync.yaml:1:9: unknown key `delets` in `guard`; did you mean `deletes`?"),
        ("coexist: title", "crmsync.yaml:1:10: `coexist`: a list of field names was expected, found text"),
        ("coexist: [titel]", "crmsync.yaml:1:1: `coexist`: no field `titel` in mapping.yaml; did you mean `title`?"),
        ("identity: {hubspot: {contacts: {mail: email}}}", "crmsync.yaml:1:33: unknown key `mail` in `contacts`; did you mean `email`?"),
        ("identity: {salesforce: {Lead: {email: E mail}}}", "crmsync.yaml:1:39: `email`: the API name of a salesforce field was expected, found `E mail`"),
        ("accounts: {hubspot: {name: 5}}", "crmsync.yaml:1:28: `name`: text was expected, found a number (5)"),
        ("scope: {hubspot: true}", "crmsync.yaml:1:18: `hubspot`: an expression was expected"),
        ("scope:\n  hubspot: {list: 5}", "crmsync.yaml:2:19: `list`: text was expected, found a number (5)"),
        ("scope:\n  hubspot: {list: ' '}", "crmsync.yaml:2:13: `list`: the name of a HubSpot list of contacts was expected"),
        ("scope:\n  hubspot: {}", "crmsync.yaml:2:12: `list`: the name of a HubSpot list of contacts was expected"),
        ("scope:\n  hubspot: {lists: A}", "crmsync.yaml:2:13: unknown key `lists`"),
        ("scope:\n  salesforce: {list: A}", "crmsync.yaml:2:15: `salesforce`: an expression was expected"),
        ("scope:\n  hubspot: persn.title == 'x'", "crmsync.yaml:2:12: `persn` is no variable"),
        ("scope:\n  hubspot: \"persn.title == 'x'\"", "crmsync.yaml:2:13: `persn` is no variable"),
        ("scope:\n  hubspot: person.titel == 'x'", "crmsync.yaml:2:12: `person.titel`: no field of that name in mapping.yaml; did you mean `title`?"),
        ("scope:\n  hubspot: salesforce.Title == 'x'", "crmsync.yaml:2:12: `scope.hubspot` can look at person and hubspot, found `salesforce`"),
        ("contact_when: hubspot.x == 'x'", "crmsync.yaml:1:15: `contact_when` can look at person and account, found `hubspot`"),
        ("contact_when: account.Type ==", "crmsync.yaml:1:30: the expression cannot be read"),
        ("mode: live\nmode: shadow", "crmsync.yaml:2:1: `mode` stands here twice, first in line 1"),
        ("mode: [live", "this is not YAML"),
        ("mode: !!python/object x", "crmsync.yaml:1:7: the tag `!python/object` is not allowed"),
        ("- mode", "crmsync.yaml:1:1: a block of keys was expected, found a list"),
        ("? [a]\n: b", "crmsync.yaml:1:3: a key must be one word"),
        ("<<: {mode: live}", "crmsync.yaml:1:1: unknown key `<<`"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_frame(tmp_path: Path, main: str, said: str) -> None:
    assert any(said in found for found in mistakes(folder(tmp_path, main)))


# -- mistakes in mapping.yaml -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("    directon: two_way", "mapping.yaml:5:5: unknown key `directon` in `title`; did you mean `direction`?"),
        ("    direction: both", "mapping.yaml:5:16: `direction`: one of two_way, to_salesforce, to_hubspot was expected, found `both`"),
        ("    rule: newst", "mapping.yaml:5:11: `rule`: one of hubspot, salesforce, newest"),
        ("    transform: fone", "found `fone`; did you mean `phone`?"),
        ("    blank: no", "mapping.yaml:5:12: `blank`: one of keep, clear was expected, found `no`"),
        ("    truncate: 1", "mapping.yaml:5:15: `truncate`: true or false was expected, found a number (1)"),
        ("    transform: owner_name", "`transform: owner_name` leads to HubSpot only: `direction: to_hubspot` was expected"),
        ("    direction: to_salesforce\n    transform: owner_name", "mapping.yaml:5:5: `transform: owner_name` leads to HubSpot only"),
        ("    rule: max", "mapping.yaml:5:5: `rule: max` works on number, found `transform: text`"),
        ("    rule: union", "`rule: union` works on multipicklist"),
        ("    rule: most_restrictive", "`rule: most_restrictive` works on boolean"),
        ("    rule: salesforce\n    direction: to_salesforce", "`rule: salesforce` contradicts `direction: to_salesforce`"),
        ("    transform: email\n    truncate: true", "mapping.yaml:6:5: only text can be cut"),
        ("    values: {A: B}", "mapping.yaml:5:5: `values` needs `transform: picklist` or multipicklist, found text"),
        ("    transform: picklist\n    values: {A: 1}", "mapping.yaml:6:17: `A`: the salesforce value, as text, was expected; put numbers"),
        ("    transform: picklist\n    values:\n      a: {hubspot: A}", "`a`: the salesforce value, as text, was expected"),
        ("    transform: picklist\n    values:\n      A: X\n      B: X", "mapping.yaml:8:7: `X` on salesforce already stands for `A`"),
        ("    default_on_create: {Lead: [x]}", "`Lead`: a single value was expected, found a list"),
        ("    default_on_create: {Leed: x}", "unknown key `Leed` in `default_on_create`; did you mean `Lead`?"),
        ("  other:\n    hubspot: jobtitle\n    salesforce: Other__c", "mapping.yaml:5:3: `other` and `title` both write hubspot contacts.jobtitle"),
        ("  other:\n    hubspot: x\n    salesforce: {Lead: TITLE}", "mapping.yaml:5:3: `other` and `title` both write salesforce Lead.TITLE"),
        ("  other:\n    hubspot: crmsync_id\n    salesforce: O", "`crmsync_id` is crmsync's own key"),
        ("  other:\n    hubspot: x", "mapping.yaml:6:5: `other` has no `salesforce`: the name of the field there was expected"),
        ("  other:\n    hubspot: Job Title\n    salesforce: O", "mapping.yaml:6:14: the API name of a hubspot field was expected, such as jobtitle, found `Job Title`"),
        ("  other:\n    hubspot: x\n    salesforce: {Leed: O}", "unknown key `Leed` in `salesforce`; did you mean `Lead`?"),
        ("  other:\n    hubspot: x\n    salesforce: [O]", "mapping.yaml:7:17: the API name of a salesforce field was expected, such as Title, found a list"),
        ("  other:\n    hubspot: x\n    salesforce: {Lead: O}\n    default_on_create: {Contact: x}", "`other` has no field on Contact"),
        ("  Job Title:\n    hubspot: x\n    salesforce: O", "mapping.yaml:5:3: `Job Title` is no field name"),
        ("  title:\n    hubspot: x\n    salesforce: O", "mapping.yaml:5:3: `title` stands here twice, first in line 2"),
        ("  other: x", "a block of keys was expected for `other`, found text"),
        ("field: {}", "mapping.yaml:5:1: unknown key `field`; did you mean `fields`?"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_field(tmp_path: Path, more: str, said: str) -> None:
    found = mistakes(folder(tmp_path, mapping=FIELD + more + "\n"))
    assert any(said in line for line in found), found


FIRM = "fields:\n  firm:\n    hubspot: associatedcompanyid\n    salesforce: {Contact: AccountId}\n    transform: account\n"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (("{Contact: AccountId}", "AccountId"), "mapping.yaml:4:5: a Lead belongs to no Account: `salesforce: {Contact: AccountId}` was expected"),
        (("associatedcompanyid", "company"), "mapping.yaml:3:5: `transform: account` needs `hubspot: associatedcompanyid`"),
        (("    transform: account\n", ""), "mapping.yaml:3:5: associatedcompanyid holds an id that means nothing on the other side: `transform: account` was expected"),
        (("transform: account", "transform: owner_id"), "mapping.yaml:5:5: AccountId holds an id that means nothing on the other side"),
        (("account\n", "account\n    blank: clear\n"), "mapping.yaml:6:5: `transform: account` never takes a person out of a firm: `blank: keep` was expected"),
        (("account\n", "account\n    default_on_create: {Contact: x}\n"), "mapping.yaml:6:5: `transform: account` has no default"),
        (("account\n", "account\n    truncate: true\n"), "only text can be cut, found `transform: account`"),
        (("account\n", "account\n    values: {A: B}\n"), "`values` needs `transform: picklist` or multipicklist, found account"),
    ],
)  # fmt: skip
def test_a_mistake_in_which_firm_somebody_belongs_to(
    tmp_path: Path, changed: tuple[str, str], said: str
) -> None:
    found = mistakes(folder(tmp_path, mapping=FIRM.replace(*changed)))
    assert any(said in line for line in found), found


def test_which_firm_somebody_belongs_to_is_hidden_from_rules(tmp_path: Path) -> None:
    found = one(folder(tmp_path, "contact_when: person.firm == 'acme.example'", FIRM))
    assert found == (
        "crmsync.yaml:1:15: `person.firm`: rules do not see which company or Account somebody belongs to"
    )


def test_several_values_may_become_one_where_nothing_reads_them_back(tmp_path: Path) -> None:
    one_way = "    direction: to_salesforce\n    transform: picklist\n    values: {PAID_SEARCH: Paid, PAID_SOCIAL: Paid}\n"
    assert load(folder(tmp_path, mapping=FIELD + one_way)).fields[0].values is not None


def test_one_source_may_feed_two_fields(tmp_path: Path) -> None:
    again = "    direction: to_hubspot\n  other:\n    hubspot: other\n    salesforce: Title\n    direction: to_hubspot\n"
    assert len(load(folder(tmp_path, mapping=FIELD + again)).fields) == 2


def test_all_mistakes_of_all_files_are_told_at_once_in_order(tmp_path: Path) -> None:
    found = mistakes(folder(tmp_path, "mode: lif\nscop: 1\n", FIELD + "    rul: x\n    owner: me\n"))
    places = [re.match(r"[^ ]+:\d+:\d+", line).group() for line in found]  # type: ignore[union-attr]
    assert places == ["crmsync.yaml:1:7", "crmsync.yaml:2:1", "mapping.yaml:5:5", "mapping.yaml:6:12"]


# -- files that are no definition -------------------------------------------------------------------------------
def test_no_directory(tmp_path: Path) -> None:
    assert "`crmsync init` writes it" in mistakes(tmp_path / "nowhere")[0]


def test_a_missing_file(tmp_path: Path) -> None:
    (tmp_path / "crmsync.yaml").write_text("mode: live\n")
    assert one(tmp_path).startswith("mapping.yaml:1:1: the file cannot be read: No such file")


def test_an_empty_mapping(tmp_path: Path) -> None:
    assert "`fields:` with at least one field was expected" in one(folder(tmp_path, mapping="# nothing\n"))


def test_text_that_is_not_utf_8(tmp_path: Path) -> None:
    folder(tmp_path)
    (tmp_path / "crmsync.yaml").write_bytes(b"mode: l\xefve\n")
    assert one(tmp_path) == "crmsync.yaml:1:1: the file is not UTF-8 text"


def test_a_huge_file_is_not_parsed(tmp_path: Path) -> None:
    assert "larger than 1,000,000 bytes" in one(folder(tmp_path, "# " + "x" * 1_000_000))


def test_aliases_cannot_unfold_without_end(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    assert "unfolds into more than 50,000 values" in one(folder(tmp_path, "\n".join(lines)))


def test_deep_nesting_is_refused(tmp_path: Path) -> None:
    assert "nested more than 20 levels" in one(folder(tmp_path, "a: " + "[" * 40 + "]" * 40))
    assert "nested more than 20 levels" in one(folder(tmp_path, "a: " + "[" * 100_000))
    assert "nested more than 20 levels" in one(folder(tmp_path, "a: &a [*a]"))


# -- the version ------------------------------------------------------------------------------------------------
def versions(tmp_path: Path, *texts: str) -> set[str]:
    return {load(folder(tmp_path, mapping=text)).version for text in texts}


def test_the_version_is_the_meaning_not_the_text(tmp_path: Path) -> None:
    shuffled = "# hello\nfields:\n  title: {salesforce: Title, hubspot: jobtitle, rule: newest}\n"
    found = versions(tmp_path, FIELD, shuffled)
    assert len(found) == 1
    assert re.fullmatch(r"[0-9a-f]{16}", found.pop())


def test_another_meaning_is_another_version(tmp_path: Path) -> None:
    changed = [
        FIELD,
        FIELD + "    rule: manual\n",
        FIELD + "    truncate: true\n",
        FIELD.replace("Title", "Role"),
    ]
    assert len(versions(tmp_path, *changed)) == 4
    assert load(folder(tmp_path, "mode: shadow")).version not in versions(tmp_path, FIELD)


def test_the_version_does_not_depend_on_where_the_files_are(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(starter(), copy)
    assert load(copy).version == load(starter()).version


def test_a_definition_is_frozen(tmp_path: Path) -> None:
    found: Definition = load(folder(tmp_path))
    with pytest.raises(AttributeError):
        found.mode = "shadow"  # type: ignore[misc]
