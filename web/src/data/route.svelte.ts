/** Where the page is: `#/why?example=12`. Back and forward work, and an address can be sent on. */

import { recorded } from './recorded'

export const VIEWS = [
  { id: 'report', name: 'Report', ask: 'How good is it?' },
  { id: 'training', name: 'Training', ask: 'How did it learn?' },
  { id: 'network', name: 'The network', ask: 'What is it made of?' },
  { id: 'follow', name: 'One example', ask: 'What happens to it inside?' },
  { id: 'learned', name: 'What it learned', ask: 'What does each part look for?' },
  { id: 'why', name: 'Why this answer', ask: 'What does it rest on?' },
  { id: 'fails', name: 'Where it fails', ask: 'When not to trust it?' },
  { id: 'map', name: 'The map', ask: 'What looks alike to it?' },
  { id: 'way', name: 'The duel', ask: 'Who is winning?' },
  { id: 'make', name: 'Make some', ask: 'What can it make?' },
] as const

export type ViewId = (typeof VIEWS)[number]['id']

type Route = { view: ViewId; query: Record<string, string> }

function read(): Route {
  const [path = '', search = ''] = location.hash.replace(/^#\/?/, '').split('?')
  const view = VIEWS.find((each) => each.id === path)?.id ?? (recorded ? 'report' : 'training')
  return { view, query: Object.fromEntries(new URLSearchParams(search)) }
}

export const route: Route = $state(read())

addEventListener('hashchange', () => Object.assign(route, read()))

export function href(view: ViewId, query: Record<string, string | number | undefined> = {}): string {
  const said = Object.entries(query).filter((each): each is [string, string | number] => each[1] !== undefined)
  const search = new URLSearchParams(said.map(([key, value]) => [key, String(value)])).toString()
  return `#/${view}${search ? `?${search}` : ''}`
}

export function go(view: ViewId, query: Record<string, string | number | undefined> = {}): void {
  location.hash = href(view, query)
}

/** Changes the query of the view that is shown, without a step to go back to. */
export function put(query: Record<string, string | number | undefined>): void {
  history.replaceState(null, '', href(route.view, { ...route.query, ...query }))
  Object.assign(route, read())
}
