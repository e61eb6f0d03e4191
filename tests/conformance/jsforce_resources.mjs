// What else an org offers with jsforce: queries, composite, describe, replication, Bulk API 2.0, SOAP.

import assert from 'node:assert/strict'
import jsforce from 'jsforce'
import { admin, check, collect, refused, report } from './checks.mjs'
import { at, code, conn, converted, fast, field, lead, loginUrl, make, version } from './jsforce_client.mjs'

// -- queries ------------------------------------------------------------------------------------------------
check('jsforce splits 450 rows into calls of 200', async () => {
    const rows = [...Array(450).keys()].map((n) => lead(`Split${n}`, { Street: 'many' }))
    const told = await conn.sobject('Lead').create(rows, { allowRecursive: true })
    assert.equal(told.filter((each) => each.success).length, 450)
})
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
    await field('Lead', 'Outer__c', true)
    await make(lead('Outer', { Outer__c: 'u-1' }))
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

await report()
