"""The properties that a new portal has on contacts and companies: a realistic part of HubSpot's own set."""

from __future__ import annotations

from crmsync.simulator.hubspot.pipelines import stamp_properties
from crmsync.simulator.hubspot.properties import Property

STAGES = (
    ("subscriber", "Subscriber"),
    ("lead", "Lead"),
    ("marketingqualifiedlead", "Marketing Qualified Lead"),
    ("salesqualifiedlead", "Sales Qualified Lead"),
    ("opportunity", "Opportunity"),
    ("customer", "Customer"),
    ("evangelist", "Evangelist"),
    ("other", "Other"),
)
_LEAD_STATUS = [
    "NEW",
    "OPEN",
    "IN_PROGRESS",
    "OPEN_DEAL",
    "UNQUALIFIED",
    "ATTEMPTED_TO_CONTACT",
    "CONNECTED",
    "BAD_TIMING",
]
_SOURCES = [
    "ORGANIC_SEARCH",
    "PAID_SEARCH",
    "EMAIL_MARKETING",
    "SOCIAL_MEDIA",
    "REFERRALS",
    "OTHER_CAMPAIGNS",
    "DIRECT_TRAFFIC",
    "OFFLINE",
    "PAID_SOCIAL",
    "AI_REFERRALS",
]
_SIZES = ("1-5", "5-25", "25-50", "50-100", "100-500", "500-1000", "1000+")
_INDUSTRIES = [
    "ACCOUNTING",
    "APPAREL_FASHION",
    "AUTOMOTIVE",
    "BANKING",
    "BIOTECHNOLOGY",
    "BROADCAST_MEDIA",
    "CHEMICALS",
    "COMPUTER_HARDWARE",
    "COMPUTER_SOFTWARE",
    "CONSTRUCTION",
    "CONSULTING",
    "CONSUMER_ELECTRONICS",
    "CONSUMER_GOODS",
    "DESIGN",
    "EDUCATION_MANAGEMENT",
    "ELECTRICAL_ELECTRONIC_MANUFACTURING",
    "ENTERTAINMENT",
    "ENVIRONMENTAL_SERVICES",
    "FINANCIAL_SERVICES",
    "FOOD_BEVERAGES",
    "GOVERNMENT_ADMINISTRATION",
    "HIGHER_EDUCATION",
    "HOSPITAL_HEALTH_CARE",
    "HOSPITALITY",
    "INDUSTRIAL_AUTOMATION",
    "INFORMATION_TECHNOLOGY_AND_SERVICES",
    "INSURANCE",
    "INTERNET",
    "LEGAL_SERVICES",
    "LOGISTICS_AND_SUPPLY_CHAIN",
    "MACHINERY",
    "MANAGEMENT_CONSULTING",
    "MARKETING_AND_ADVERTISING",
    "MECHANICAL_OR_INDUSTRIAL_ENGINEERING",
    "MEDICAL_DEVICES",
    "NON_PROFIT_ORGANIZATION_MANAGEMENT",
    "OIL_ENERGY",
    "PHARMACEUTICALS",
    "REAL_ESTATE",
    "RENEWABLES_ENVIRONMENT",
    "RETAIL",
    "TELECOMMUNICATIONS",
    "TEXTILES",
    "TRANSPORTATION_TRUCKING_RAILROAD",
    "UTILITIES",
    "WHOLESALE",
]
_LANGUAGES = ["da", "de", "en", "es", "fi", "fr", "it", "ja", "nl", "no", "pl", "pt", "sv", "zh"]
_LEGAL_BASES = (
    "Legitimate interest – prospect/lead",
    "Legitimate interest – existing customer",
    "Legitimate interest - other",
    "Performance of a contract",
    "Freely given consent from contact",
    "Not applicable",
)

_SHARED_TEXT = "phone website address city state zip country"
_CONTACT_TEXT = [
    "firstname",
    "lastname",
    "email",
    "mobilephone",
    "fax",
    "jobtitle",
    "company",
    "salutation",
    "industry",
    "annualrevenue",
    "date_of_birth",
    "degree",
    "field_of_study",
    "school",
    "job_function",
    "seniority",
    "message",
    "twitterhandle",
    "hs_linkedin_url",
    "hs_timezone",
    "military_status",
    "work_email",
]
_COUNTERS = [
    "hs_analytics_num_visits",
    "hs_analytics_num_page_views",
    "hs_analytics_num_event_completions",
    "hs_email_open",
    "hs_email_click",
    "hs_email_delivered",
    "hs_email_bounce",
    "num_conversion_events",
    "num_unique_conversion_events",
    "num_associated_deals",
    "num_notes",
    "num_contacted_notes",
    "hs_sequences_enrolled_count",
]
_TIMES = [
    "recent_conversion_date",
    "first_conversion_date",
    "notes_last_contacted",
    "notes_last_updated",
    "hs_email_last_open_date",
    "hs_email_last_click_date",
    "hs_analytics_last_timestamp",
    "hs_analytics_last_visit_timestamp",
    "hs_last_sales_activity_timestamp",
    "hs_latest_source_timestamp",
]
_FACTS = [
    "hs_analytics_source_data_1",
    "hs_analytics_source_data_2",
    "recent_conversion_event_name",
    "first_conversion_event_name",
]
_COMPUTED_TEXT = [
    "hs_email_domain",
    "hs_full_name_or_email",
    "hs_all_contact_vids",
    "hs_merged_object_ids",
    "hs_calculated_merged_vids",
    "hs_additional_emails",
    "hs_pipeline",
    "hs_object_source",
    "hs_object_source_id",
    "hs_object_source_label",
    "hs_all_owner_ids",
    "hubspot_team_id",
]


def contact_properties() -> list[Property]:
    """About 110 contact properties, the stage stamps included."""
    return [
        *(_text(name) for name in (*_CONTACT_TEXT, *_SHARED_TEXT.split())),
        _choice("lifecyclestage", STAGES, field="radio"),
        _choice(
            "hs_lead_status", [(v, _label(v)) for v in _LEAD_STATUS], field="radio", group="sales_properties"
        ),
        _choice("numemployees", [(v, v) for v in _SIZES]),
        _choice(
            "hs_persona", [("persona_1", "Buyer Bea"), ("persona_2", "User Uli"), ("persona_3", "Boss Bo")]
        ),
        _choice("hs_language", [(v, v) for v in _LANGUAGES]),
        _choice("hs_legal_basis", [(v, v) for v in _LEGAL_BASES], field="checkbox"),
        _choice("hs_buying_role", [(v, _label(v)) for v in _ROLES], field="checkbox"),
        _choice("hs_marketable_status", [("true", "Marketing contact"), ("false", "Not")], fixed=True),
        _choice(
            "hs_analytics_source",
            [(v, _label(v)) for v in _SOURCES],
            fixed=True,
            group="analyticsinformation",
        ),
        _choice(
            "hs_latest_source", [(v, _label(v)) for v in _SOURCES], fixed=True, group="analyticsinformation"
        ),
        Property("hubspot_owner_id", "Contact owner", "enumeration", "select", "sales_properties"),
        Property("associatedcompanyid", "Primary Associated Company ID", "number", "number"),
        Property("hubspotscore", "HubSpot Score", "number", "calculation_score", read_only=True),
        Property("closedate", "Close Date", "datetime", "date"),
        *(_flag(name) for name in ("hs_email_optout", "hs_is_contact", "hs_is_unworked")),
        *(_fixed(name, "number", "number", group="analyticsinformation") for name in _COUNTERS),
        *(_fixed(name, "datetime", "date", group="analyticsinformation") for name in _TIMES),
        *(_fixed(name, "string", "text", group="analyticsinformation") for name in _FACTS),
        *(_fixed(name, "string", "text", hidden=True) for name in _COMPUTED_TEXT),
        *_stage_stamps("contactinformation"),
        *_stamps("lastmodifieddate"),
    ]


NATIVE = (
    "salesforcecontactid",
    "salesforceleadid",
    "salesforceaccountid",
    "salesforcecampaignids",
    "salesforcelastsynctime",
)
"""What HubSpot's own Salesforce integration keeps."""


def native_properties(kind: str) -> list[Property]:
    """What HubSpot's own Salesforce integration adds to contacts or companies; it owns them."""
    names = NATIVE[:-1] if kind == "contacts" else ("salesforceaccountid",)
    group = "contactinformation" if kind == "contacts" else "companyinformation"
    return [
        *(Property(name, _label(name), group=group, read_only=True) for name in names),
        Property(
            "salesforcelastsynctime", "Last Salesforce sync time", "datetime", "date", group, read_only=True
        ),
    ]


def company_properties() -> list[Property]:
    """About 35 company properties."""
    group = "companyinformation"
    texts = (
        "name domain address2 description founded_year timezone about_us linkedin_company_page twitterhandle"
    )
    return [
        *(_text(name, group) for name in (*texts.split(), *_SHARED_TEXT.split())),
        _choice("industry", [(v, _label(v)) for v in _INDUSTRIES], group=group),
        _choice("lifecyclestage", STAGES, field="radio", group=group),
        _choice("hs_lead_status", [(v, _label(v)) for v in _LEAD_STATUS], field="radio", group=group),
        _choice(
            "type",
            [(v, _label(v)) for v in ("PROSPECT", "PARTNER", "RESELLER", "VENDOR", "OTHER")],
            group=group,
        ),
        Property("numberofemployees", "Number of Employees", "number", "number", group),
        Property("annualrevenue", "Annual Revenue", "number", "number", group),
        Property("is_public", "Is Public", "bool", "booleancheckbox", group),
        Property("hubspot_owner_id", "Company owner", "enumeration", "select", group),
        Property("hs_parent_company_id", "Parent Company", "number", "number", group),
        *(
            _fixed(n, "number", "number", group=group)
            for n in ("num_associated_contacts", "num_associated_deals")
        ),
        *(
            _fixed(name, "string", "text", group=group, hidden=True)
            for name in ("hs_merged_object_ids", "hs_additional_domains", "hs_pipeline", "hs_object_source")
        ),
        *_stage_stamps("companyinformation"),
        *_stamps(""),
    ]


_ROLES = [
    "BLOCKER",
    "BUDGET_HOLDER",
    "CHAMPION",
    "DECISION_MAKER",
    "END_USER",
    "EXECUTIVE_SPONSOR",
    "INFLUENCER",
    "LEGAL_AND_COMPLIANCE",
    "OTHER",
]


def _stage_stamps(group: str) -> list[Property]:
    old = [_fixed(f"hs_lifecyclestage_{stage}_date", "datetime", "date", group=group) for stage, _ in STAGES]
    return old + [each for stage, label in STAGES for each in stamp_properties(stage, label, group)]


def _stamps(visible: str) -> list[Property]:
    names = ["createdate", "hs_createdate", "hs_lastmodifieddate"] + ([visible] if visible else [])
    return [
        *(
            _fixed(name, "datetime", "date", hidden=bool(visible) and name.startswith("hs_"))
            for name in names
        ),
        _fixed("hs_object_id", "number", "number", hidden=True),
    ]


def _label(name: str) -> str:
    return name.removeprefix("hs_").replace("_", " ").capitalize()


def _text(name: str, group: str = "contactinformation") -> Property:
    phone = name in ("phone", "mobilephone")
    return Property(name, _label(name), field_type="phonenumber" if phone else "text", group=group)


def _choice(
    name: str,
    options: list[tuple[str, str]] | tuple[tuple[str, str], ...],
    *,
    field: str = "select",
    group: str = "contactinformation",
    fixed: bool = False,
) -> Property:
    return Property(name, _label(name), "enumeration", field, group, tuple(options), read_only=fixed)


def _flag(name: str) -> Property:
    return Property(name, _label(name), "bool", "booleancheckbox", read_only=True)


def _fixed(
    name: str, type: str, field: str, *, group: str = "contactinformation", hidden: bool = False
) -> Property:
    return Property(name, _label(name), type, field, group, read_only=True, calculated=True, hidden=hidden)
