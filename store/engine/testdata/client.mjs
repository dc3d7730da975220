// The @clickhouse/client side of the conformance suite. It only translates: one JSON command a line
// on standard input, one JSON answer a line on standard output.
import { createClient } from '@clickhouse/client'
import { createInterface } from 'node:readline'
import { readFileSync } from 'node:fs'

const { url, username, password, database, compression } = JSON.parse(process.argv[2])
const settings = { output_format_json_quote_64bit_integers: 1, output_format_json_quote_decimals: 1 }
const clients = new Map()
const running = new Map()

function client(key) {
  if (!clients.has(key)) {
    clients.set(key, createClient({
      url, username, password, database, request_timeout: 300_000, max_open_connections: 2,
      log: { LoggerClass: class { trace() {} debug() {} info() {} warn() {} error() {} } },
      compression: { request: compression, response: compression },
    }))
  }
  return clients.get(key)
}

async function query({ client: key, sql, params, keep }, abort_signal) {
  const rs = await client(key).query({
    query: sql, format: 'JSONCompactEachRow', query_params: params ?? undefined, clickhouse_settings: settings, abort_signal,
  })
  abort_signal.addEventListener('abort', () => rs.close()) // the signal itself works until the answer begins
  const answer = { rows: [], count: 0 }
  try {
    for await (const rows of rs.stream()) {
      for (const row of rows) {
        if (answer.count++ < keep) answer.rows.push(row.json())
      }
    }
  } catch (error) {
    return { ...answer, ...failure(error) }
  }
  return answer
}

async function insert({ client: key, table, columns, rows, repeat }) {
  await client(key).insert({
    table, columns, format: 'JSONCompactEachRow',
    values: repeat ? Array.from({ length: repeat }, (_, i) => [i, ...rows[i % rows.length].slice(1)]) : rows,
  })
  return {}
}

// Rows counted in the answer's bytes: the client makes an object of each row otherwise, at 4 us apiece.
async function count({ client: key, sql }) {
  const { stream } = await client(key).exec({ query: sql + ' FORMAT JSONCompactEachRow' })
  let count = 0
  for await (const chunk of stream) {
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) count++
  }
  return { count }
}

const failure = (error) => ({ error: error.message || String(error), code: Number(error.code) || 0 })
const work = {
  query,
  count,
  insert,
  command: async ({ client: key, sql }) => { await client(key).command({ query: sql }); return {} },
  peak: async () => ({ peak: Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024 }),
}

createInterface({ input: process.stdin }).on('line', async (line) => {
  const command = JSON.parse(line)
  if (command.op === 'cancel') {
    running.get(command.target)?.abort()
    return
  }
  const abort = new AbortController()
  running.set(command.id, abort)
  let answer
  try {
    answer = await work[command.op](command, abort.signal)
  } catch (error) {
    answer = failure(error)
  }
  running.delete(command.id)
  process.stdout.write(JSON.stringify({ id: command.id, ...answer }) + '\n')
}).on('close', () => process.exit(0))
