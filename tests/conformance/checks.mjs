// A list of checks, run in order, each told as one line of JSON. What a check needs from an earlier one it keeps itself.

import assert from 'node:assert/strict'

const checks = []

/** A check: `run` passes by returning. */
export function check(name, run) {
    checks.push({ name, run })
}

/** Runs all checks; a failure stops none of the others. Never exits by itself. */
export async function report() {
    for (const { name, run } of checks) {
        const told = { check: name, outcome: 'passed' }
        try {
            await timed(run())
        } catch (error) {
            told.outcome = 'failed'
            told.error = String(error?.stack ?? error).slice(0, 1500)
        }
        process.stdout.write(JSON.stringify(told) + '\n')
    }
    process.exit(0)
}

/** What a promise is rejected with; a promise that is kept fails the check. */
export async function refused(promise) {
    let value
    try {
        value = await promise
    } catch (error) {
        return error
    }
    assert.fail(`was not refused: ${JSON.stringify(value)?.slice(0, 300)}`)
}

/** A call to the simulators' admin port: what people do by hand. */
export async function admin(method, path, body) {
    const reply = await fetch(`${process.env.SIM_ADMIN}/admin/${path}`, {
        method,
        body: body === undefined ? undefined : JSON.stringify(body),
        headers: { connection: 'close' },
    })
    const answer = await reply.json()
    assert.equal(reply.status, 200, JSON.stringify(answer))
    return answer
}

/** The next `count` calls that match meet a fault; afterwards it must have struck that often. */
export async function under(fault, run) {
    const before = (await admin('DELETE', 'faults')).fired[fault.kind] ?? 0
    await admin('POST', 'faults', fault)
    const told = await Promise.resolve(run()).finally(async () => (fault.struck = (await admin('DELETE', 'faults')).fired[fault.kind] - before))
    assert.equal(fault.struck, fault.count ?? 1, `${fault.kind} struck ${fault.struck} times`)
    return told
}

export async function collect(iterable) {
    const found = []
    for await (const each of iterable) found.push(each)
    return found
}

function timed(promise) {
    let timer
    const late = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error('no end after 30 s')), 30_000)
    })
    return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}
