"""What the demo prints: before, what was done, after, one person's story, and the proof."""

from __future__ import annotations

from textwrap import wrap
from typing import Any

from rich.console import Group
from rich.markup import escape
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from crmsync.cli.common import out
from crmsync.cli.demo_run import Shown

BLANK = "·"


def show(shown: Shown) -> None:
    """Print the whole demo."""
    out.print()
    out.print("[bold]crmsync demo[/]  Two simulated CRMs that grew apart, and one sync between them.")
    out.print(
        f"Everything below ran on this machine, in {shown.seconds:.1f} s; no account, nothing left behind.\n",
        style="dim",
        highlight=False,
    )
    if shown.org:
        out.print(
            Padding(f"[bold]The Salesforce org[/]: {escape(shown.org)}.", (0, 0, 1, 2)), highlight=False
        )
    out.print(_people(shown))
    out.print(_work(shown))
    for story in shown.stories:
        out.print(_story(story))
    out.print(_proof(shown))


def _people(shown: Shown) -> Padding:
    before, after = shown.before, shown.after
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("", min_width=34)
    table.add_column("before", justify="right", min_width=9)
    table.add_column("after", justify="right", min_width=9)
    rows = [
        ("people in HubSpot", before["hubspot"], after["hubspot"]),
        ("people in Salesforce", before["leads"] + before["contacts"], after["leads"] + after["contacts"]),
        ("   of them leads", before["leads"], after["leads"]),
        ("   of them contacts", before["contacts"], after["contacts"]),
        ("known to be the same person", 0, shown.linked),
    ]
    for label, one, two in rows:
        table.add_row(label, f"{one:,}", f"[bold green]{two:,}[/]" if one != two else f"{two:,}")
    return Padding(table, (0, 0, 1, 2))


def _work(shown: Shown) -> Padding:
    first = shown.first
    if first is None:
        return Padding("", 0)
    hub, sales = first.applied["hubspot"], first.applied["salesforce"]
    matched = shown.linked - hub.create - sales.create
    lines = [
        "[bold]What the sync did[/]",
        f"  linked   {matched:>6,}  people were in both; each pair is now linked",
        f"  created  {sales.create:>6,}  in Salesforce, {hub.create:,} in HubSpot: they were on one side only",
        f"  changed  {sales.update:>6,}  in Salesforce, {hub.update:,} in HubSpot: only what was blank there",
        f"  asked    {shown.conflicts:>6,}  differences wait for you to decide; nothing was overwritten",
    ]
    for side, why in shown.refused.items():
        name = {"hubspot": "HubSpot", "salesforce": "Salesforce"}[side]
        cause = wrap(f"{why} (`crmsync doctor` names the missing right)", 60)
        lines += [f"  [yellow]refused[/]         to create anybody in {name}:"]
        lines += [f"                   {escape(line)}" for line in cause]
    if shown.parked:
        lines.append(
            f"  parked   {shown.parked:>6,}  could not be settled safely; each says why and what to do"
        )
    calls = f"{shown.calls['hubspot']:,} API calls to HubSpot, {shown.calls['salesforce']:,} to Salesforce"
    lines.append(f"[dim]  {calls}, all told[/]")
    return Padding(Group(*(Text.from_markup(line) for line in lines)), (0, 0, 1, 2))


def _story(story: dict[str, Any]) -> Padding:
    before, after = story["before"], story["after"]
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for title in ("", "HubSpot", "Salesforce"):
        table.add_column(title, overflow="ellipsis", no_wrap=True)
    for fact in after["hubspot"]:
        cells = [_change(before[side].get(fact), after[side].get(fact)) for side in ("hubspot", "salesforce")]
        if cells != [BLANK, BLANK]:
            table.add_row(fact, *cells)
    obj = after["is"]["object"].lower()
    if before["salesforce"]:
        said = (
            f"{story['name']} was in both. Blanks are filled (green); what differed is\n"
            "left as it was, and waits on the review list."
        )
    elif after["salesforce"]:
        said = f"{story['name']} was in HubSpot only; Salesforce now has a {obj or 'record'}."
    else:
        said = f"{story['name']} stays in HubSpot only: nobody is created in Salesforce here."
    body = Group(Text(said), Text(""), table)
    title = f"[bold]{escape(story['name'])}[/], {escape(story['company'])}"
    return Padding(
        Panel(body, title=title, title_align="left", border_style="dim", expand=False), (0, 0, 1, 0)
    )


def _proof(shown: Shown) -> Padding:
    writes = shown.second.writes if shown.second else 0
    ok, bad = "[bold green]✓[/]", "[bold red]✗[/]"
    lines = [
        f"{bad if writes else ok} a second cycle wrote {writes:,} records"
        + ("" if writes else ": both sides agree, and it knows it"),
        f"{bad if shown.violations else ok} an independent judge read both ledgers: "
        + (
            f"{len(shown.violations):,} violations"
            if shown.violations
            else "nothing lost, doubled or invented"
        ),
    ]
    lines += [escape(f"    {v['invariant']} {v['record']}: {v['detail']}") for v in shown.violations[:10]]
    lines += [
        "",
        "Next: [bold].venv/bin/crmsync --help[/]; the README tells how to point it at your CRMs.",
    ]
    return Padding(Group(*(Text.from_markup(line) for line in lines)), (0, 0, 1, 2))


def _change(old: object, new: object) -> str:
    """A cell: the value, green where the sync wrote it."""
    shown = BLANK if new in (None, "") else escape(str(new))
    return shown if old == new or shown == BLANK else f"[bold green]{shown}[/]"
