"""SOQL tokens to a tree, by recursive descent. Knows the grammar, no object and no field."""

from __future__ import annotations

from crmsync.simulator.salesforce.errors import ApiError, refuse
from crmsync.simulator.salesforce.soql.alias import unaliased
from crmsync.simulator.salesforce.soql.lexer import Token, malformed, tokens, unescape
from crmsync.simulator.salesforce.soql.nodes import (
    DATE_FUNCTIONS,
    Among,
    Both,
    Bundle,
    Call,
    Compare,
    Condition,
    Constant,
    Item,
    Nested,
    Not,
    Order,
    Path,
    Query,
    TypeOf,
)

_AGGREGATES = frozenset({"COUNT", "COUNT_DISTINCT", "MIN", "MAX", "SUM", "AVG"})
_RESERVED = frozenset(
    {
        "AND",
        "ASC",
        "DESC",
        "ELSE",
        "END",
        "THEN",
        "TYPEOF",
        "WHEN",
        "FROM",
        "GROUP",
        "HAVING",
        "IN",
        "LIKE",
        "LIMIT",
        "NOT",
        "NULL",
        "NULLS",
        "OFFSET",
    }
    | {"OR", "ORDER", "SELECT", "WHERE", "WITH", "FOR", "USING", "TRUE", "FALSE"}
)
_WORDS = frozenset(
    f"{when}_{unit}"
    for when in ("LAST", "THIS", "NEXT")
    for unit in ("WEEK", "MONTH", "QUARTER", "YEAR", "FISCAL_QUARTER", "FISCAL_YEAR")
) | {"TODAY", "YESTERDAY", "TOMORROW", "LAST_90_DAYS", "NEXT_90_DAYS"}
_UNITS = ("DAYS", "WEEKS", "MONTHS", "QUARTERS", "YEARS", "FISCAL_QUARTERS", "FISCAL_YEARS")
_NUMBERED = frozenset(word for u in _UNITS for word in (f"LAST_N_{u}", f"NEXT_N_{u}", f"N_{u}_AGO"))
_SCOPES = frozenset(
    {"EVERYTHING", "MINE", "DELEGATED", "MINE_AND_MY_GROUPS", "MY_TERRITORY", "MY_TEAM_TERRITORY", "TEAM"}
)
MAX_OFFSET = 2000
MAX_STATEMENT = 100_000
MAX_LITERAL = 4000
MAX_DEPTH = 5
"""Levels of subqueries below the statement."""


def parse(text: str) -> Query:
    """The statement as a tree. Raises ApiError (MALFORMED_QUERY and its kin)."""
    if len(text) > MAX_STATEMENT:
        raise refuse("QUERY_TOO_COMPLICATED", "Query is either selecting too many fields or is too long")
    parser = _Parser(text)
    query = parser.query()
    parser.expect_end()
    return query


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens(text)
        self.i = 0
        self.depth = 0

    # -- tokens ---------------------------------------------------------------------------------------------
    @property
    def token(self) -> Token:
        return self.tokens[self.i]

    def take(self) -> Token:
        token = self.token
        self.i += 1
        return token

    def unexpected(self) -> ApiError:
        token = self.token
        what = "unexpected end of query" if token.kind == "end" else f"unexpected token: '{token.text}'"
        return malformed(self.text, token.at, what)

    def expect_end(self) -> None:
        if self.token.kind != "end":
            raise self.unexpected()

    def at_word(self, *words: str) -> bool:
        token = self.token
        return token.kind == "word" and token.text.upper() in words

    def skip_word(self, *words: str) -> bool:
        found = self.at_word(*words)
        self.i += found
        return found

    def need_word(self, word: str) -> None:
        if not self.skip_word(word):
            raise self.unexpected()

    def skip_mark(self, mark: str) -> bool:
        found = self.token.kind == "mark" and self.token.text == mark
        self.i += found
        return found

    def need_mark(self, mark: str) -> None:
        if not self.skip_mark(mark):
            raise self.unexpected()

    def name(self) -> Token:
        token = self.token
        if token.kind != "word" or token.text.upper() in _RESERVED or ":" in token.text:
            raise self.unexpected()
        return self.take()

    # -- clauses --------------------------------------------------------------------------------------------
    def query(self) -> Query:
        self.need_word("SELECT")
        fields = [self.item()]
        while self.skip_mark(","):
            fields.append(self.item())
        self.need_word("FROM")
        if self.token.kind != "word":
            raise self.unexpected()
        source = self.take()  # Group and Order are objects too.
        self._no_all_rows()
        alias = ""
        if self.token.kind == "word" and self.token.text.upper() not in _RESERVED:
            alias = self.take().text
        mine = self.scope()
        where = self.condition() if self.skip_word("WHERE") else None
        group: tuple[Path | Call, ...] = ()
        having = None
        if self.skip_word("GROUP"):
            self.need_word("BY")
            group = self.grouped()
            having = self.condition() if self.skip_word("HAVING") else None
        order: tuple[Order, ...] = ()
        if self.skip_word("ORDER"):
            self.need_word("BY")
            order = self.orders()
        limit = self.count() if self.skip_word("LIMIT") else None
        offset = self.offset() if self.skip_word("OFFSET") else 0
        if self.skip_word("FOR") and not self.skip_word("UPDATE", "VIEW", "REFERENCE"):
            raise self.unexpected()
        self._no_all_rows()
        made = Query(
            self.text, tuple(fields), source.text, source.at, where, group, having, order, limit, offset, mine
        )
        return unaliased(made, alias) if alias else made

    def scope(self) -> bool:
        """USING SCOPE: whether only rows of the user are wanted. All others are taken as everything."""
        if not self.skip_word("USING"):
            return False
        self.need_word("SCOPE")
        if self.token.text.upper() not in _SCOPES:
            raise self.unexpected()
        return self.take().text.upper() == "MINE"

    def _no_all_rows(self) -> None:
        if self.at_word("ALL") and self.tokens[self.i + 1].text.upper() == "ROWS":
            raise malformed(self.text, self.token.at, "ALL ROWS not allowed in this context")

    def item(self) -> Item:
        at = self.token.at
        if self.skip_mark("("):
            self.depth += 1
            if self.depth > MAX_DEPTH:
                raise malformed(self.text, at, "Nesting of subqueries is too deep")
            inner = self.query()
            self.depth -= 1
            self.need_mark(")")
            return Nested(inner, at)
        if self.at_word("TYPEOF"):
            return self.type_of()
        if self.at_word("FIELDS") and self.tokens[self.i + 1].text == "(":
            at = self.take().at
            self.need_mark("(")
            which = self.take().text.upper()
            self.need_mark(")")
            if which not in {"ALL", "STANDARD", "CUSTOM"}:
                raise malformed(self.text, at, f"Unexpected parameter to FIELDS function: '{which}'")
            return Bundle(which, at)
        return self.operand(alias=True)

    def type_of(self) -> TypeOf:
        self.need_word("TYPEOF")
        reference = self.path()
        whens: list[tuple[str, tuple[Path, ...]]] = []
        while self.skip_word("WHEN"):
            name = self.name().text
            self.need_word("THEN")
            whens.append((name, self.paths()))
        if not whens:
            raise self.unexpected()
        otherwise = self.paths() if self.skip_word("ELSE") else ()
        self.need_word("END")
        return TypeOf(reference, tuple(whens), otherwise)

    def operand(self, *, alias: bool = False) -> Path | Call:
        """A field, an aggregate or a date function."""
        token = self.name()
        word = token.text.upper()
        if word in _AGGREGATES and self.skip_mark("("):
            path = None if self.token.text == ")" else self.path()
            self.need_mark(")")
            return Call(word, path, self.alias(alias), token.at)
        if word in DATE_FUNCTIONS and self.skip_mark("("):
            shifted = self.skip_word("CONVERTTIMEZONE")  # The org's time zone is UTC.
            if shifted:
                self.need_mark("(")
            path = self.path()
            for _ in range(1 + shifted):
                self.need_mark(")")
            return Call(word, path, self.alias(alias), token.at)
        if word == "TOLABEL" and self.skip_mark("("):
            path = self.path()  # Labels are the values.
            self.need_mark(")")
            return Path(path.parts, token.at, self.alias(alias))
        return Path(tuple(token.text.split(".")), token.at, self.alias(alias))

    def alias(self, wanted: bool) -> str:
        if wanted and self.token.kind == "word" and self.token.text.upper() not in _RESERVED:
            return self.take().text
        return ""

    def grouped(self) -> tuple[Path | Call, ...]:
        out = [self.operand()]
        while self.skip_mark(","):
            out.append(self.operand())
        return tuple(out)

    def path(self) -> Path:
        token = self.name()
        return Path(tuple(token.text.split(".")), token.at)

    def paths(self) -> tuple[Path, ...]:
        out = [self.path()]
        while self.skip_mark(","):
            out.append(self.path())
        return tuple(out)

    def orders(self) -> tuple[Order, ...]:
        out: list[Order] = []
        while True:
            by = self.operand()
            descending = self.skip_word("DESC")
            if not descending:
                self.skip_word("ASC")
            last = False
            if self.skip_word("NULLS"):
                last = self.at_word("LAST")
                if not self.skip_word("FIRST", "LAST"):
                    raise self.unexpected()
            out.append(Order(by, descending, last))
            if not self.skip_mark(","):
                return tuple(out)

    def count(self) -> int:
        if self.token.kind != "number" or not self.token.text.isdecimal():
            raise self.unexpected()
        return int(self.take().text)

    def offset(self) -> int:
        at = self.token.at
        n = self.count()
        if n > MAX_OFFSET:
            raise refuse(
                "NUMBER_OUTSIDE_VALID_RANGE", f"Maximum SOQL offset allowed is {MAX_OFFSET} (column {at + 1})"
            )
        return n

    # -- conditions -----------------------------------------------------------------------------------------
    def condition(self) -> Condition:
        """AND and OR may not be mixed without parentheses, as with the vendor."""
        items = [self.simple()]
        if not self.at_word("AND", "OR"):
            return items[0]
        word = self.token.text.upper()
        while self.skip_word(word):
            items.append(self.simple())
        if self.at_word("AND", "OR"):
            raise self.unexpected()
        return Both(word == "AND", tuple(items))

    def simple(self) -> Condition:
        if self.skip_word("NOT"):
            return Not(self.simple())
        if self.skip_mark("("):
            inner = self.condition()
            self.need_mark(")")
            return inner
        return self.comparison()

    def comparison(self) -> Condition:
        left = self.operand()
        token = self.token
        if token.kind == "mark" and token.text in {"=", "!=", "<>", "<", "<=", ">", ">="}:
            self.take()
            op = "!=" if token.text == "<>" else token.text
            return Compare(left, op, self.constant(), token.at)
        if self.skip_word("LIKE"):
            if self.token.kind != "string":
                raise self.unexpected()
            return Compare(left, "LIKE", self.string(like=True), token.at)
        for word in ("IN", "INCLUDES", "EXCLUDES"):
            if self.skip_word(word):
                return self.among(left, word, token.at)
        if self.at_word("NOT") and self.tokens[self.i + 1].text.upper() == "IN":
            self.i += 2
            return self.among(left, "NOT IN", token.at)
        raise self.unexpected()

    def among(self, left: Path | Call, op: str, at: int) -> Among:
        self.need_mark("(")
        if self.at_word("SELECT"):
            sub = self.query()
            self.need_mark(")")
            return Among(left, op, sub, at)
        items = [self.constant()]
        while self.skip_mark(","):
            items.append(self.constant())
        self.need_mark(")")
        return Among(left, op, tuple(items), at)

    def string(self, *, like: bool = False) -> Constant:
        token = self.take()
        value = unescape(self.text, token, like=like)
        if len(value) > MAX_LITERAL:
            raise malformed(self.text, token.at, "string literal too long")
        return Constant("string", value, token.at)

    def constant(self) -> Constant:
        token = self.token
        if token.kind == "string":
            return self.string()
        if token.kind == "number":
            self.take()
            return Constant("number", float(token.text), token.at)
        if token.kind == "date":
            self.take()
            return Constant("date", token.text, token.at)
        if token.kind == "datetime":
            self.take()
            return Constant("datetime", token.text, token.at)
        word, _, n = token.text.upper().partition(":")
        if token.kind != "word":
            raise self.unexpected()
        self.take()
        if word in {"TRUE", "FALSE"}:
            return Constant("boolean", word == "TRUE", token.at)
        if word == "NULL":
            return Constant("null", None, token.at)
        if (word in _WORDS and not n) or (word in _NUMBERED and n):
            return Constant("range", word, token.at, int(n or 0))
        self.i -= 1
        raise self.unexpected()
