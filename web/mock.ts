import { readFileSync } from 'node:fs'
import { deflateSync } from 'node:zlib'
import type { Plugin } from 'vite'

/** For developing without a model: the samples of openapi.json answer. */
export function samples(): Plugin {
  const paths = JSON.parse(readFileSync(new URL('openapi.json', import.meta.url), 'utf8')).paths
  const known = Object.entries(paths as Record<string, Record<string, { responses: Record<string, { content: Record<string, { example?: unknown }> }> }>>)
  return {
    name: 'samples',
    apply: 'serve',
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const path = (request.url ?? '').split('?')[0] ?? ''
        if (!path.startsWith('/api/')) return next()
        const found = known.find(([each]) => new RegExp(`^${each.replaceAll('.', '\\.').replace(/\{[^}]+\}/g, '[^/]+')}$`).test(path))
        const content = found?.[1][(request.method ?? 'GET').toLowerCase()]?.responses['200']?.content ?? {}
        const [type = 'text/plain', body] = Object.entries(content)[0] ?? []
        response.statusCode = body ? 200 : 404
        response.setHeader('Content-Type', type)
        if (type === 'application/json') response.end(JSON.stringify(body?.example))
        else if (type === 'image/png') response.end(picture())
        else if (path.endsWith('map.bin')) response.end(points(1785))
        else response.end()
      })
    },
  }
}

/** Ten heaps of points. */
function points(count: number): Buffer {
  const data = Buffer.alloc(10 * count)
  for (let k = 0; k < count; k++) {
    const code = k % 10
    const far = 5200 * Math.sqrt(((k * 7919) % 1000) / 1000)
    const turn = k * 2.399963
    data.writeUInt32LE(k, 4 * k)
    data.writeUInt16LE(Math.round(32768 + 24000 * Math.cos(code * 0.628) + far * Math.cos(turn)), 4 * count + 2 * k)
    data.writeUInt16LE(Math.round(32768 + 24000 * Math.sin(code * 0.628) + far * Math.sin(turn)), 6 * count + 2 * k)
    data[8 * count + k] = code
    data[9 * count + k] = k % 83 === 0 ? 1 : k % 9 === 0 ? 4 : 0
  }
  return data
}

/** A grey ramp, as PNG. */
function picture(): Buffer {
  const side = 32
  const rows = Buffer.from(Array.from({ length: side * (side + 1) }, (_, k) => (k % (side + 1) ? (k * 5) % 256 : 0)))
  const part = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data])
    const found = Buffer.alloc(body.length + 8)
    found.writeUInt32BE(data.length)
    body.copy(found, 4)
    found.writeUInt32BE(sum(body), body.length + 4)
    return found
  }
  const head = Buffer.from([0, 0, 0, side, 0, 0, 0, side, 8, 0, 0, 0, 0])
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), part('IHDR', head), part('IDAT', deflateSync(rows)), part('IEND', Buffer.alloc(0))])
}

function sum(data: Buffer): number {
  let crc = -1
  for (const byte of data) {
    crc ^= byte
    for (let k = 0; k < 8; k++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return ~crc >>> 0
}
