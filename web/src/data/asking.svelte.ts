import { Refused, type Schemas } from './api'
import { NotKept } from './recorded'

/** What was asked: its answer, that it is on its way, or why there is none. */
export class Asking<T> {
  value: T | undefined = $state.raw()
  error: string | undefined = $state()
  absent: string | undefined = $state() // why a report that is one file does not hold it
  working: Schemas['Working'] | undefined = $state.raw()
  busy = $state(false)

  /** Asks; call it in an effect and give back what it gives: it stops asking when the effect ends. */
  ask(how: (signal: AbortSignal, working: (now: Schemas['Working']) => void) => Promise<T>, keepOld = false): () => void {
    const stop = new AbortController()
    this.busy = true
    this.error = undefined
    this.absent = undefined
    this.working = undefined
    if (!keepOld) this.value = undefined
    how(stop.signal, (now) => (this.working = now)).then(
      (value) => {
        if (stop.signal.aborted) return
        this.value = value
        this.busy = false
        this.working = undefined
      },
      (problem: unknown) => {
        if (stop.signal.aborted) return
        if (problem instanceof NotKept) this.absent = problem.message
        else this.error = problem instanceof Refused || problem instanceof Error ? problem.message : String(problem)
        this.busy = false
        this.working = undefined
      },
    )
    return () => stop.abort()
  }
}
