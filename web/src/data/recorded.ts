/** What a report that is one file holds: answers that were asked beforehand, so that it needs no server. */

import type { Schemas } from './api'
import { decoded } from './tiles'

type Kept = {
  command: string // that opens the whole page
  left: string[] // what was left out, and why
  examples: number[] // those that are kept with all that goes on inside
  answers: [address: string, answer: unknown][]
  files: Record<string, string> // address to data URL
  css: string
}
type Query = Record<string, unknown>

const ROOT = '/api/v1/'
const PAGING = ['limit', 'offset', 'since']
const USUAL: Record<string, string> = { order: 'strength', part: 'all' }

/** It was not asked beforehand; `message` says what is not there. */
export class NotKept extends Error {}

class Recorded {
  readonly command: string
  readonly left: readonly string[]
  readonly css: string
  private readonly examples: ReadonlySet<number>
  private readonly files: Record<string, string>
  private readonly answers: Map<string, unknown>
  private readonly first: string

  constructor(kept: Kept) {
    this.command = kept.command
    this.left = kept.left
    this.css = kept.css
    this.examples = new Set(kept.examples)
    this.files = kept.files
    const model = kept.answers.find(([address]) => address === 'model')?.[1] as Schemas['Model']
    this.first = model.targets[0]?.target ?? ''
    this.answers = new Map(kept.answers.map(([address, answer]) => [this.key(...split(address)), this.placed(answer)]))
  }

  /** Whether an example is kept with all that goes on inside. */
  keeps(id: number): boolean {
    return this.examples.has(id)
  }

  get count(): number {
    return this.examples.size
  }

  /** Those of a film's frames that were followed beforehand. */
  followed(id: number, frames: number): number[] {
    const path = `examples/${id}/trace`
    return Array.from({ length: frames }, (_, frame) => frame).filter(
      (frame) => this.answers.has(this.key(path, { frame })) || this.atItsFrame(path, { frame }) !== undefined,
    )
  }

  /** What the server answered. */
  get(path: string, query: Query = {}): unknown {
    if (path === 'examples') return this.listed(query)
    if (path === 'confusion/examples') return this.confused(query)
    const found = this.answers.get(this.key(path, query)) ?? this.aboutTheAnswer(path, query) ?? this.atItsFrame(path, query)
    if (found === undefined) throw new NotKept(this.missing(path))
    return paged(found, query)
  }

  /** An explanation. */
  explained(body: Partial<Schemas['Explain']> & { example: number }): unknown {
    const { thorough, changes, ...query } = body
    if (Object.keys(changes ?? {}).length) throw new NotKept('Nothing can be asked again here.')
    if (thorough) throw new NotKept('Its parts were not covered one after the other.')
    return this.get('explain', query)
  }

  post(path: string, body: unknown): unknown {
    if (path === 'map/selection') return this.selected(body as Schemas['Lasso'])
    throw new NotKept('Nothing can be changed or asked again here.')
  }

  /** A picture, by the address that an answer gave, or by the one that asks for it. */
  file(address: string): string {
    const found = address.startsWith('data:') ? address : this.files[address.replace(/^\.?\/api\/v1\//, '')]
    if (!found) throw new NotKept('This picture is not kept.')
    return found
  }

  bytes(path: string): ArrayBuffer {
    const found = this.answers.get(path)
    if (typeof found !== 'string') throw new NotKept(this.missing(path))
    return decoded(found).buffer as ArrayBuffer
  }

  private missing(path: string): string {
    if (path.endsWith('/neighbours')) return 'The examples that speak most for this answer were not looked for beforehand.'
    if (path.includes('/units/')) return 'This sum was not worked out beforehand.'
    if (/^examples\/|^explain/.test(path)) return `${this.count === 1 ? 'One example is' : `${this.count} examples are`} kept with all that goes on inside, and this is not one of them.`
    if (path.startsWith('network/')) return 'This layer was not looked at beforehand.'
    if (path.startsWith('layers')) return 'These neurons were not looked at beforehand.'
    return 'This was not worked out beforehand.'
  }

  /** Where somebody asks about the class that is answered, it is what was kept. */
  private aboutTheAnswer(path: string, query: Query): unknown {
    if (!query.about) return undefined
    const found = this.answers.get(this.key(path, { ...query, about: undefined })) as { about?: string } | undefined
    return found?.about === query.about ? found : undefined
  }

  /** Of a film: where somebody asks for the frame that is followed where none is named, it is what was kept; layers that look at no frame give
   * the same for each. */
  private atItsFrame(path: string, query: Query): unknown {
    const example = /^examples\/[^/]+/.exec(path)?.[0]
    if (query.frame === undefined || example === undefined) return undefined
    const trace = this.answers.get(`${example}/trace`) as Schemas['Trace'] | undefined
    const layer = trace?.layers.find((each) => path.split('/').map(decodeURIComponent).join('/') === `${example}/units/${each.id}`)
    const same = trace?.frame === Number(query.frame) || layer?.framed === false
    return same ? this.answers.get(this.key(path, { ...query, frame: undefined })) : undefined
  }

  private listed(query: Query): Schemas['Examples'] {
    const all = this.answers.get('examples') as Schemas['Examples'] | undefined
    if (!all) throw new NotKept('No examples are kept.')
    const letters = String(query.search ?? '').toLowerCase()
    const fits = (each: Schemas['Example']) =>
      (!query.part || query.part === 'all' || each.part === query.part) &&
      (!query.label || each.label === query.label) &&
      (!letters || [each.name, each.label, ...each.cells.map((cell) => cell.text)].some((word) => word?.toLowerCase().includes(letters)))
    const items = all.items.filter(fits)
    return { ...(paged({ items }, query) as { items: Schemas['Example'][] }), total: items.length, offset: Number(query.offset ?? 0), note: 'Those that this file keeps.' }
  }

  /** Examples of a cell, as far as they are among the mistakes and examples that are kept. */
  private confused(query: Query): Schemas['Examples'] {
    const mistakes = this.answers.get(this.key('mistakes', query)) as Schemas['Queue'] | undefined
    const known = [...(mistakes?.items ?? []).flatMap((each) => (each.example ? [each.example] : [])), ...this.listed({}).items]
    const items = known.filter((each, k) => each.label === query.truth && each.answer === query.said && known.findIndex((other) => other.id === each.id) === k)
    if (!items.length) throw new NotKept('None of these examples is kept.')
    return { total: items.length, offset: 0, items, note: 'Those that this file keeps.' }
  }

  /** What the chosen points are: counted from the map itself. */
  private selected(body: Schemas['Lasso']): Schemas['Selection'] {
    const map = this.get('map') as Schemas['Map']
    const data = this.bytes('map.bin')
    const ids = new Uint32Array(data, 0, map.points)
    const codes = new Uint8Array(data, 8 * map.points, map.points)
    const flags = new Uint8Array(data, 9 * map.points, map.points)
    const wanted = new Set(body.ids)
    const counts = new Map<string, number>()
    let [count, wrong] = [0, 0]
    ids.forEach((id, k) => {
      if (!wanted.has(id)) return
      count++
      wrong += (flags[k] ?? 0) & 1
      const name = map.classes[codes[k] ?? 255]
      if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1)
    })
    const items = this.listed({}).items.filter((each) => wanted.has(each.id))
    const classes = [...counts].map(([name, count]) => ({ name, count })).sort((a, b) => b.count - a.count)
    return { count, classes, wrong, examples: { total: count, offset: 0, items, note: '' } }
  }

  /** What tells answers apart: the path, and what was said but for what is usual. */
  private key(path: string, query: Query): string {
    const said = Object.entries(query).filter(
      ([name, value]) => value != null && value !== '' && !PAGING.includes(name) && USUAL[name] !== value && !(name === 'target' && value === this.first),
    )
    const words = said.map(([name, value]) => `${name}=${String(value)}`).sort()
    return [path.split('/').map(decodeURIComponent).join('/'), ...words].join('\u0000')
  }

  /** An answer in which the addresses of files are the files. */
  private placed(value: unknown): unknown {
    if (typeof value === 'string') return value.startsWith(ROOT) ? (this.files[value.slice(ROOT.length)] ?? null) : value
    if (Array.isArray(value)) return value.map((each) => this.placed(each))
    if (value && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, this.placed(each)]))
    return value
  }
}

function split(address: string): [string, Query] {
  const [path = '', search = ''] = address.split('?')
  return [path, Object.fromEntries(new URLSearchParams(search))]
}

/** A part of a list, as the server gives it. */
function paged(found: unknown, query: Query): unknown {
  const list = found as { items?: unknown[]; units?: unknown[]; total?: number }
  const offset = Number(query.offset ?? 0)
  const all = list.items ?? list.units
  if (!all || !offset || offset < all.length) {
    if (!list.items) return found
    return { ...list, items: list.items.slice(offset, query.limit ? offset + Number(query.limit) : undefined) }
  }
  throw new NotKept(`The first ${all.length}${list.total ? ` of ${list.total.toLocaleString('en')}` : ''} are kept.`)
}

function read(): Recorded | null {
  const there = location.protocol === 'about:' ? null : document.getElementById('recorded') // within a notebook the sections are enough
  return there?.textContent ? new Recorded(JSON.parse(there.textContent)) : null
}

/** null on the live page. */
export const recorded = read()
