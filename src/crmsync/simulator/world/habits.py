"""How often what happens in the living world, in one value; and what the reps are like. Data only."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace


@dataclass(frozen=True, slots=True)
class Habits:
    """Rates and chances of all acts. The name of a field is the name of its act, as `Life.acts` counts it.

    A rate is per person per week unless the comment above it says otherwise; reps and back offices live theirs in
    working hours only. A chance is 0-1, at the moment when a rep would do it. 0 switches an act off.
    """

    # prospects, times how interested they truly are (0.2 to 2.2)
    visit: float = 0.6
    open_mail: float = 0.8
    click_mail: float = 0.2
    submit_form: float = 0.06
    # prospects, all alike
    opt_out: float = 0.006
    leave_subscription: float = 0.006
    opt_in_again: float = 0.005
    bounce: float = 0.006
    change_job: float = 0.006
    # marketing
    arrive: float = 0.01
    edit_in_hubspot: float = 0.05
    set_stage: float = 0.01
    log_in_hubspot: float = 0.02
    clear_in_hubspot: float = 0.006
    merge_in_hubspot: float = 0.006
    delete_in_hubspot: float = 0.006
    restore_in_hubspot: float = 0.006
    forget: float = 0.006
    edit_company: float = 0.01
    second_address: float = 0.008
    open_deal: float = 0.01
    join_campaign: float = 0.03
    respond_to_campaign: float = 0.02
    # marketing, per week, however many people there are
    import_by_marketing: float = 1.0
    mass_edit_in_hubspot: float = 1.0
    start_campaign: float = 1.0
    make_list: float = 0.7
    change_list: float = 2.0
    # both teams at once
    edit_on_both_sides: float = 0.01
    # sales operations
    type_twice: float = 0.006
    merge_in_salesforce: float = 0.006
    delete_in_salesforce: float = 0.006
    undelete_in_salesforce: float = 0.006
    purge_in_salesforce: float = 0.006
    clear_in_salesforce: float = 0.006
    edit_account: float = 0.01
    reassign: float = 0.01
    opt_out_by_phone: float = 0.006
    # sales operations, per week
    import_by_sales: float = 1.0
    mass_edit_in_salesforce: float = 1.0
    # the vendor, per week: what has been in the recycle bin for too long goes for good
    empty_bin: float = 7.0
    # reps: how often a rep takes up one of her people, and what she then does
    touch: float = 0.5
    # chances
    call: float = 1.0
    meet: float = 0.15
    open_opportunity: float = 0.15
    edit_in_salesforce: float = 0.15
    work_lead: float = 1.0
    qualify_lead: float = 1.0
    reject_lead: float = 1.0
    recycle_lead: float = 0.5
    convert_lead: float = 1.0
    claim: float = 0.1
    # open bargains (Opportunities and HubSpot deals): per bargain per week, in working hours
    haggle: float = 2.0
    # what becomes of it then: chances, tried in this order; closed ones can be opened again only
    delete_bargain: float = 0.1
    change_amount: float = 0.2
    postpone: float = 0.15
    advance: float = 1.0
    close: float = 1.0
    reopen: float = 0.6
    # HubSpot workflows, some minutes after what they react to
    workflow_on_form: float = 1.0
    workflow_on_country: float = 1.0

    def without(self, *names: str) -> Habits:
        """The same habits, but these acts never happen. Raises TypeError for an act that there is none of."""
        return replace(self, **dict.fromkeys(names, 0.0))

    def only(self, *names: str) -> Habits:
        """Nothing but these acts."""
        return self.without(*(f.name for f in fields(self) if f.name not in names))


@dataclass(frozen=True, slots=True)
class Character:
    """What a rep is like. `pace` weighs her share of the touches; the others are chances, 0-1.

    `careless` leaves out the reason of a reject, `phone_first` calls before the status says so, `picky` rejects.
    """

    name: str
    zone: str
    pace: float
    careless: float
    phone_first: float
    picky: float


CHARACTERS = (
    Character("quick and careless", "America/Chicago", 2.0, 0.7, 0.1, 0.2),
    Character("slow and thorough", "Europe/Berlin", 0.6, 0.05, 0.4, 0.4),
    Character("phone first", "Europe/London", 1.2, 0.3, 0.9, 0.3),
    Character("picky", "America/New_York", 1.0, 0.4, 0.3, 0.7),
)
"""Reps take these in turn."""
