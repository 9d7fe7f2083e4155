/** The server, in typed words. All that is asked is below `/api/v1`; the browser shows the token of this start as a cookie. */

import type { components } from '../../contract'
import { recorded } from './recorded'

export type Schemas = components['schemas']

const ROOT = './api/v1/'

/** A refusal, or a server that is gone; `message` is for a person. */
export class Refused extends Error {
  readonly status: number
  constructor(message: string, status: number) {
    super(message)
    this.status = status
  }
}

type Query = Record<string, string | number | boolean | null | undefined>

export function address(path: string, query: Query = {}): string {
  const said = Object.entries(query).filter((each) => each[1] !== undefined && each[1] !== null)
  const search = new URLSearchParams(said.map(([key, value]) => [key, String(value)])).toString()
  return `${ROOT}${path}${search ? `?${search}` : ''}`
}

const pause = (seconds: number, signal?: AbortSignal) =>
  new Promise<void>((done, stop) => {
    const timer = setTimeout(done, seconds * 1000)
    signal?.addEventListener('abort', () => {
      clearTimeout(timer)
      stop(signal.reason)
    })
  })

async function response(path: string, init: RequestInit): Promise<Response> {
  let found: Response
  try {
    found = await fetch(path, init)
  } catch (problem) {
    if (init.signal?.aborted) throw problem
    throw new Refused('The server does not answer. Is `lamina open` still running?', 0)
  }
  if (found.ok) return found
  const said = (await found.json().catch(() => ({}))) as Partial<Schemas['Problem']>
  const more = (said.problems ?? []).map((each) => Object.values(each).join(': ')).join('; ')
  throw new Refused([said.error ?? `The server answered ${found.status}.`, more].filter(Boolean).join(' '), found.status)
}

type Ways = { signal?: AbortSignal; query?: Query; working?: (now: Schemas['Working']) => void }

/** Asks, and asks again while it is being worked out. */
export async function get<T>(path: string, { signal, query, working }: Ways = {}): Promise<T> {
  if (recorded) return recorded.get(path, query) as T
  for (;;) {
    const found = await response(address(path, query), { signal: signal ?? null })
    const body = await found.json()
    if (found.status !== 202) return body as T
    working?.(body as Schemas['Working'])
    await pause(Math.max(0.05, Number(body.again) || 0.5), signal)
  }
}

/** A picture that may have to be made first, as an address of the browser's own. Give it back with `URL.revokeObjectURL`. */
export async function picture(from: string, signal: AbortSignal): Promise<string> {
  if (recorded) return recorded.file(from)
  for (;;) {
    const found = await response(from, { signal })
    if (found.status !== 202) return URL.createObjectURL(await found.blob())
    await pause(Number(((await found.json()) as Schemas['Working']).again) || 0.5, signal)
  }
}

export async function post<T>(path: string, body: unknown, { signal, query }: Ways = {}): Promise<T> {
  if (recorded) return recorded.post(path, body) as T
  const found = await response(address(path, query), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
    signal: signal ?? null,
  })
  return (await found.json()) as T
}

/** What comes piece by piece, as text; gives back the seed that it was made with. */
export async function streamed(path: string, body: unknown, signal: AbortSignal, more: (text: string) => void): Promise<string> {
  const found = await response(address(path), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
    signal,
  })
  const reader = found.body?.pipeThrough(new TextDecoderStream()).getReader()
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) more(part.value)
  return found.headers.get('x-seed') ?? ''
}

export async function bytes(path: string, { signal, query }: Ways = {}): Promise<ArrayBuffer> {
  if (recorded) return recorded.bytes(path)
  const found = await response(address(path, query), { signal: signal ?? null })
  return found.arrayBuffer()
}

/** A job until it is done. */
export async function explain(
  asked: Partial<Schemas['Explain']> & { example: number },
  signal: AbortSignal,
  working: (said: string) => void,
): Promise<Schemas['Explanation']> {
  if (recorded) return recorded.explained(asked) as Schemas['Explanation']
  let job = await post<Schemas['Job']>('explain', asked, { signal })
  for (let wait = 0.08; job.state === 'waiting' || job.state === 'running'; wait = Math.min(1, wait * 1.5)) {
    working(job.working)
    await pause(wait, signal)
    job = await get<Schemas['Job']>(`jobs/${encodeURIComponent(job.job)}`, { signal })
  }
  if (job.state === 'failed' || !job.explanation) throw new Refused(job.error, 500)
  return job.explanation
}
