// The published jsforce, unmodified, against the org over plain HTTP; only its addresses say where the org is.

import { createSign } from 'node:crypto'
import jsforce from 'jsforce'
import { admin, refused } from './checks.mjs'

export const loginUrl = process.env.SIM_SALESFORCE
export const oauth2 = { loginUrl, clientId: process.env.SIM_CONSUMER_KEY, clientSecret: process.env.SIM_CONSUMER_SECRET }
export const version = '62.0'
export const conn = new jsforce.Connection({ oauth2, version, maxRequest: 4 })
export const lead = (name, more = {}) => ({ LastName: name, Company: 'Acme', ...more })
export const make = async (values) => (await conn.sobject('Lead').create(values)).id
export const at = () => admin('GET', 'time').then(({ now }) => new Date(now))
export const code = async (promise) => (await refused(promise)).errorCode
export const fast = { pollInterval: 50, pollTimeout: 20_000 }

/** A text field of ours that identifies from outside; a permission set makes it visible. */
export async function field(object, name, unique) {
    const Metadata = { type: 'Text', label: name, length: 80, externalId: true, unique }
    const made = await conn.tooling.create('CustomField', { FullName: `${object}.${name}`, Metadata })
    const before = await conn.describe(object)
    const rights = { PermissionsRead: true, PermissionsEdit: true, Field: `${object}.${name}` }
    await conn.create('FieldPermissions', { ParentId: process.env.SIM_PERMISSION_SET, SobjectType: object, ...rights })
    return { made, before }
}

export async function converted() {
    const { records } = await conn.query('SELECT ApiName FROM LeadStatus WHERE IsConverted = true')
    return records[0].ApiName
}

export async function assertion(sub = process.env.SIM_USERNAME) {
    const coded = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const exp = Math.floor((await at()).getTime() / 1000) + 180
    const head = `${coded({ alg: 'RS256' })}.${coded({ iss: oauth2.clientId, sub, aud: 'https://login.salesforce.com', exp })}`
    return `${head}.${createSign('RSA-SHA256').update(head).sign(process.env.SIM_PRIVATE_KEY, 'base64url')}`
}

await conn.authorize({ grant_type: 'client_credentials' })
