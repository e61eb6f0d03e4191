"""Which part of an address names an organisation, and which addresses name nobody's."""

from __future__ import annotations

import pytest

from crmsync.mapping.domains import FREE_MAIL, organisation, registrable

REGISTRABLE = [
    ("ada@northwind.example", "northwind.example"),
    ("ada@mail.northwind.example", "northwind.example"),
    ("ADA@Northwind.Example", "northwind.example"),
    ("  ada@northwind.example ", "northwind.example"),
    ("northwind.example", "northwind.example"),
    ("www.northwind.example", "northwind.example"),
    ("https://www.northwind.example/about?x=1", "northwind.example"),
    ("http://northwind.example:8080/", "northwind.example"),
    ("https://northwind.example?utm=1", "northwind.example"),
    ("northwind.example.", "northwind.example"),
    ("shop.northwind.co.uk", "northwind.co.uk"),  # a public suffix of two parts
    ("ada@northwind.com.au", "northwind.com.au"),
    ("odd@name@northwind.example", "northwind.example"),
]


@pytest.mark.parametrize(("address", "domain"), REGISTRABLE)
def test_the_registrable_domain(address: str, domain: str) -> None:
    assert registrable(address) == domain


@pytest.mark.parametrize(
    "address", ["", "   ", "ada", "ada@", "localhost", "co.uk", "ada@co.uk", "@", "https://"]
)
def test_what_names_no_domain(address: str) -> None:
    assert registrable(address) == ""


def test_a_free_mail_address_names_no_organisation() -> None:
    assert registrable("ada@mail.example") == "mail.example"
    assert organisation("ada@mail.example") == ""
    assert organisation("ada@eu.mail.example") == ""  # nor does a host beneath it


def test_a_company_address_names_its_organisation() -> None:
    assert organisation("ada@emea.northwind.example") == "northwind.example"
    assert organisation("ada@gmail.northwind.example") == "northwind.example"


def test_every_free_mail_domain_is_registrable_so_that_it_can_be_met() -> None:
    """One that stands in the list as a host beneath another domain, or is a suffix itself, would never match."""
    assert {d for d in FREE_MAIL if registrable(f"somebody@{d}") != d} == set()
