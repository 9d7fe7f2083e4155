/** The model that the page is about, and the target that is looked at. */

import type { Schemas } from './api'
import { VIEWS, route, type ViewId } from './route.svelte'

type Tab = { id: ViewId; number: number; name: string; ask: string; applies: boolean; why_not: string }
const WRITES: Partial<Record<ViewId, { name: string; ask: string }>> = {
  way: { name: 'What it wrote', ask: 'How did it get better?' },
  make: { name: 'Write', ask: 'What does it write?' },
}

class Shown {
  model: Schemas['Model'] | undefined = $state.raw()
  mood: number | null = $state(null) // of the cat: how the held-out loss goes

  /** The views of this model in the order of their keys, and whether each says something about it. */
  get tabs(): Tab[] {
    const makes = this.model?.finds.find((each) => each === 'text' || each === 'image')
    const known = this.model?.views ?? VIEWS.filter((each) => each.id !== 'way' && each.id !== 'make').map((each, k) => ({ view: each.id, number: k, applies: true, why_not: '' }))
    return known.map((each) => {
      const view = VIEWS.find((one) => one.id === each.view) ?? VIEWS[0]
      const called = (makes === 'text' && WRITES[view.id]) || view
      return { id: view.id, number: each.number, name: called.name, ask: called.ask, applies: each.applies, why_not: each.why_not }
    })
  }

  get target(): Schemas['Target'] | undefined {
    const targets = this.model?.targets ?? []
    return targets.find((each) => each.target === route.query.target) ?? targets[0]
  }

  /** Whether a view says something about this model. */
  applies(view: string): boolean {
    return this.model?.views.find((each) => each.view === view)?.applies ?? true
  }

  /** The place of a class among those of the target: its colour and shape. */
  code(name: string | null | undefined): number {
    return name == null ? -1 : (this.target?.classes.indexOf(name) ?? -1)
  }
}

export const shown = new Shown()
