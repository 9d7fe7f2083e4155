/** The sections of the report, which lie in the document itself where the report is one file, and are asked for on the live page. */

import { get, type Schemas } from './api'
import { recorded } from './recorded'

export type Sections = { content: HTMLElement; style: string }

/** The body of the page in its own voice: what the sections, drawn to stand alone, leave to whoever shows them. */
const VOICE = `h1,h2,h3,.verdict{font-family:var(--tell);font-weight:600}h1{padding-right:.5em}.verdict{font-weight:400}
nav a[href]{cursor:pointer}:focus-visible{outline:3px solid var(--other);outline-offset:2px}`

let kept: Sections | undefined

/** Takes them out of the document: from here on the view shows them. Gives what puts them back. */
export function taken(): () => void {
  const main = document.querySelector('main')
  const style = document.querySelector('style')
  if (!main || !style) return () => {}
  const content = document.createElement('div')
  content.append(...main.childNodes)
  kept = { content, style: style.textContent }
  main.remove()
  style.remove()
  return () => {
    document.head.append(style)
    document.body.prepend(main)
    main.append(...content.childNodes)
  }
}

export async function sections(signal: AbortSignal): Promise<Sections> {
  if (kept && recorded) return kept
  const found = await get<Schemas['Report']>('report', { signal })
  const content = document.createElement('div')
  content.innerHTML = found.html
  // the policy of the page lets no attribute set a style, but a script may
  for (const each of content.querySelectorAll<HTMLElement>('[data-style]')) each.style.cssText = each.dataset.style ?? ''
  return { content, style: found.style }
}

/** Shows them apart from the styles of the page. */
export function show(host: HTMLElement, { content, style }: Sections): ShadowRoot {
  const root = host.shadowRoot ?? host.attachShadow({ mode: 'open' })
  root.adoptedStyleSheets = [style, VOICE].map((text) => {
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(text)
    return sheet
  })
  root.replaceChildren(content)
  return root
}
