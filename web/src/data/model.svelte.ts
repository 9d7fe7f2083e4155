/** The model that the page is about, and the target that is looked at. */

import type { Schemas } from './api'
import { route } from './route.svelte'

class Shown {
  model: Schemas['Model'] | undefined = $state.raw()
  mood: number | null = $state(null) // of the cat: how the held-out loss goes

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
