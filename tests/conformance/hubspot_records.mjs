// Records with @hubspot/api-client: one by one, listed, in batches, searched, merged, erased.

import assert from 'node:assert/strict'
import { check, refused, report } from './checks.mjs'
import { contacts, emails, mail, named, person, properties, query, sorted } from './hubspot_client.mjs'

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

await report()
