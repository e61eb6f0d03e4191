// Tokens and records with jsforce: one by one, by external id, in Collections, the rules of the org, faults.

import assert from 'node:assert/strict'
import jsforce from 'jsforce'
import { admin, check, refused, report, under } from './checks.mjs'
import { assertion, code, conn, field, lead, loginUrl, make, oauth2, version } from './jsforce_client.mjs'

// -- tokens -------------------------------------------------------------------------------------------------
check('client credentials', async () => {
    await conn.authorize({ grant_type: 'client_credentials' })
    assert.equal(conn.instanceUrl, loginUrl)
    assert.match(conn.accessToken, /^00D/)
})
check('client credentials with a wrong secret', async () => {
    const stranger = new jsforce.Connection({ oauth2: { ...oauth2, clientSecret: 'no' }, version })
    const error = await refused(stranger.authorize({ grant_type: 'client_credentials' }))
    assert.deepEqual([error.name, error.message], ['invalid_client', 'invalid client credentials'])
})
check('JWT bearer', async () => {
    const bearer = new jsforce.Connection({ oauth2: { loginUrl, clientId: oauth2.clientId }, version })
    await bearer.authorize({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: await assertion() })
    assert.equal((await bearer.query('SELECT Id FROM User LIMIT 1')).totalSize, 1)
})
check('JWT bearer of a user who has not approved', async () => {
    const bearer = new jsforce.Connection({ oauth2: { loginUrl, clientId: oauth2.clientId }, version })
    const grant_type = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
    const error = await refused(bearer.authorize({ grant_type, assertion: await assertion('nobody@sales.example') }))
    assert.equal(error.name, 'invalid_grant')
})
check('an unknown grant', async () => {
    const error = await refused(new jsforce.Connection({ oauth2, version }).authorize({ grant_type: 'magic' }))
    assert.equal(error.name, 'unsupported_grant_type')
})
check('a token that is not one is 401 INVALID_SESSION_ID', async () => {
    const stranger = new jsforce.Connection({ instanceUrl: loginUrl, accessToken: 'no', version })
    assert.equal(await code(stranger.query('SELECT Id FROM Lead')), 'INVALID_SESSION_ID')
})
check('an expired session is refreshed once and the call goes on', async () => {
    let fresh = 0
    const refreshFn = async (each, done) => {
        fresh += 1
        done(null, (await conn.oauth2.requestToken({ grant_type: 'client_credentials' })).access_token)
    }
    const patient = new jsforce.Connection({ instanceUrl: loginUrl, accessToken: 'old', version, refreshFn })
    assert.equal((await patient.query('SELECT Id FROM User LIMIT 1')).done, true)
    assert.equal(fresh, 1)
})
check('a refresh token of the user renews an expired session', async () => {
    const tokens = { accessToken: 'old', refreshToken: process.env.SIM_REFRESH }
    const patient = new jsforce.Connection({ oauth2, instanceUrl: loginUrl, version, ...tokens })
    assert.equal((await patient.query('SELECT Id FROM User LIMIT 1')).done, true)
    assert.notEqual(patient.accessToken, 'old')
})
check('a refresh token that is not one is invalid_grant', async () => {
    const error = await refused(new jsforce.OAuth2(oauth2).refreshToken('never-given'))
    assert.equal(error.name, 'invalid_grant')
})
check('who the user is', async () => {
    const { user_id: id, organization_id: org } = await conn.identity()
    assert.match(id, /^005/)
    assert.match(org, /^00D/)
})

// -- rows ---------------------------------------------------------------------------------------------------
check('create, retrieve, update, destroy', async () => {
    const rows = conn.sobject('Lead')
    const made = await rows.create(lead('One', { Email: 'ONE@firm.example', City: '  Ulm ' }))
    assert.deepEqual([made.success, made.errors], [true, []])
    const shown = await rows.retrieve(made.id)
    assert.deepEqual([shown.Email, shown.City, shown.attributes.type], ['one@firm.example', 'Ulm', 'Lead'])
    assert.equal((await rows.update({ Id: made.id, City: 'Bonn' })).success, true)
    assert.equal((await rows.retrieve(made.id, { fields: ['City'] })).City, 'Bonn')
    assert.equal((await rows.destroy(made.id)).success, true)
    assert.equal(await code(rows.retrieve(made.id)), 'NOT_FOUND')
})
check('stamps have a second and +0000', async () => {
    const { CreatedDate } = await conn.sobject('Lead').retrieve(await make(lead('Stamp')))
    assert.match(CreatedDate, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000\+0000$/)
})
check('null clears a value', async () => {
    const id = await make(lead('Null', { City: 'Ulm' }))
    await conn.sobject('Lead').update({ Id: id, City: null })
    assert.equal((await conn.sobject('Lead').retrieve(id)).City, null)
})
check('errors of a row: missing, unknown field, too long, e-mail, picklist', async () => {
    assert.equal(await code(conn.sobject('Lead').create({ LastName: 'X' })), 'REQUIRED_FIELD_MISSING')
    assert.equal(await code(conn.sobject('Lead').create(lead('X', { Nothing__c: 1 }))), 'INVALID_FIELD')
    assert.equal(await code(conn.sobject('Lead').create(lead('X'.repeat(81)))), 'STRING_TOO_LONG')
    assert.equal(await code(conn.sobject('Lead').create(lead('X', { Email: 'no address' }))), 'INVALID_EMAIL_ADDRESS')
})
check('an error names its fields', async () => {
    const error = await refused(conn.sobject('Lead').create({ LastName: 'X' }))
    assert.deepEqual(error.data.fields, ['Company'])
})
check('a row that is deleted cannot be changed or deleted', async () => {
    const id = await make(lead('Gone'))
    await conn.sobject('Lead').destroy(id)
    assert.equal(await code(conn.sobject('Lead').update({ Id: id, City: 'Ulm' })), 'ENTITY_IS_DELETED')
    assert.equal(await code(conn.sobject('Lead').destroy(id)), 'ENTITY_IS_DELETED')
})
check('ids: a malformed one, one of nobody, one of 15 characters', async () => {
    const id = await make(lead('Ids'))
    assert.equal((await conn.sobject('Lead').retrieve(id.slice(0, 15))).Id, id)
    assert.equal(await code(conn.sobject('Lead').retrieve('00Q000000000000AAA')), 'NOT_FOUND')
})
check('an object that is not there is 404', async () => {
    assert.equal(await code(conn.sobject('Butterfly__c').create({ Name: 'x' })), 'NOT_FOUND')
})

// -- an external id of our own, made by the Tooling API -------------------------------------------------------
check('Tooling makes a field that is seen once it is granted', async () => {
    const { made, before } = await field('Lead', 'Outer__c', true)
    assert.ok(made.success)
    assert.ok(!before.fields.some((each) => each.name === 'Outer__c'))
    const seen = (await conn.describe('Lead')).fields.find((each) => each.name === 'Outer__c')
    assert.deepEqual([seen.externalId, seen.unique, seen.length], [true, true, 80])
})
check('upsert makes, then changes', async () => {
    const first = await conn.sobject('Lead').upsert(lead('Up', { Outer__c: 'u-1' }), 'Outer__c')
    const again = await conn.sobject('Lead').upsert({ Outer__c: 'u-1', City: 'Ulm' }, 'Outer__c')
    assert.deepEqual([first.created, again.created, again.id], [true, false, first.id])
})
check('upsert by a field that is no external id is 404', async () => {
    assert.equal(await code(conn.sobject('Lead').upsert(lead('Up', { City: 'x' }), 'City')), 'NOT_FOUND')
})
check('upsert with several matches is 300 and writes nothing', async () => {
    await field('Lead', 'Many__c', false)
    const ids = [await make(lead('M1', { Many__c: 'm' })), await make(lead('M2', { Many__c: 'm' }))]
    const error = await refused(conn.sobject('Lead').upsert({ Many__c: 'm', City: 'Ulm' }, 'Many__c'))
    assert.equal(error.errorCode, 'MULTIPLE_CHOICES')
    assert.deepEqual([...error.data].map((url) => url.split('/').pop()).sort(), ids.sort())
    assert.equal((await conn.sobject('Lead').retrieve(ids[0])).City, null)
})
check('a unique value that is taken is DUPLICATE_VALUE', async () => {
    assert.equal(await code(conn.sobject('Lead').create(lead('Dup', { Outer__c: 'u-1' }))), 'DUPLICATE_VALUE')
})

// -- collections --------------------------------------------------------------------------------------------
check('an array is created in one call, good rows beside bad', async () => {
    const told = await conn.sobject('Lead').create([lead('C1'), { LastName: 'C2' }, lead('C3')])
    assert.deepEqual(told.map((each) => each.success), [true, false, true])
    assert.equal(told[1].errors[0].statusCode, 'REQUIRED_FIELD_MISSING')
})
check('all or none rolls back', async () => {
    const told = await conn.sobject('Lead').create([lead('A1'), { LastName: 'A2' }], { allOrNone: true })
    assert.deepEqual(told.map((each) => each.success), [false, false])
    assert.equal(told[0].errors[0].statusCode, 'ALL_OR_NONE_OPERATION_ROLLED_BACK')
    assert.equal((await conn.query("SELECT Id FROM Lead WHERE LastName = 'A1'")).totalSize, 0)
})
check('an array is retrieved, null for what is missing', async () => {
    const ids = [await make(lead('R1')), '00Q000000000000AAA', await make(lead('R2'))]
    const told = await conn.sobject('Lead').retrieve(ids, { fields: ['Id', 'LastName'] })
    assert.deepEqual(told.map((each) => each?.LastName ?? null), ['R1', null, 'R2'])
})
check('an array is updated', async () => {
    const ids = [await make(lead('U1')), await make(lead('U2'))]
    const told = await conn.sobject('Lead').update(ids.map((Id) => ({ Id, City: 'Ulm' })))
    assert.deepEqual(told.map((each) => each.id), ids)
})
check('an array is upserted, each told whether it was created', async () => {
    const rows = ['u-1', 'u-2'].map((Outer__c) => lead('Many', { Outer__c }))
    const told = await conn.sobject('Lead').upsert(rows, 'Outer__c')
    assert.deepEqual(told.map((each) => each.created), [false, true])
})
check('the same external id twice in a call fails', async () => {
    const rows = ['u-3', 'u-3'].map((Outer__c) => lead('Twice', { Outer__c }))
    const told = await conn.sobject('Lead').upsert(rows, 'Outer__c')
    assert.ok(told.some((each) => each.errors[0]?.statusCode === 'DUPLICATE_VALUE'))
})
check('an array is deleted', async () => {
    const ids = [await make(lead('D1')), await make(lead('D2'))]
    assert.ok((await conn.sobject('Lead').destroy(ids)).every((each) => each.success))
    assert.equal((await conn.query(`SELECT Id FROM Lead WHERE Id IN ('${ids.join("','")}')`)).totalSize, 0)
})
check('201 rows in a call are refused', async () => {
    const records = [...Array(201).keys()].map((n) => ({ attributes: { type: 'Lead' }, ...lead(`${n}`) }))
    const path = `/services/data/v${version}/composite/sobjects`
    assert.equal(await code(conn.requestPost(path, { allOrNone: false, records })), 'EXCEEDED_ID_LIMIT')
})

// -- rules of the org ---------------------------------------------------------------------------------------
check('an opportunity follows its stage, and a contact has a role in it', async () => {
    const account = (await conn.sobject('Account').create({ Name: 'Deal' })).id
    const contact = (await conn.sobject('Contact').create({ LastName: 'Role', AccountId: account })).id
    const { records: [won] } = await conn.query('SELECT ApiName FROM OpportunityStage WHERE IsWon = true')
    const id = (await conn.sobject('Opportunity').create({ Name: 'O', AccountId: account, StageName: won.ApiName, CloseDate: '2026-12-31' })).id
    const shown = await conn.sobject('Opportunity').retrieve(id)
    assert.deepEqual([shown.IsWon, shown.IsClosed, shown.Probability], [true, true, 100])
    await conn.sobject('OpportunityContactRole').create({ OpportunityId: id, ContactId: contact, Role: 'Decision Maker', IsPrimary: true })
    const roles = await conn.query(`SELECT Contact.LastName FROM OpportunityContactRole WHERE OpportunityId = '${id}'`)
    assert.equal(roles.records[0].Contact.LastName, 'Role')
})
check('a campaign has members, each lead once', async () => {
    const campaign = (await conn.sobject('Campaign').create({ Name: 'C', IsActive: true })).id
    const member = { CampaignId: campaign, LeadId: await make(lead('Member')), Status: 'Sent' }
    assert.equal((await conn.sobject('CampaignMember').create(member)).success, true)
    assert.equal(await code(conn.sobject('CampaignMember').create(member)), 'DUPLICATE_VALUE')
})
check('a task hangs on a person', async () => {
    const WhoId = await make(lead('Busy person'))
    const id = (await conn.sobject('Task').create({ WhoId, Subject: 'Call', Status: 'Not Started', Priority: 'Normal', ActivityDate: '2026-12-01' })).id
    const shown = await conn.sobject('Task').retrieve(id)
    assert.deepEqual([shown.WhoId, shown.IsClosed, shown.ActivityDate], [WhoId, false, '2026-12-01'])
})

// -- faults -------------------------------------------------------------------------------------------------
check('a write is not retried: 503 reaches the caller', async () => {
    await under({ kind: 'unavailable', side: 'salesforce' }, () => refused(conn.sobject('Lead').create(lead('Busy'))))
    assert.equal((await conn.query("SELECT Id FROM Lead WHERE LastName = 'Busy'")).totalSize, 0)
})
check('a read is retried until it is answered', async () => {
    const told = await under({ kind: 'unavailable', side: 'salesforce', count: 2 }, () => conn.query('SELECT Id FROM User LIMIT 1'))
    assert.equal(told.totalSize, 1)
})
check('the quota is 403 REQUEST_LIMIT_EXCEEDED', async () => {
    const error = await under({ kind: 'rate_limit', side: 'salesforce' }, () => refused(conn.query('SELECT Id FROM Lead')))
    assert.equal(error.errorCode, 'REQUEST_LIMIT_EXCEEDED')
})
check('calls at the same time are limited by another text of the same code', async () => {
    const error = await under({ kind: 'concurrent_limit', side: 'salesforce' }, () => refused(conn.sobject('Lead').create(lead('Q'))))
    assert.equal(error.errorCode, 'REQUEST_LIMIT_EXCEEDED')
    assert.match(error.message, /ConcurrentRequests/)
})
check('a locked row is UNABLE_TO_LOCK_ROW', async () => {
    const id = await make(lead('Locked'))
    const error = await under({ kind: 'row_lock', side: 'salesforce' }, () => refused(conn.sobject('Lead').update({ Id: id, City: 'Ulm' })))
    assert.equal(error.errorCode, 'UNABLE_TO_LOCK_ROW')
})
check('a session that ends in between is renewed once', async () => {
    let fresh = 0
    const refreshFn = async (each, done) => {
        fresh += 1
        done(null, (await conn.oauth2.requestToken({ grant_type: 'client_credentials' })).access_token)
    }
    const patient = new jsforce.Connection({ instanceUrl: loginUrl, accessToken: conn.accessToken, version, refreshFn })
    await under({ kind: 'session_expired', side: 'salesforce' }, () => patient.query('SELECT Id FROM User LIMIT 1'))
    assert.equal(fresh, 1)
    await conn.authorize({ grant_type: 'client_credentials' })
})
check('a page of the edge in HTML is an error of the client', async () => {
    await under({ kind: 'gateway_html', side: 'salesforce' }, () => refused(conn.sobject('Lead').create(lead('Edge'))))
})
check('a reply that is lost leaves what was written', async () => {
    const fault = { kind: 'reset_after_send', side: 'salesforce', match: 'POST' }
    await under(fault, () => refused(conn.sobject('Lead').create(lead('Lost'))))
    assert.equal((await conn.query("SELECT Id FROM Lead WHERE LastName = 'Lost'")).totalSize, 1)
})
check('versions that are retired and versions that are not', async () => {
    const old = new jsforce.Connection({ instanceUrl: loginUrl, accessToken: conn.accessToken, version: '30.0' })
    assert.equal(await code(old.query('SELECT Id FROM User')), 'UNSUPPORTED_API_VERSION')
    const new_ = new jsforce.Connection({ instanceUrl: loginUrl, accessToken: conn.accessToken, version: '66.0' })
    assert.equal((await new_.query('SELECT Id FROM User LIMIT 1')).totalSize, 1)
})
check('a converted lead is marked and refuses changes', async () => {
    const id = await make(lead('Converted'))
    const told = await admin('POST', 'convert', { lead: id })
    const shown = await conn.sobject('Lead').retrieve(id)
    assert.equal(shown.IsConverted, true)
    assert.ok(Object.values(told).includes(shown.ConvertedContactId))
    assert.equal(await code(conn.sobject('Lead').update({ Id: id, City: 'Ulm' })), 'CANNOT_UPDATE_CONVERTED_LEAD')
})

await report()
