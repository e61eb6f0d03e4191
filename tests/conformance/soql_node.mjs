// The published parser @jetstreamapp/soql-parser-js as a second opinion: the org takes a statement where the parser does.
//
// The parser judges the grammar alone. A statement that the org must refuse for what it names is none of these.

import assert from 'node:assert/strict'
import { isQueryValid } from '@jetstreamapp/soql-parser-js'
import { check, report } from './checks.mjs'

const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: process.env.SIM_CONSUMER_KEY, client_secret: process.env.SIM_CONSUMER_SECRET })
const token = (await (await fetch(`${process.env.SIM_SALESFORCE}/services/oauth2/token`, { method: 'POST', body: form })).json()).access_token

async function ask(soql) {
    const url = `${process.env.SIM_SALESFORCE}/services/data/v62.0/query?${new URLSearchParams({ q: soql })}`
    const reply = await fetch(url, { headers: { authorization: `Bearer ${token}`, connection: 'close' } })
    return { status: reply.status, told: await reply.text() }
}

const STATEMENTS = {
    'plain': 'SELECT Id FROM Lead',
    'several fields, in any case of the words': 'select Id, LastName, City from Lead where City = null limit 5',
    'an alias of the object': "SELECT l.Id, l.City FROM Lead l WHERE l.City = 'Ulm'",
    'AND, OR, NOT with brackets': "SELECT Id FROM Lead WHERE NOT (City = 'Ulm' OR (City = 'Bonn' AND State = 'x'))",
    'AND and OR without brackets': "SELECT Id FROM Lead WHERE City = 'Ulm' AND State = 'x' OR Country = 'y'",
    'IN and NOT IN': "SELECT Id FROM Lead WHERE City IN ('Ulm', 'Bonn') AND State NOT IN ('x')",
    'an empty IN': 'SELECT Id FROM Lead WHERE City IN ()',
    'a semi-join': "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact WHERE City__c = 'x')".replace('City__c', 'MailingCity'),
    'an anti-join': 'SELECT Id FROM Account WHERE Id NOT IN (SELECT AccountId FROM Contact)',
    'LIKE with wildcards and escapes': "SELECT Id FROM Lead WHERE City LIKE 'U\\_l%' AND LastName LIKE 'a\\%b_'",
    'escaped quotes and backslashes': "SELECT Id FROM Lead WHERE LastName = 'O\\'Brien \\\\ \\n \\t'",
    'unicode escape': "SELECT Id FROM Lead WHERE LastName = '\\u00e9'",
    'a datetime with Z': 'SELECT Id FROM Lead WHERE CreatedDate >= 2026-01-01T00:00:00Z',
    'a datetime with an offset': 'SELECT Id FROM Lead WHERE CreatedDate >= 2026-01-01T00:00:00+01:00',
    'a datetime with milliseconds': 'SELECT Id FROM Lead WHERE CreatedDate >= 2026-01-01T00:00:00.123Z',
    'a datetime without a zone': 'SELECT Id FROM Lead WHERE CreatedDate >= 2026-01-01T00:00:00',
    'words for dates': 'SELECT Id FROM Lead WHERE CreatedDate = TODAY OR CreatedDate > LAST_N_DAYS:3 OR CreatedDate < NEXT_MONTH',
    'LAST_N_DAYS without a number': 'SELECT Id FROM Lead WHERE CreatedDate > LAST_N_DAYS',
    'booleans': 'SELECT Id FROM Lead WHERE IsConverted = true AND IsDeleted = FALSE',
    'numbers, also negative': 'SELECT Id FROM Account WHERE NumberOfEmployees > -1 AND AnnualRevenue < 1.5',
    'ORDER BY several with NULLS': 'SELECT Id FROM Lead ORDER BY City DESC NULLS LAST, LastName ASC NULLS FIRST, Id',
    'ORDER BY a parent': 'SELECT Id FROM Contact ORDER BY Account.Name',
    'LIMIT and OFFSET': 'SELECT Id FROM Lead ORDER BY Id LIMIT 10 OFFSET 5',
    'OFFSET before LIMIT': 'SELECT Id FROM Lead OFFSET 5 LIMIT 10',
    'LIMIT before ORDER BY': 'SELECT Id FROM Lead LIMIT 10 ORDER BY Id',
    'COUNT()': 'SELECT COUNT() FROM Lead',
    'COUNT() with a field beside it': 'SELECT COUNT(), Id FROM Lead',
    'aggregates with aliases': 'SELECT City c, COUNT(Id) n, MAX(CreatedDate) FROM Lead GROUP BY City HAVING COUNT(Id) > 1',
    'COUNT_DISTINCT, MIN, SUM, AVG': 'SELECT COUNT_DISTINCT(Name), MIN(Name), SUM(NumberOfEmployees), AVG(AnnualRevenue) FROM Account',
    'HAVING without GROUP BY': 'SELECT City FROM Lead HAVING COUNT(Id) > 1',
    'a parent of a parent': 'SELECT Account.Owner.Name FROM Contact',
    'children': "SELECT Name, (SELECT LastName FROM Contacts WHERE LastName != 'x' ORDER BY LastName LIMIT 2) FROM Account",
    'FIELDS(STANDARD)': 'SELECT FIELDS(STANDARD) FROM Lead LIMIT 10',
    'FIELDS(ALL) with a limit': 'SELECT FIELDS(ALL) FROM Lead LIMIT 200',
    'FOR VIEW': 'SELECT Id FROM Lead LIMIT 1 FOR VIEW',
    'ALL ROWS after a date word': 'SELECT Id FROM Lead WHERE CreatedDate = LAST_N_DAYS:3 ALL ROWS WHERE',
    'SELEC': 'SELEC Id FROM Lead',
    'no fields': 'SELECT FROM Lead',
    'a star': 'SELECT * FROM Lead',
    'a comma too many': 'SELECT Id, FROM Lead',
    'no object': 'SELECT Id FROM',
    'WHERE without a condition': 'SELECT Id FROM Lead WHERE',
    'a condition without a value': 'SELECT Id FROM Lead WHERE City =',
    'a quote that is not closed': "SELECT Id FROM Lead WHERE City = 'Ulm",
    'a bracket that is not closed': "SELECT Id FROM Lead WHERE (City = 'Ulm'",
    'double quotes': 'SELECT Id FROM Lead WHERE City = "Ulm"',
    '== for =': "SELECT Id FROM Lead WHERE City == 'Ulm'",
    'BETWEEN': "SELECT Id FROM Lead WHERE City BETWEEN 'a' AND 'b'",
    'IS NULL': 'SELECT Id FROM Lead WHERE City IS NULL',
    'JOIN': 'SELECT Id FROM Lead JOIN Contact',
    'a second statement': 'SELECT Id FROM Lead; SELECT Id FROM Contact',
    'words after the end': 'SELECT Id FROM Lead LIMIT 1 please',
    'DISTINCT': 'SELECT DISTINCT City FROM Lead',
    '<> for !=': "SELECT Id FROM Lead WHERE City <> 'Ulm'",
    'LIMIT of a word': 'SELECT Id FROM Lead LIMIT many',
    'INSERT': "INSERT INTO Lead (City) VALUES ('x')",
}

/** Where the parser is known to judge otherwise than the vendor: [whether the vendor takes it, why]. */
const ELSEWISE = {
    'AND and OR without brackets': [false, 'mixed operators need brackets'],
    'COUNT() with a field beside it': [false, 'COUNT() stands alone'],
    'DISTINCT': [false, 'the parser takes it for a field with an alias, which only a grouped statement may have'],
}

for (const [name, soql] of Object.entries(STATEMENTS)) {
    check(name, async () => {
        const { status, told } = await ask(soql)
        assert.ok(status === 200 || status === 400, told)
        const wanted = ELSEWISE[name]?.[0] ?? isQueryValid(soql, { allowPartialQuery: false })
        assert.equal(status === 200, wanted, `${soql}: the org says ${status} ${told.slice(0, 200)}`)
    })
}

// -- statements made up by chance --------------------------------------------------------------------------
const SEEDS = 12
const EACH = 25

/** Chance that begins anew with every seed. */
function chance(seed) {
    let state = seed * 2654435761
    const next = () => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0
        return state / 2 ** 32
    }
    const pick = (...some) => some[Math.floor(next() * some.length)]
    return { next, pick, maybe: (share, text) => (next() < share ? text() : '') }
}

function condition({ pick, next, maybe }, depth = 0) {
    const text = () => pick("'Ulm'", "'O\\'Brien'", "''", "'a_b%'", 'null')
    const simple = () =>
        pick(
            () => `City ${pick('=', '!=')} ${text()}`,
            () => `City ${pick('<', '>', '<=', '>=')} 'm'`,
            () => `LastName LIKE ${pick("'a%'", "'_b\\%'")}`,
            () => `City ${pick('IN', 'NOT IN', 'in')} (${pick("'Ulm'", "'Ulm', 'Bonn'", "'Ulm','Bonn' , 'Aue'")})`,
            () => `CreatedDate ${pick('=', '>', '<=')} ${pick('TODAY', 'LAST_N_DAYS:7', 'THIS_YEAR', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00.000+0100', 'YESTERDAY')}`,
            () => `IsConverted ${pick('=', '!=')} ${pick('true', 'FALSE')}`,
            () => `Owner.Name = ${pick("'x'", 'null')}`,
            () => `NumberOfEmployees ${pick('=', '<')} ${pick('5', '-1', '0')}`,
        )()
    if (depth > 2 || next() < 0.5) return maybe(0.15, () => 'NOT ') + simple()
    const word = pick(' AND ', ' OR ')
    const parts = [...Array(pick(2, 3))].map(() => (next() < 0.3 ? `(${condition({ pick, next, maybe }, depth + 1)})` : simple()))
    return parts.join(word)
}

function statement(luck) {
    const { pick, maybe } = luck
    const fields = pick('Id', 'Id, LastName', 'Id,City,Owner.Name', 'LastName, CreatedDate, IsConverted')
    return (
        `${pick('SELECT', 'select')} ${fields} ${pick('FROM', 'from')} Lead` +
        maybe(0.7, () => ` WHERE ${condition(luck)}`) +
        maybe(0.4, () => ` ORDER BY ${pick('Id', 'City', 'LastName, Id')}${maybe(0.5, () => pick(' ASC', ' DESC'))}${maybe(0.3, () => pick(' NULLS FIRST', ' NULLS LAST'))}`) +
        // The parser knows no OFFSET right after a condition, though the vendor does: only behind a LIMIT here.
        maybe(0.4, () => ` LIMIT ${pick('1', '10', '200')}${maybe(0.4, () => ` OFFSET ${pick('0', '5')}`)}`)
    )
}

/** The same with a word too many, too few, twice, or in another place. */
function spoiled(soql, { pick, next }) {
    const words = soql.split(' ')
    const at = Math.floor(next() * words.length)
    pick(
        () => words.splice(at, 1),
        () => words.splice(at, 0, words[at]),
        () => words.splice(at, 0, pick('WHERE', 'AND', ',', ')', '(', '=', 'LIMIT')),
        () => words.reverse(),
    )()
    return words.join(' ')
}

for (let seed = 1; seed <= SEEDS; seed++) {
    check(`${EACH} statements made up from seed ${seed} are taken; of as many spoiled ones none that the parser refuses`, async () => {
        const luck = chance(seed)
        for (let n = 0; n < EACH; n++) {
            const whole = statement(luck)
            const bad = spoiled(whole, luck)
            const { status, told } = await ask(whole)
            assert.deepEqual([status, isQueryValid(whole)], [200, true], `${whole}: the org says ${status} ${told.slice(0, 300)}`)
            // The parser lets some things pass, such as conditions without a word between them.
            assert.ok((await ask(bad)).status === 400 || isQueryValid(bad), `${bad}: the org takes it`)
        }
    })
}

await report()
