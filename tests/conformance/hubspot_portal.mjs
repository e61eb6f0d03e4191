// The rest of a portal with @hubspot/api-client: errors, other objects, associations, definitions, OAuth, webhooks.

import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { admin, check, refused, report, under } from './checks.mjs'
import {
    Client, Signature, accessToken, associations, basePath, client, companies, contacts, deals,
    firm, linked, mail, named, person, properties, query, sorted,
} from './hubspot_client.mjs'

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
        patient.crm.contacts.searchApi.doSearch(query('email', 'EQ', mail('taken'))))
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

// -- other objects, associations ----------------------------------------------------------------------------
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
check('associations archived in a batch: 204 by v4, 200 by 2026-09', async () => {
    const [{ id }, company] = [await person('versions'), await firm('versions')]
    const body = { inputs: [{ from: { id }, to: [{ id: company.id }] }] }
    for (const [path, status] of [['/crm/v4/associations/', 204], ['/crm/associations/2026-09/', 200]]) {
        await associations.v4.basicApi.createDefault('contacts', id, 'companies', company.id)
        const told = await client.apiRequest({ method: 'POST', path: `${path}contacts/companies/batch/archive`, body })
        assert.equal(told.status, status)
    }
    assert.deepEqual(await linked('contacts', id, 'companies'), [])
})
check('lists of names come repeated or with commas, truth in any case', async () => {
    const { id } = await person('spelling', { city: 'Ulm', jobtitle: 'CEO' })
    for (const query of ['properties=city&properties=jobtitle', 'properties=city,jobtitle', 'properties=city%2Cjobtitle&archived=False']) {
        const told = await (await client.apiRequest({ path: `/crm/v3/objects/contact/${id}?${query}` })).json()
        assert.deepEqual([told.properties.city, told.properties.jobtitle], ['Ulm', 'CEO'])
    }
    const gone = await (await client.apiRequest({ path: '/crm/v3/objects/0-1?archived=True' })).json()
    assert.ok(gone.results.every((each) => each.archived))
})
check('a method that an address does not have is 405', async () => {
    assert.equal((await client.apiRequest({ method: 'PUT', path: '/crm/v3/objects/contacts' })).status, 405)
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
