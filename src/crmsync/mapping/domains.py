"""Which part of an address names an organisation: registrable domains, and the free-mail ones that name nobody."""

from __future__ import annotations

from functools import lru_cache

from publicsuffixlist import PublicSuffixList

FREE_MAIL = frozenset(
    """
    gmail.com googlemail.com yahoo.com yahoo.co.uk yahoo.fr yahoo.de yahoo.co.in ymail.com rocketmail.com hotmail.com
    hotmail.co.uk hotmail.fr hotmail.de outlook.com outlook.de outlook.fr live.com live.co.uk msn.com aol.com icloud.com
    me.com mac.com proton.me protonmail.com gmx.de gmx.net gmx.com web.de t-online.de freenet.de mail.com mail.ru
    yandex.ru yandex.com qq.com 163.com 126.com sina.com naver.com daum.net rediffmail.com orange.fr wanadoo.fr free.fr
    laposte.net sfr.fr libero.it virgilio.it tiscali.it alice.it terra.com.br uol.com.br bol.com.br zoho.com fastmail.com
    tutanota.com hey.com comcast.net verizon.net att.net sbcglobal.net cox.net btinternet.com sky.com bigpond.com
    telstra.com shaw.ca rogers.com mail.example post.example
    """.split()  # noqa: SIM905 - words, one after the other, read best
)


@lru_cache(maxsize=1)
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


@lru_cache(maxsize=65536)
def registrable(address: str) -> str:
    """The registrable domain of an e-mail address, URL or host, lower case; "" when there is none.

    >>> registrable("https://www.burlington.co.uk/about"), registrable("ada@mail.northwind.example")
    ('burlington.co.uk', 'northwind.example')
    """
    host = address.strip().lower().rpartition("@")[2]
    host = host.partition("://")[2] or host
    host = host.split("/", 1)[0].split("?", 1)[0].split(":", 1)[0].strip(".")
    if "." not in host:
        return ""
    return str(_suffixes().privatesuffix(host) or "")


def organisation(address: str) -> str:
    """The registrable domain that names an organisation; "" for free-mail addresses."""
    domain = registrable(address)
    return "" if domain in FREE_MAIL else domain
