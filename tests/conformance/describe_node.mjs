// The vendor's own JSON Schemas (@salesforce/plugin-schema) for what describe answers; ajv judges.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import Ajv from 'ajv'
import { check, report } from './checks.mjs'

/** The schema is stricter than its source: replies have newer keys, and `idEnabled` is SOAP's alone. */
function relaxed(each) {
    if (Array.isArray(each)) return each.map(relaxed)
    if (each === null || typeof each !== 'object') return each
    const { additionalProperties, ...kept } = each
    if (Array.isArray(kept.required)) kept.required = kept.required.filter((name) => name !== 'idEnabled')
    return Object.fromEntries(Object.entries(kept).map(([name, value]) => [name, name === 'required' ? value : relaxed(value)]))
}

const schema = (name) => JSON.parse(readFileSync(new URL(`./node_modules/@salesforce/plugin-schema/schemas/${name}.json`, import.meta.url)))
const ajv = new Ajv({ strict: false, allErrors: true })
const one = ajv.compile(relaxed(schema('sobject-describe')))
const base = `${process.env.SIM_SALESFORCE}/services/data/v62.0`
const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: process.env.SIM_CONSUMER_KEY, client_secret: process.env.SIM_CONSUMER_SECRET })
const token = (await (await fetch(`${process.env.SIM_SALESFORCE}/services/oauth2/token`, { method: 'POST', body: form })).json()).access_token
const get = async (path) => (await fetch(`${base}/${path}`, { headers: { authorization: `Bearer ${token}`, connection: 'close' } })).json()
const { sobjects } = await get('sobjects')

for (const { name } of sobjects) {
    check(`describe of ${name}`, async () => {
        const told = await get(`sobjects/${name}/describe`)
        assert.ok(one(told), JSON.stringify(one.errors?.slice(0, 4)))
    })
}

await report()
