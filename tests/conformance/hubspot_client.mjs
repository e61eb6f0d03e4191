// The published @hubspot/api-client, unmodified, with its own limiter; only its base path says where the portal is.

import hubspot from '@hubspot/api-client'

export const basePath = process.env.SIM_HUBSPOT
export const accessToken = process.env.SIM_HUBSPOT_TOKEN
export const { Client, Signature } = hubspot
export const client = new Client({ accessToken, basePath })
export const { contacts, companies, deals, associations, properties } = client.crm
export const mail = (name) => `${name}@firm.example`
export const person = (name, more = {}) => contacts.basicApi.create({ properties: { email: mail(name), firstname: name, ...more } })
export const named = (name, more = {}) => ({ properties: { email: mail(name), ...more } })
export const sorted = (values) => [...values].sort()
export const emails = (found) => sorted(found.results.map((each) => each.properties.email))
export const linked = async (from, id, to) =>
    (await associations.v4.basicApi.getPage(from, id, to)).results.map((each) => String(each.toObjectId))
export const firm = (name) => companies.basicApi.create({ properties: { name, domain: `${name}.example` } })

/** A search with one condition. */
export function query(propertyName, operator, value, more = {}) {
    const filter = Array.isArray(value) ? { values: value } : value === undefined ? {} : { value }
    return { filterGroups: [{ filters: [{ propertyName, operator, ...filter }] }], properties: ['email'], limit: 100, after: '0', sorts: [], ...more }
}
