// The published jsforce, unmodified, against the org over plain HTTP; only its addresses say where the org is.

import assert from 'node:assert/strict'
import { createSign } from 'node:crypto'
import jsforce from 'jsforce'
import { admin, check, collect, refused, report, under } from './checks.mjs'

const loginUrl = process.env.SIM_SALESFORCE
const oauth2 = { loginUrl, clientId: process.env.SIM_CONSUMER_KEY, clientSecret: process.env.SIM_CONSUMER_SECRET }
const version = '62.0'
const conn = new jsforce.Connection({ oauth2, version, maxRequest: 4 })
const lead = (name, more = {}) => ({ LastName: name, Company: 'Acme', ...more })
const make = async (values) => (await conn.sobject('Lead').create(values)).id
const at = () => admin('GET', 'time').then(({ now }) => new Date(now))
const code = async (promise) => (await refused(promise)).errorCode
const fast = { pollInterval: 50, pollTimeout: 20_000 }

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
    for (const each of ['Lead', 'Contact']) {
        const Metadata = { type: 'Text', label: 'Outer', length: 80, externalId: true, unique: true }
        assert.ok((await conn.tooling.create('CustomField', { FullName: `${each}.Outer__c`, Metadata })).success)
        assert.ok(!(await conn.describe(each)).fields.some((field) => field.name === 'Outer__c'))
        const rights = { PermissionsRead: true, PermissionsEdit: true, Field: `${each}.Outer__c` }
        await conn.create('FieldPermissions', { ParentId: process.env.SIM_PERMISSION_SET, SobjectType: each, ...rights })
    }
    const fresh = new jsforce.Connection({ instanceUrl: loginUrl, accessToken: conn.accessToken, version })
    const field = (await fresh.describe('Lead')).fields.find((each) => each.name === 'Outer__c')
    assert.deepEqual([field.externalId, field.unique, field.length], [true, true, 80])
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
    const Metadata = { type: 'Text', label: 'Many', length: 80, externalId: true, unique: false }
    await conn.tooling.create('CustomField', { FullName: 'Lead.Many__c', Metadata })
    const rights = { PermissionsRead: true, PermissionsEdit: true, Field: 'Lead.Many__c' }
    await conn.create('FieldPermissions', { ParentId: process.env.SIM_PERMISSION_SET, SobjectType: 'Lead', ...rights })
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
check('jsforce splits 450 rows into calls of 200', async () => {
    const rows = [...Array(450).keys()].map((n) => lead(`Split${n}`, { Street: 'many' }))
    const told = await conn.sobject('Lead').create(rows, { allowRecursive: true })
    assert.equal(told.filter((each) => each.success).length, 450)
})

// -- queries ------------------------------------------------------------------------------------------------
check('query pages by nextRecordsUrl', async () => {
    const first = await conn.query("SELECT Id FROM Lead WHERE Street = 'many' ORDER BY Id")
    assert.deepEqual([first.totalSize, first.done], [450, false])
    assert.ok(first.records.length < 450)
    const next = await conn.queryMore(first.nextRecordsUrl)
    assert.ok(next.records[0].Id > first.records.at(-1).Id)
})
check('autoFetch goes through every page', async () => {
    const told = await conn.query("SELECT Id FROM Lead WHERE Street = 'many'", { autoFetch: true, maxFetch: 9999 })
    assert.equal(new Set(told.records.map((each) => each.Id)).size, 450)
})
check('a stream of records', async () => {
    const found = await collect(conn.query("SELECT Id FROM Lead WHERE Street = 'many'").stream('record'))
    assert.equal(found.length, 450)
})
check('a statement that jsforce builds', async () => {
    const found = await conn.sobject('Lead').find({ LastName: { $like: 'Split44_' }, Street: 'many' }, 'Id, LastName').sort({ LastName: -1 }).limit(3)
    assert.deepEqual(found.map((each) => each.LastName), ['Split449', 'Split448', 'Split447'])
})
check('count, aggregates and grouping', async () => {
    assert.equal(await conn.sobject('Lead').count({ Street: 'many' }), 450)
    const told = await conn.query("SELECT Street s, COUNT(Id) n FROM Lead WHERE Street = 'many' GROUP BY Street")
    assert.deepEqual([told.records[0].s, told.records[0].n], ['many', 450])
})
check('parents and children', async () => {
    const account = (await conn.sobject('Account').create({ Name: 'Parent' })).id
    await conn.sobject('Contact').create({ LastName: 'Child', AccountId: account })
    const up = await conn.query("SELECT Account.Name FROM Contact WHERE LastName = 'Child'")
    assert.equal(up.records[0].Account.Name, 'Parent')
    const down = await conn.query(`SELECT Name, (SELECT LastName FROM Contacts) FROM Account WHERE Id = '${account}'`)
    assert.equal(down.records[0].Contacts.records[0].LastName, 'Child')
})
check('quotes are escaped', async () => {
    await make(lead("O'Brien & Söhne"))
    const found = await conn.sobject('Lead').find({ LastName: "O'Brien & Söhne" }, 'Id')
    assert.equal(found.length, 1)
})
check('dates are compared', async () => {
    const since = new Date((await at()).getTime() - 3_600_000)
    const found = await conn.sobject('Lead').find({ SystemModstamp: { $gte: jsforce.SfDate.toDateTimeLiteral(since) } }, 'Id').limit(1)
    assert.equal(found.length, 1)
})
check('scanAll sees what is deleted', async () => {
    const id = await make(lead('Recycled'))
    await conn.sobject('Lead').destroy(id)
    const soql = "SELECT Id, IsDeleted FROM Lead WHERE LastName = 'Recycled'"
    assert.equal((await conn.query(soql)).totalSize, 0)
    assert.equal((await conn.query(soql, { scanAll: true })).records[0].IsDeleted, true)
})
check('errors of a statement', async () => {
    assert.equal(await code(conn.query('SELEC Id FROM Lead')), 'MALFORMED_QUERY')
    assert.equal(await code(conn.query('SELECT Nothing FROM Lead')), 'INVALID_FIELD')
    assert.equal(await code(conn.query('SELECT Id FROM Butterfly')), 'INVALID_TYPE')
    assert.equal(await code(conn.query('SELECT Id FROM Lead OFFSET 2001')), 'NUMBER_OUTSIDE_VALID_RANGE')
    assert.equal(await code(conn.queryMore(`/services/data/v${version}/query/0r8000000000000AAA-2000`)), 'INVALID_QUERY_LOCATOR')
})
check('too long a statement is 414', async () => {
    const error = await refused(conn.query(`SELECT Id FROM Lead WHERE LastName IN ('${'x'.repeat(17_000)}')`))
    assert.match(error.errorCode, /414|URI_TOO_LONG/)
})

// -- composite, describe, replication -----------------------------------------------------------------------
check('composite: one call, results by reference', async () => {
    const base = `/services/data/v${version}`
    const told = await conn.requestPost(`${base}/composite`, {
        allOrNone: true,
        compositeRequest: [
            { method: 'POST', url: `${base}/sobjects/Account`, referenceId: 'firm', body: { Name: 'Composite' } },
            { method: 'POST', url: `${base}/sobjects/Contact`, referenceId: 'person', body: { LastName: 'C', AccountId: '@{firm.id}' } },
        ],
    })
    assert.deepEqual(told.compositeResponse.map((each) => each.httpStatusCode), [201, 201])
    const [firm, each] = told.compositeResponse.map((one) => one.body.id)
    assert.equal((await conn.sobject('Contact').retrieve(each)).AccountId, firm)
})
check('composite: a failing row halts all or none', async () => {
    const base = `/services/data/v${version}`
    const told = await conn.requestPost(`${base}/composite`, {
        allOrNone: true,
        compositeRequest: [
            { method: 'POST', url: `${base}/sobjects/Account`, referenceId: 'firm', body: { Name: 'Halted' } },
            { method: 'POST', url: `${base}/sobjects/Contact`, referenceId: 'person', body: {} },
        ],
    })
    assert.equal(told.compositeResponse[0].body[0].errorCode, 'PROCESSING_HALTED')
    assert.equal((await conn.query("SELECT Id FROM Account WHERE Name = 'Halted'")).totalSize, 0)
})
check('composite batch: each by itself, each counted', async () => {
    const batchRequests = [
        { method: 'GET', url: `v${version}/limits` },
        { method: 'GET', url: `v${version}/sobjects/Lead/00Q000000000000AAA` },
    ]
    const told = await conn.requestPost(`/services/data/v${version}/composite/batch`, { batchRequests })
    assert.equal(told.hasErrors, true)
    assert.deepEqual(told.results.map((each) => each.statusCode), [200, 404])
})
check('If-Modified-Since on describe is 304', async () => {
    const url = `${loginUrl}/services/data/v${version}/sobjects/Lead/describe`
    const headers = { authorization: `Bearer ${conn.accessToken}`, 'if-modified-since': new Date((await at()).getTime() + 1000).toUTCString() }
    assert.equal((await fetch(url, { headers })).status, 304)
})
check('a precondition that fails is 412', async () => {
    const id = await make(lead('Stale'))
    await admin('POST', 'time', { advance_s: 10 })
    await conn.sobject('Lead').update({ Id: id, City: 'Ulm' })
    const headers = { 'If-Unmodified-Since': new Date((await at()).getTime() - 5000).toUTCString(), 'Content-Type': 'application/json' }
    const url = `/services/data/v${version}/sobjects/Lead/${id}`
    const error = await refused(conn.request({ method: 'PATCH', url, headers, body: '{"City":"Bonn"}' }))
    assert.match(`${error.errorCode}`, /412|PRECONDITION/)
    assert.equal((await conn.sobject('Lead').retrieve(id)).City, 'Ulm')
})
check('describe of everything and of one object', async () => {
    const all = await conn.describeGlobal()
    assert.equal(all.maxBatchSize, 200)
    assert.ok(['Account', 'Contact', 'Lead', 'User'].every((name) => all.sobjects.some((each) => each.name === name)))
    const one = await conn.describe('Contact')
    assert.equal(one.keyPrefix, '003')
    assert.equal(one.fields.find((each) => each.name === 'AccountId').referenceTo[0], 'Account')
})
check('updated and deleted', async () => {
    const start = new Date((await at()).getTime() - 60_000)
    const [kept, gone] = [await make(lead('Kept')), await make(lead('Dropped'))]
    await conn.sobject('Lead').destroy(gone)
    const end = new Date((await at()).getTime() + 60_000)
    const updated = await conn.sobject('Lead').updated(start, end)
    assert.ok(updated.ids.includes(kept) && !updated.ids.includes(gone))
    const deleted = await conn.sobject('Lead').deleted(start, end)
    assert.ok(deleted.deletedRecords.some((each) => each.id === gone))
})
check('limits, and what is used of them on every reply', async () => {
    const told = await conn.limits()
    assert.ok(told.DailyApiRequests.Remaining < told.DailyApiRequests.Max)
    const { used, limit } = conn.limitInfo.apiUsage
    await conn.query('SELECT Id FROM User LIMIT 1')
    assert.deepEqual([conn.limitInfo.apiUsage.used, conn.limitInfo.apiUsage.limit], [used + 1, limit])
})

// -- Bulk API 2.0 -------------------------------------------------------------------------------------------
const load = (operation, input, more = {}) => conn.bulk2.loadAndWaitForResults({ object: 'Lead', operation, input, ...fast, ...more })
check('bulk insert, rows told apart', async () => {
    const told = await load('insert', [lead('B1', { City: 'Bulk' }), lead('B2', { City: 'Bulk' }), { LastName: 'B3', Company: '', City: 'Bulk' }])
    assert.deepEqual(told.successfulResults.map((each) => each.sf__Created), ['true', 'true'])
    assert.equal(told.failedResults.length, 1)
    assert.match(told.failedResults[0].sf__Error, /^REQUIRED_FIELD_MISSING:/)
    assert.equal(told.failedResults[0].LastName, 'B3')
})
check('bulk upsert by external id', async () => {
    const rows = ['u-1', 'b-1'].map((Outer__c) => lead('BU', { Outer__c }))
    const told = await load('upsert', rows, { externalIdFieldName: 'Outer__c' })
    const created = Object.fromEntries(told.successfulResults.map((each) => [each.Outer__c, each.sf__Created]))
    assert.deepEqual(created, { 'u-1': 'false', 'b-1': 'true' })
})
check('bulk update; an empty cell leaves, #N/A clears', async () => {
    const id = await make(lead('BN', { City: 'Ulm', Phone: '1' }))
    await load('update', `Id,City,Phone\n${id},,#N/A\n`)
    const { City, Phone } = await conn.sobject('Lead').retrieve(id)
    assert.deepEqual([City, Phone], ['Ulm', null])
})
check('bulk query, through every page', async () => {
    const found = await collect(await conn.bulk2.query("SELECT Id, LastName FROM Lead WHERE Street = 'many'", fast))
    assert.equal(found.length, 450)
    assert.match(found[0].LastName, /^Split/)
})
check('bulk delete', async () => {
    const found = await conn.query("SELECT Id FROM Lead WHERE City = 'Bulk'")
    const told = await load('delete', found.records.map(({ Id }) => ({ Id })))
    assert.equal(told.successfulResults.length, found.totalSize)
})
check('a bulk job is aborted and deleted', async () => {
    const job = conn.bulk2.createJob({ object: 'Lead', operation: 'insert' })
    await job.open()
    await job.abort()
    assert.equal((await job.check()).state, 'Aborted')
    await job.delete()
    assert.equal(await code(conn.request(`/services/data/v${version}/jobs/ingest/${job.id}`)), 'NOT_FOUND')
})
check('a bulk query that is malformed is refused', async () => {
    assert.ok(await refused(conn.bulk2.query('SELECT Nothing FROM Lead', fast)))
})

// -- SOAP, search -------------------------------------------------------------------------------------------
check('SOAP: a lead is converted, also over an empty opportunity', async () => {
    const id = await make(lead('Soap', { Company: 'Soap & Co' }))
    const [told] = await conn.soap.convertLead([{ leadId: id, convertedStatus: await converted(), doNotCreateOpportunity: true }])
    assert.equal(String(told.success), 'true')
    const shown = await conn.sobject('Lead').retrieve(id)
    assert.deepEqual([shown.ConvertedContactId, shown.ConvertedAccountId, shown.ConvertedOpportunityId], [told.contactId, told.accountId, null])
})
check('SOAP: leads are merged; the loser says into which', async () => {
    const [winner, loser] = [await make(lead('Winner')), await make(lead('Loser', { City: 'Ulm' }))]
    const xsi = 'http://www.w3.org/2001/XMLSchema-instance'
    const request = `<request><masterRecord xsi:type="sObject"><type>Lead</type><Id>${winner}</Id></masterRecord><recordToMergeIds>${loser}</recordToMergeIds></request>`
    const body = `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner.soap.sforce.com" xmlns:xsi="${xsi}"><e:Header><SessionHeader><sessionId>${conn.accessToken}</sessionId></SessionHeader></e:Header><e:Body><merge>${request}</merge></e:Body></e:Envelope>`
    const told = await conn.request({ method: 'POST', url: `${loginUrl}/services/Soap/u/${version}`, body, headers: { 'Content-Type': 'text/xml', SOAPAction: '""' } })
    assert.match(JSON.stringify(told), /"success":"true"/)
    const soql = `SELECT MasterRecordId, IsDeleted FROM Lead WHERE Id = '${loser}'`
    const { MasterRecordId, IsDeleted } = (await conn.query(soql, { scanAll: true })).records[0]
    assert.deepEqual([MasterRecordId, IsDeleted], [winner, true])
})
check('SOAP: an element that the WSDL does not have is refused, as jsforce writes in a merge', async () => {
    const recordToMergeIds = [await make(lead('Loser'))]
    const masterRecord = { type: 'Lead', Id: await make(lead('Winner')) }
    const error = await refused(conn.soap.merge([{ masterRecord, recordToMergeIds }]))
    assert.match(error.message, /invalid at this location/)
})
check('SOAP: login is refused where the org has it off', async () => {
    const stranger = new jsforce.Connection({ loginUrl, version })
    assert.match((await refused(stranger.login('somebody@sales.example', 'x'))).message, /./)
    assert.equal(stranger.accessToken ?? null, null)
})
check('what the org does not have is refused: Apex, Chatter, reports, Bulk 1', async () => {
    assert.equal(await code(conn.apex.get('/nothing/')), 'NOT_FOUND')
    assert.equal(await code(conn.chatter.resource('/users/me').retrieve()), 'NOT_FOUND')
    assert.equal(await code(conn.analytics.reports()), 'NOT_FOUND')
    assert.ok(await refused(conn.bulk.load('Lead', 'insert', [lead('Old')])))
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

async function converted() {
    const { records } = await conn.query('SELECT ApiName FROM LeadStatus WHERE IsConverted = true')
    return records[0].ApiName
}

async function assertion(sub = process.env.SIM_USERNAME) {
    const coded = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const exp = Math.floor((await at()).getTime() / 1000) + 180
    const head = `${coded({ alg: 'RS256' })}.${coded({ iss: oauth2.clientId, sub, aud: 'https://login.salesforce.com', exp })}`
    return `${head}.${createSign('RSA-SHA256').update(head).sign(process.env.SIM_PRIVATE_KEY, 'base64url')}`
}

await report()
