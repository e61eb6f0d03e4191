// The published @hubspot/api-client, unmodified, with its own limiter; only its base path says where the portal is.

import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import hubspot from '@hubspot/api-client'
import { admin, check, refused, report, under } from './checks.mjs'

const basePath = process.env.SIM_HUBSPOT
const accessToken = process.env.SIM_HUBSPOT_TOKEN
const { Client, Signature } = hubspot
const client = new Client({ accessToken, basePath })
const { contacts, companies, deals, associations, properties } = client.crm
const mail = (name) => `${name}@firm.example`
const person = (name, more = {}) => contacts.basicApi.create({ properties: { email: mail(name), firstname: name, ...more } })
const named = (name, more = {}) => ({ properties: { email: mail(name), ...more } })
const sorted = (values) => [...values].sort()
const emails = (found) => sorted(found.results.map((each) => each.properties.email))
const linked = async (from, id, to) =>
    (await associations.v4.basicApi.getPage(from, id, to)).results.map((each) => String(each.toObjectId))

// -- single records -----------------------------------------------------------------------------------------
check('create answers 201 with the record', async () => {
    const { httpStatusCode, data } = await contacts.basicApi.createWithHttpInfo(named('Ann', { firstname: 'Ann' }))
        .then((info) => ({ httpStatusCode: info.httpStatusCode, data: info.data }))
    assert.equal(httpStatusCode, 201)
    assert.match(data.id, /^\d+$/)
    assert.equal(data.properties.email, 'ann@firm.example')
    assert.ok(data.createdAt instanceof Date)
    assert.equal(data.archived, false)
})
check('create echoes computed properties, a stage date in milliseconds', async () => {
    const made = await person('echo', { lifecyclestage: 'lead' })
    assert.equal(made.properties.hs_email_domain, 'firm.example')
    assert.match(made.properties.hs_lifecyclestage_lead_date, /^\d{13}$/)
    assert.match(made.properties.createdate, /^\d{4}-.*Z$/)
})
check('read shows asked properties, null when unset, none when unknown', async () => {
    const { id } = await person('read')
    const found = await contacts.basicApi.getById(id, ['jobtitle', 'email', 'no_such_property'])
    assert.equal(found.properties.jobtitle, null)
    assert.equal(found.properties.email, mail('read'))
    assert.ok(!('no_such_property' in found.properties))
})
check('read without properties shows the default ones', async () => {
    const { id } = await person('defaults')
    const { properties: shown } = await contacts.basicApi.getById(id)
    const wanted = ['createdate', 'email', 'firstname', 'hs_object_id', 'lastmodifieddate', 'lastname']
    assert.deepEqual(sorted(Object.keys(shown)), wanted)
})
check('read by e-mail, with a plus in it', async () => {
    const { id } = await person('a+b')
    const found = await contacts.basicApi.getById(mail('a+b'), undefined, undefined, undefined, false, 'email')
    assert.equal(found.id, id)
})
check('read with history, newest first', async () => {
    const { id } = await person('history', { jobtitle: 'one' })
    await contacts.basicApi.update(id, { properties: { jobtitle: 'two' } })
    const found = await contacts.basicApi.getById(id, undefined, ['jobtitle'])
    assert.deepEqual(found.propertiesWithHistory.jobtitle.map((each) => each.value), ['two', 'one'])
})
check('update by id', async () => {
    const { id } = await person('update')
    const told = await contacts.basicApi.update(id, { properties: { jobtitle: 'CEO' } })
    assert.equal(told.properties.jobtitle, 'CEO')
    assert.ok(!('firstname' in told.properties))
})
check('update by e-mail', async () => {
    const { id } = await person('update-by')
    const told = await contacts.basicApi.update(mail('update-by'), { properties: { city: 'Ulm' } }, 'email')
    assert.equal(told.id, id)
})
check('an empty text clears', async () => {
    const { id } = await person('clear', { jobtitle: 'CEO' })
    await contacts.basicApi.update(id, { properties: { jobtitle: '' } })
    assert.equal((await contacts.basicApi.getById(id, ['jobtitle'])).properties.jobtitle, null)
})
check('a lifecycle stage does not move back', async () => {
    const { id } = await person('stage', { lifecyclestage: 'customer' })
    const told = await contacts.basicApi.update(id, { properties: { lifecyclestage: 'lead' } })
    assert.equal(told.properties.lifecyclestage, 'customer')
})
check('archive answers 204; reading is then 404', async () => {
    const { id } = await person('archive')
    const told = await contacts.basicApi.archiveWithHttpInfo(id)
    assert.equal(told.httpStatusCode, 204)
    const error = await refused(contacts.basicApi.getById(id))
    assert.equal(error.code, 404)
    assert.equal(error.body.category, 'OBJECT_NOT_FOUND')
})
check('archived records are listed and read when asked for', async () => {
    const { id } = await person('archived')
    await contacts.basicApi.archive(id)
    const page = await contacts.basicApi.getPage(100, undefined, undefined, undefined, undefined, true)
    const found = page.results.find((each) => each.id === id)
    assert.equal(found.archived, true)
    assert.ok(found.archivedAt instanceof Date)
    assert.equal((await contacts.basicApi.getById(id, undefined, undefined, undefined, true)).id, id)
})
check('archiving an id that never was is 204', async () => {
    assert.equal((await contacts.basicApi.archiveWithHttpInfo('999')).httpStatusCode, 204)
})

// -- the list -----------------------------------------------------------------------------------------------
check('the list pages by after, which is the next id', async () => {
    const first = await contacts.basicApi.getPage(3)
    assert.equal(first.results.length, 3)
    const next = await contacts.basicApi.getPage(3, first.paging.next.after)
    assert.equal(next.results[0].id, first.paging.next.after)
    assert.match(first.paging.next.link, /after=/)
})
check('getAll walks through every page', async () => {
    const inputs = [...Array(100).keys()].map((n) => named(`all-${n}`))
    await contacts.batchApi.create({ inputs })
    const found = await contacts.getAll(50, undefined, ['email'])
    assert.equal(new Set(found.map((each) => each.id)).size, found.length)
    assert.ok(inputs.every((each) => found.some((one) => one.properties.email === each.properties.email)))
})
check('a page of 101 is refused', async () => {
    assert.equal((await refused(contacts.basicApi.getPage(101))).code, 400)
})
check('a page of 51 with history is refused', async () => {
    assert.equal((await refused(contacts.basicApi.getPage(51, undefined, undefined, ['city']))).code, 400)
})

// -- batches ------------------------------------------------------------------------------------------------
check('batch create answers 201 with all records', async () => {
    const told = await contacts.batchApi.createWithHttpInfo({ inputs: [named('b1'), named('b2')] })
    assert.equal(told.httpStatusCode, 201)
    assert.equal(told.data.status, 'COMPLETE')
    assert.deepEqual(emails(told.data), [mail('b1'), mail('b2')])
})
check('batch create with trace ids lets the good rows through: 207', async () => {
    const inputs = [
        { ...named('t1'), objectWriteTraceId: 'one' },
        { ...named('t2', { no_such: 'x' }), objectWriteTraceId: 'two' },
    ]
    const told = await contacts.batchApi.createWithHttpInfo({ inputs })
    assert.equal(told.httpStatusCode, 207)
    assert.deepEqual(emails(told.data), [mail('t1')])
    assert.equal(told.data.numErrors, 1)
    assert.deepEqual(told.data.errors[0].context.objectWriteTraceId, ['two'])
})
check('batch create without trace ids is all or nothing', async () => {
    const error = await refused(contacts.batchApi.create({ inputs: [named('n1'), named('n2', { no_such: 'x' })] }))
    assert.equal(error.code, 400)
    const found = await contacts.searchApi.doSearch(query('email', 'EQ', mail('n1')))
    assert.equal(found.total, 0)
})
check('batch read answers what is there and names what is not: 207', async () => {
    const { id } = await person('br')
    const told = await contacts.batchApi.readWithHttpInfo({ inputs: [{ id }, { id: '1' }], properties: ['email'], propertiesWithHistory: [] })
    assert.equal(told.httpStatusCode, 207)
    assert.deepEqual(told.data.results.map((each) => each.id), [id])
    assert.deepEqual(told.data.errors[0].context.ids, ['1'])
})
check('batch read by e-mail', async () => {
    const told = await contacts.batchApi.read({ idProperty: 'email', inputs: [{ id: mail('b1') }, { id: mail('b2') }], properties: ['email'], propertiesWithHistory: [] })
    assert.deepEqual(emails(told), [mail('b1'), mail('b2')])
})
check('batch update by id', async () => {
    const [one, two] = [await person('u1'), await person('u2')]
    const inputs = [one, two].map(({ id }) => ({ id, properties: { city: 'Ulm' } }))
    const told = await contacts.batchApi.updateWithHttpInfo({ inputs })
    assert.equal(told.httpStatusCode, 200)
    assert.deepEqual(sorted(told.data.results.map((each) => each.id)), sorted([one.id, two.id]))
})
check('batch update of an unknown id is an error entry', async () => {
    const { id } = await person('u3')
    const told = await contacts.batchApi.update({ inputs: [id, '1'].map((each) => ({ id: each, properties: { city: 'Bonn' } })) })
    assert.equal(told.numErrors, 1)
    assert.equal(told.errors[0].category, 'OBJECT_NOT_FOUND')
})
check('batch upsert by e-mail tells what is new', async () => {
    const inputs = ['b1', 'up1'].map((name) => ({ id: mail(name), idProperty: 'email', properties: { email: mail(name), city: 'Ulm' } }))
    const told = await contacts.batchApi.upsert({ inputs })
    const fresh = Object.fromEntries(told.results.map((each) => [each.properties.email, each._new]))
    assert.deepEqual(fresh, { [mail('b1')]: false, [mail('up1')]: true })
})
check('batch upsert by a unique property of the portal', async () => {
    const key = { name: 'outer_key', label: 'Key', type: 'string', fieldType: 'text', groupName: 'contactinformation', hasUniqueValue: true }
    await properties.coreApi.create('contacts', key)
    const row = { id: 'k1', idProperty: 'outer_key', properties: { outer_key: 'k1', firstname: 'Kay' } }
    const first = await contacts.batchApi.upsert({ inputs: [row] })
    const again = await contacts.batchApi.upsert({ inputs: [row] })
    assert.deepEqual([first.results[0]._new, again.results[0]._new], [true, false])
    assert.equal(first.results[0].id, again.results[0].id)
})
check('batch upsert by a property that is not unique is refused', async () => {
    const error = await refused(contacts.batchApi.upsert({ inputs: [{ id: 'x', idProperty: 'city', properties: { city: 'x' } }] }))
    assert.equal(error.code, 400)
    assert.match(error.body.message, /non-unique/)
})
check('batch archive answers 204', async () => {
    const { id } = await person('ba')
    assert.equal((await contacts.batchApi.archiveWithHttpInfo({ inputs: [{ id }] })).httpStatusCode, 204)
    assert.equal((await refused(contacts.basicApi.getById(id))).code, 404)
})
check('a batch of 101 is refused', async () => {
    const inputs = [...Array(101).keys()].map((n) => named(`x-${n}`))
    assert.equal((await refused(contacts.batchApi.create({ inputs }))).body.category, 'VALIDATION_ERROR')
})
check('the same id twice in a batch is refused whole', async () => {
    const { id } = await person('twice')
    const row = { id, properties: { city: 'Ulm' } }
    const error = await refused(contacts.batchApi.update({ inputs: [row, row] }))
    assert.match(error.body.message, /Duplicate IDs/)
    assert.deepEqual(error.body.context.ids, [id])
})

// -- search -------------------------------------------------------------------------------------------------
function query(propertyName, operator, value, more = {}) {
    const filter = Array.isArray(value) ? { values: value } : value === undefined ? {} : { value }
    return { filterGroups: [{ filters: [{ propertyName, operator, ...filter }] }], properties: ['email'], limit: 100, after: '0', sorts: [], ...more }
}
check('search finds by equality', async () => {
    const found = await contacts.searchApi.doSearch(query('email', 'EQ', mail('b1')))
    assert.deepEqual([found.total, emails(found)], [1, [mail('b1')]])
})
check('search pages by offset to the end', async () => {
    const seen = []
    let after = '0'
    while (after) {
        const page = await contacts.searchApi.doSearch(query('email', 'CONTAINS_TOKEN', 'all-*', { limit: 40, after }))
        seen.push(...page.results.map((each) => each.id))
        after = page.paging?.next?.after
    }
    assert.equal(new Set(seen).size, 100)
})
check('search takes IN, BETWEEN, HAS_PROPERTY and NOT_HAS_PROPERTY', async () => {
    const among = await contacts.searchApi.doSearch(query('email', 'IN', [mail('b1'), mail('b2')]))
    assert.equal(among.total, 2)
    const range = { filterGroups: [{ filters: [{ propertyName: 'createdate', operator: 'BETWEEN', value: '0', highValue: '9999999999999' }] }], limit: 1 }
    const all = await contacts.searchApi.doSearch(range)
    const [has, not] = [await contacts.searchApi.doSearch(query('city', 'HAS_PROPERTY')), await contacts.searchApi.doSearch(query('city', 'NOT_HAS_PROPERTY'))]
    assert.equal(has.total + not.total, all.total)
})
check('search sorts, also by the short form', async () => {
    const sorts = [{ propertyName: 'hs_object_id', direction: 'DESCENDING' }]
    const down = await contacts.searchApi.doSearch(query('email', 'HAS_PROPERTY', undefined, { sorts }))
    const ids = down.results.map((each) => Number(each.id))
    assert.deepEqual(ids, [...ids].sort((a, b) => b - a))
    const short = await contacts.searchApi.doSearch(query('email', 'HAS_PROPERTY', undefined, { sorts: ['-hs_object_id'] }))
    assert.deepEqual(short.results.map((each) => Number(each.id)), ids)
})
check('search by words', async () => {
    const found = await contacts.searchApi.doSearch({ query: 'up1', properties: ['email'], limit: 5 })
    assert.deepEqual(emails(found), [mail('up1')])
})
check('search past 10,000 is refused', async () => {
    const error = await refused(contacts.searchApi.doSearch(query('email', 'HAS_PROPERTY', undefined, { after: '10000' })))
    assert.equal(error.code, 400)
})
check('search with too many filter groups is refused', async () => {
    const group = { filters: [{ propertyName: 'city', operator: 'EQ', value: 'x' }] }
    const error = await refused(contacts.searchApi.doSearch({ filterGroups: Array(7).fill(group), limit: 1 }))
    assert.equal(error.body.category, 'VALIDATION_ERROR')
})
check('search replies carry no rate headers, others do', async () => {
    const { headers } = await contacts.searchApi.doSearchWithHttpInfo(query('email', 'EQ', mail('b1')))
    const others = await contacts.basicApi.getPageWithHttpInfo(1)
    const rates = (all) => Object.keys(all).filter((name) => name.startsWith('x-hubspot-ratelimit'))
    assert.deepEqual(rates(headers), [])
    assert.ok(rates(others.headers).length >= 3)
})

// -- errors -------------------------------------------------------------------------------------------------
check('a taken e-mail is 409 and names its holder', async () => {
    const { id } = await person('taken')
    const error = await refused(person('TAKEN'))
    assert.equal(error.code, 409)
    assert.equal(error.body.message, `Contact already exists. Existing ID: ${id}`)
    assert.equal(error.headers['x-hubspot-correlation-id'], error.body.correlationId)
})
check('an unknown property is 400, told twice', async () => {
    const error = await refused(person('wrong', { no_such: 'x' }))
    assert.equal(error.code, 400)
    assert.equal(error.body.errors[0].code, 'PROPERTY_DOESNT_EXIST')
    assert.equal(JSON.parse(error.body.message.slice(error.body.message.indexOf('[')))[0].name, 'no_such')
})
check('a read-only property, a bad option and a bad address are 400', async () => {
    const code = async (more) => (await refused(person('bad', more))).body.errors[0].code
    assert.equal(await code({ hs_email_optout: 'true' }), 'READ_ONLY_VALUE')
    assert.equal(await code({ lifecyclestage: 'nobody' }), 'INVALID_OPTION')
    assert.equal(await code({ email: 'no address' }), 'INVALID_EMAIL')
})
check('a wrong token is 401', async () => {
    const stranger = new Client({ accessToken: 'wrong', basePath })
    const error = await refused(stranger.crm.contacts.basicApi.getPage())
    assert.equal(error.code, 401)
    assert.equal(error.body.category, 'INVALID_AUTHENTICATION')
})
check('a missing scope is 403 and named', async () => {
    const narrow = new Client({ accessToken: process.env.SIM_HUBSPOT_NARROW_TOKEN, basePath: process.env.SIM_HUBSPOT_NARROW })
    const error = await refused(narrow.crm.companies.basicApi.getPage())
    assert.equal(error.code, 403)
    assert.equal(error.body.category, 'MISSING_SCOPES')
    assert.deepEqual(error.body.errors[0].context.requiredGranularScopes, ['crm.objects.companies.read'])
})
check('an unknown object type is 400', async () => {
    const error = await refused(client.crm.objects.basicApi.getPage('butterflies'))
    assert.equal(error.code, 400)
    assert.equal(error.body.message, 'Unable to infer object type from: butterflies')
})
check('an address of the API that is not there is 404', async () => {
    const reply = await client.apiRequest({ path: '/crm/v3/nothing/here' })
    assert.equal(reply.status, 404)
})
check('too long an address is 414', async () => {
    const many = [...Array(900).keys()].map((n) => `a_property_name_${n}`)
    assert.equal((await refused(contacts.basicApi.getPage(1, undefined, many))).code, 414)
})
check('429 reaches the caller with its policy when the client does not retry', async () => {
    const fault = { kind: 'rate_limit', side: 'hubspot', policy: 'TEN_SECONDLY_ROLLING' }
    const error = await under(fault, () => refused(contacts.basicApi.getPage(1)))
    assert.equal(error.code, 429)
    assert.equal(error.body.policyName, 'TEN_SECONDLY_ROLLING')
})
check('500 reaches the caller when the client does not retry', async () => {
    const error = await under({ kind: 'internal', side: 'hubspot' }, () => refused(contacts.basicApi.getPage(1)))
    assert.equal(error.code, 500)
})
check('the client retries 500 and 429 when told to', async () => {
    const patient = new Client({ accessToken, basePath, numberOfApiCallRetries: 3 })
    const page = await under({ kind: 'internal', side: 'hubspot', count: 2 }, () => patient.crm.contacts.basicApi.getPage(1))
    assert.equal(page.results.length, 1)
    const found = await under({ kind: 'rate_limit', side: 'hubspot', policy: 'SECONDLY' }, () =>
        patient.crm.contacts.searchApi.doSearch(query('email', 'EQ', mail('b1'))))
    assert.equal(found.total, 1)
    new Client({ accessToken, basePath }) // its decorators are common to all clients: retries off again
})
check('423, 477 and 414 reach the caller', async () => {
    for (const [kind, code] of [['locked', 423], ['migrating', 477], ['uri_too_long', 414]]) {
        const error = await under({ kind, side: 'hubspot' }, () => refused(contacts.basicApi.getPage(1)))
        assert.equal(error.code, code)
        await admin('POST', 'time', { advance_s: 90_000 }) // past what lasts
    }
})
check('an access token that has expired is 401 EXPIRED_AUTHENTICATION', async () => {
    const error = await under({ kind: 'expired', side: 'hubspot' }, () => refused(contacts.basicApi.getPage(1)))
    assert.deepEqual([error.code, error.body.category], [401, 'EXPIRED_AUTHENTICATION'])
})
check('what the portal does not have is refused: tickets, imports, webhook settings', async () => {
    assert.ok((await refused(client.crm.tickets.basicApi.getPage())).code >= 400)
    assert.equal((await refused(client.crm.imports.coreApi.getPage())).code, 404)
    assert.equal((await client.apiRequest({ path: '/webhooks/v3/1/settings' })).status, 404)
})
check('a page of the edge in HTML is an error of the client', async () => {
    const error = await under({ kind: 'gateway_html', side: 'hubspot' }, () => refused(contacts.basicApi.getPage(1)))
    assert.equal(error.code ?? 502, 502)
})
check('a reply that is lost leaves what was written', async () => {
    const fault = { kind: 'reset_after_send', side: 'hubspot', match: 'POST /crm/v3/objects/contacts' }
    await under(fault, () => refused(person('lost')))
    assert.equal((await refused(person('lost'))).code, 409)
})

// -- merging and erasing ------------------------------------------------------------------------------------
check('merge answers a new id; the old ones lead to it', async () => {
    const [winner, loser] = [await person('winner'), await person('loser')]
    const merged = await contacts.basicApi.merge({ primaryObjectId: winner.id, objectIdToMerge: loser.id })
    assert.ok(![winner.id, loser.id].includes(merged.id))
    for (const { id } of [winner, loser]) assert.equal((await contacts.basicApi.getById(id)).id, merged.id)
    const shown = await contacts.basicApi.getById(merged.id, ['hs_merged_object_ids', 'hs_additional_emails', 'email'])
    assert.deepEqual(sorted(shown.properties.hs_merged_object_ids.split(';')), sorted([winner.id, loser.id]))
    assert.equal(shown.properties.hs_additional_emails, mail('loser'))
})
check('batch update of an absorbed id is not supported', async () => {
    const [winner, loser] = [await person('winner2'), await person('loser2')]
    await contacts.basicApi.merge({ primaryObjectId: winner.id, objectIdToMerge: loser.id })
    const told = await contacts.batchApi.update({ inputs: [{ id: loser.id, properties: { city: 'Ulm' } }] })
    assert.equal(told.errors[0].category, 'OBJECT_NOT_FOUND')
})
check('privacy deletion leaves nothing to read', async () => {
    const { id } = await person('erase')
    assert.equal((await contacts.basicApi.purgeWithHttpInfo({ objectId: id })).httpStatusCode, 204)
    assert.equal((await refused(contacts.basicApi.getById(id))).code, 404)
    assert.equal((await refused(contacts.basicApi.getById(id, undefined, undefined, undefined, true))).code, 404)
})

// -- other objects, associations ----------------------------------------------------------------------------
const firm = (name) => companies.basicApi.create({ properties: { name, domain: `${name}.example` } })
check('companies: create, read, update, search, archive', async () => {
    const { id } = await firm('acme')
    await companies.basicApi.update(id, { properties: { city: 'Ulm' } })
    assert.equal((await companies.basicApi.getById(id, ['city'])).properties.city, 'Ulm')
    assert.equal((await companies.searchApi.doSearch(query('domain', 'EQ', 'acme.example'))).total, 1)
    await companies.basicApi.archive(id)
    assert.equal((await refused(companies.basicApi.getById(id))).code, 404)
})
check('deals: create, read, update, batch, archive', async () => {
    const { results } = await client.crm.pipelines.pipelinesApi.getAll('deals')
    const [stage, later] = results[0].stages.map((each) => each.id)
    const { id } = await deals.basicApi.create({ properties: { dealname: 'Big', pipeline: results[0].id, dealstage: stage, amount: '100' } })
    await deals.batchApi.update({ inputs: [{ id, properties: { dealstage: later } }] })
    assert.equal((await deals.basicApi.getById(id, ['dealstage'])).properties.dealstage, later)
    await deals.basicApi.archive(id)
    assert.equal((await refused(deals.basicApi.getById(id))).code, 404)
})
check('the generic objects API takes names and type ids', async () => {
    for (const type of ['contacts', 'contact', '0-1']) {
        assert.equal((await client.crm.objects.basicApi.getPage(type, 1)).results.length, 1)
    }
})
check('v4: associate by default, read, unlink', async () => {
    const [{ id }, company] = [await person('v4'), await firm('v4')]
    await associations.v4.basicApi.createDefault('contacts', id, 'companies', company.id)
    await associations.v4.basicApi.createDefault('contacts', id, 'companies', company.id)
    assert.deepEqual(await linked('contacts', id, 'companies'), [company.id])
    assert.deepEqual(await linked('companies', company.id, 'contacts'), [id])
    await associations.v4.basicApi.archive('contacts', id, 'companies', company.id)
    assert.deepEqual(await linked('contacts', id, 'companies'), [])
})
check('v4: a primary association is labelled and has the default type too', async () => {
    const [{ id }, company] = [await person('v4p'), await firm('v4p')]
    const spec = [{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId: 1 }]
    const told = await associations.v4.basicApi.createWithHttpInfo('contacts', id, 'companies', company.id, spec)
    assert.equal(told.httpStatusCode, 201)
    const page = await associations.v4.basicApi.getPage('contacts', id, 'companies')
    assert.deepEqual(sorted(page.results[0].associationTypes.map((each) => each.typeId)), [1, 279])
})
check('v4: batch create, read and archive', async () => {
    const [one, two, company] = [await person('v4b1'), await person('v4b2'), await firm('v4b')]
    const types = [{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId: 279 }]
    const inputs = [one, two].map(({ id }) => ({ _from: { id }, to: { id: company.id }, types }))
    const told = await associations.v4.batchApi.create('contacts', 'companies', { inputs })
    assert.equal(told.results.length, 2)
    const read = await associations.v4.batchApi.getPage('contacts', 'companies', { inputs: [{ id: one.id }, { id: two.id }] })
    assert.deepEqual(sorted(read.results.map((each) => each._from.id)), sorted([one.id, two.id]))
    await associations.v4.batchApi.archive('contacts', 'companies', { inputs: [{ _from: { id: one.id }, to: [{ id: company.id }] }] })
    assert.deepEqual(await linked('companies', company.id, 'contacts'), [two.id])
})
check('v4: batch associate by default', async () => {
    const [{ id }, company] = [await person('v4d'), await firm('v4d')]
    await associations.v4.batchApi.createDefault('contacts', 'companies', { inputs: [{ _from: { id }, to: { id: company.id } }] })
    assert.deepEqual(await linked('contacts', id, 'companies'), [company.id])
})
check('v4: a batch read of a record without any is 207', async () => {
    const { id } = await person('v4n')
    const told = await associations.v4.batchApi.getPageWithHttpInfo('contacts', 'companies', { inputs: [{ id }] })
    assert.deepEqual([told.httpStatusCode, told.data.numErrors], [207, 1])
})
check('a create carries associations; a read embeds them', async () => {
    const company = await firm('embedded')
    const types = [{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId: 279 }]
    const made = await contacts.basicApi.create({ ...named('embedded'), associations: [{ to: { id: company.id }, types }] })
    const shown = await contacts.basicApi.getById(made.id, undefined, undefined, ['companies'])
    assert.ok(shown.associations.companies.results.some((each) => each.id === company.id))
})
check('a contact and a deal are associated', async () => {
    const { results } = await client.crm.pipelines.pipelinesApi.getAll('deals')
    const deal = await deals.basicApi.create({ properties: { dealname: 'Linked', pipeline: results[0].id, dealstage: results[0].stages[0].id } })
    const { id } = await person('dealer')
    await associations.v4.basicApi.createDefault('deals', deal.id, 'contacts', id)
    assert.deepEqual(await linked('contacts', id, 'deals'), [deal.id])
})

// -- what the portal is made of -----------------------------------------------------------------------------
check('properties: all, one, create 201, update, archive', async () => {
    const all = await properties.coreApi.getAll('contacts')
    const stage = all.results.find((each) => each.name === 'lifecyclestage')
    assert.ok(stage.options.length >= 8)
    assert.equal(all.results.find((each) => each.name === 'hs_email_optout').modificationMetadata.readOnlyValue, true)
    const fresh = { name: 'mood', label: 'Mood', type: 'enumeration', fieldType: 'select', groupName: 'contactinformation', options: [{ label: 'Good', value: 'good', displayOrder: 0, hidden: false }] }
    assert.equal((await properties.coreApi.createWithHttpInfo('contacts', fresh)).httpStatusCode, 201)
    assert.equal((await properties.coreApi.update('contacts', 'mood', { label: 'Humour' })).label, 'Humour')
    assert.equal((await properties.coreApi.getByName('contacts', 'mood')).label, 'Humour')
    await properties.coreApi.archive('contacts', 'mood')
    assert.equal((await refused(properties.coreApi.getByName('contacts', 'mood'))).code, 404)
})
check('a property of a name that exists is 409', async () => {
    const again = { name: 'email', label: 'E', type: 'string', fieldType: 'text', groupName: 'contactinformation' }
    assert.equal((await refused(properties.coreApi.create('contacts', again))).code, 409)
})
check('properties in a batch', async () => {
    const input = { inputs: [{ name: 'email' }, { name: 'city' }], archived: false }
    const told = await properties.batchApi.read('contacts', input)
    assert.deepEqual(sorted(told.results.map((each) => each.name)), ['city', 'email'])
})
check('property groups: create and list', async () => {
    await properties.groupsApi.create('contacts', { name: 'ours', label: 'Ours', displayOrder: 1 })
    const all = await properties.groupsApi.getAll('contacts')
    assert.ok(all.results.some((each) => each.name === 'ours'))
})
check('owners: page, by e-mail, by id', async () => {
    const all = await client.crm.owners.ownersApi.getPage()
    const [first] = all.results
    assert.equal(first.type, 'PERSON')
    assert.equal((await client.crm.owners.ownersApi.getPage(first.email)).results.length, 1)
    assert.equal((await client.crm.owners.ownersApi.getById(Number(first.id))).email, first.email)
})
check('pipelines: stages with their probability as text', async () => {
    const { results } = await client.crm.pipelines.pipelinesApi.getAll('deals')
    assert.ok(results[0].stages.every((each) => /^[01]\.\d+$/.test(each.metadata.probability)))
})
check('lists: create, add, page, remove', async () => {
    const { list } = await client.crm.lists.listsApi.create({ name: 'Friends', objectTypeId: '0-1', processingType: 'MANUAL' })
    const ids = [(await person('l1')).id, (await person('l2')).id]
    const added = await client.crm.lists.membershipsApi.add(list.listId, ids)
    assert.deepEqual(sorted(added.recordsIdsAdded ?? added.recordIdsAdded), sorted(ids))
    await client.crm.lists.membershipsApi.remove(list.listId, [ids[0]])
    const page = await client.crm.lists.membershipsApi.getPage(list.listId)
    assert.deepEqual(page.results.map((each) => each.recordId), [ids[1]])
})

check('a list by name, its size, who is in it, and a list that is dynamic', async () => {
    const { listsApi, membershipsApi } = client.crm.lists
    const named = (await listsApi.getByName('Friends', '0-1')).list
    assert.equal((await listsApi.getById(named.listId)).list.name, 'Friends')
    const page = await membershipsApi.getPage(named.listId)
    const held = await membershipsApi.getLists('0-1', page.results[0].recordId)
    assert.ok(held.results.some((each) => each.listId === named.listId))
    assert.equal((await refused(listsApi.create({ name: 'Friends', objectTypeId: '0-1', processingType: 'MANUAL' }))).code, 400)
    await listsApi.remove(named.listId)
    assert.equal((await refused(listsApi.getById(named.listId))).code, 404)
})
check('labels of associations: made, listed, given', async () => {
    const { definitionsApi } = associations.v4.schema
    await definitionsApi.create('contacts', 'companies', { label: 'Advisor', name: 'advisor' })
    const all = await definitionsApi.getAll('contacts', 'companies')
    const made = all.results.find((each) => each.label === 'Advisor')
    assert.equal(made.category, 'USER_DEFINED')
    const [{ id }, company] = [await person('advisor'), await firm('advisor')]
    const spec = [{ associationCategory: 'USER_DEFINED', associationTypeId: made.typeId }]
    const told = await associations.v4.basicApi.create('contacts', id, 'companies', company.id, spec)
    assert.ok(told.labels.includes('Advisor'))
})

// -- other calls --------------------------------------------------------------------------------------------
check('dated paths answer as v3 does', async () => {
    for (const version of ['2026-03', '2026-09']) {
        const reply = await client.apiRequest({ path: `/crm/objects/${version}/contacts`, qs: { limit: '2' } })
        assert.equal((await reply.json()).results.length, 2)
    }
})
check('communication preferences: unsubscribe and see it', async () => {
    const { id } = await person('quiet')
    const path = `/communication-preferences/v4/statuses/${encodeURIComponent(mail('quiet'))}`
    const told = await client.apiRequest({ method: 'POST', path: `${path}/unsubscribe-all`, qs: { channel: 'EMAIL' } })
    assert.ok(told.ok, await told.text())
    assert.equal((await contacts.basicApi.getById(id, ['hs_email_optout'])).properties.hs_email_optout, 'true')
})
check('account details and usage', async () => {
    const details = await (await client.apiRequest({ path: '/account-info/2026-09/details' })).json()
    assert.equal(String(details.portalId), process.env.SIM_PORTAL)
    const usage = await (await client.apiRequest({ path: '/account-info/2026-09/api-usage/daily/private-apps' })).json()
    assert.equal(usage.results[0].fetchStatus, 'SUCCESS')
})
const app = [process.env.SIM_CLIENT_ID, process.env.SIM_CLIENT_SECRET]
check('OAuth: a refresh token gives an access token that works', async () => {
    const open = new Client({ basePath })
    const told = await open.oauth.tokensApi.create('refresh_token', undefined, undefined, ...app, process.env.SIM_REFRESH_TOKEN)
    assert.equal(told.expiresIn, 1800)
    open.setAccessToken(told.accessToken)
    assert.ok((await open.crm.contacts.basicApi.getPage(1)).results.length)
})
check('OAuth: a revoked refresh token is 400 BAD_REFRESH_TOKEN', async () => {
    const error = await refused(new Client({ basePath }).oauth.tokensApi.create('refresh_token', undefined, undefined, ...app, 'never-given'))
    assert.equal(error.code, 400)
    assert.equal(error.body.status, 'BAD_REFRESH_TOKEN')
})

check('the journal of changes, by a token of the app itself', async () => {
    const scope = ['read', 'subscriptions.read', 'subscriptions.write'].map((right) => `developer.webhooks_journal.${right}`).join(' ')
    const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: app[0], client_secret: app[1], scope })
    const { access_token } = await (await fetch(`${basePath}/oauth/2026-09/token`, { method: 'POST', body: form })).json()
    const own = new Client({ accessToken: access_token, basePath })
    const body = { subscriptionType: 'OBJECT', portalId: Number(process.env.SIM_PORTAL), objectTypeId: '0-1', actions: ['CREATE'] }
    assert.ok((await own.apiRequest({ method: 'POST', path: '/webhooks-journal/subscriptions/2026-03', body })).ok)
    const { id } = await person('journalled')
    const place = await (await own.apiRequest({ path: '/webhooks-journal/journal/2026-03/latest' })).json()
    const events = await (await fetch(place.url)).json()
    assert.deepEqual(events.map((each) => String(each.objectId)), [id])
})

// -- webhooks -----------------------------------------------------------------------------------------------
check('a webhook arrives with signatures that the client accepts', async () => {
    const [port, clientSecret] = [Number(process.env.SIM_WEBHOOK_PORT), process.env.SIM_WEBHOOK_SECRET]
    const calls = []
    const server = createServer(async (request, response) => {
        const parts = []
        for await (const part of request) parts.push(part)
        calls.push({ headers: request.headers, requestBody: Buffer.concat(parts).toString(), path: request.url })
        response.end()
    })
    await new Promise((listening) => server.listen(port, '127.0.0.1', listening))
    const { id } = await person('hooked')
    const isHere = ({ requestBody }) => JSON.parse(requestBody).some((each) => String(each.objectId) === id)
    while (!calls.some(isHere)) await new Promise((again) => setTimeout(again, 20))
    server.close()
    const { headers, requestBody, path } = calls.find(isHere)
    const event = JSON.parse(requestBody).find((each) => String(each.objectId) === id)
    assert.equal(event.subscriptionType, 'contact.creation')
    assert.equal(path, '/hook?from=%40portal')
    const signed = { clientSecret, requestBody, url: `http://127.0.0.1:${port}/hook?from=@portal`, method: 'POST' }
    const timestamp = Number(headers['x-hubspot-request-timestamp'])
    for (const [signatureVersion, name] of [['v1', 'x-hubspot-signature'], ['v3', 'x-hubspot-signature-v3']]) {
        assert.ok(Signature.isValid({ ...signed, signatureVersion, timestamp, signature: headers[name] }), name)
    }
})
check('what people did by hand is seen by the client', async () => {
    const { id } = await admin('POST', 'create', { side: 'hubspot', object: 'contacts', values: { email: mail('typed'), firstname: 'Typed' } })
    assert.equal((await contacts.basicApi.getById(id)).properties.firstname, 'Typed')
})

await report()
