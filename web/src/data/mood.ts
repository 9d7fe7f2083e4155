import type { Schemas } from './api'

/** How the held-out loss goes, from -1 (it rises) to 1 (it falls), over the last tenth of the way; null where nothing is known. */
export function mood(curve: Schemas['Curve'] | undefined): number | null {
  const looked = (curve?.points ?? []).filter((point) => point.held_loss !== null)
  if (looked.length < 2) return null
  const losses = looked.map((point) => point.held_loss ?? 0)
  const back = Math.max(2, Math.ceil(losses.length / 10))
  const recent = losses.slice(-back)
  const before = losses.slice(-2 * back, -back)
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const range = Math.max(...losses) - Math.min(...losses)
  if (!(range > 0)) return 0
  const from = before.length ? mean(before) : (losses[0] ?? 0)
  return Math.max(-1, Math.min(1, (6 * (from - mean(recent))) / range))
}
