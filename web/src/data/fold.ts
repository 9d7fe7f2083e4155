import type { Schemas } from './api'

type Node = Schemas['Node']
export type Placed = Node & { x: number; y: number; fold?: number | undefined }
export type Plan = { nodes: Placed[]; edges: (readonly [string, string])[]; brackets: Bracket[]; columns: number; rows: number }
export type Bracket = { fold: number; title: string; times: number; from: number; to: number; open: boolean }

/**
 * Where each layer stands: column by stage, row by its place among those of the same stage. Of a fold that is closed only the first
 * copy is there, and what led into or out of the others leads into or out of it.
 */
export function plan(network: Schemas['Network'], open: ReadonlySet<number>): Plan {
  const instead = new Map<string, string>()
  const belongs = new Map<string, number>()
  network.folds.forEach((fold, number) => {
    const [first = [], ...others] = fold.copies
    for (const copy of fold.copies) for (const id of copy) belongs.set(id, number)
    if (!open.has(number)) for (const copy of others) copy.forEach((id, k) => instead.set(id, first[k] ?? id))
  })
  const kept = network.nodes.filter((node) => !instead.has(node.id))
  const stages = [...new Set(kept.map((node) => node.stage))].sort((a, b) => a - b)
  const column = new Map(stages.map((stage, k) => [stage, k]))
  const filled: number[] = []
  const nodes = kept.map((node) => {
    const x = column.get(node.stage) ?? 0
    const y = filled[x] ?? 0
    filled[x] = y + 1
    return { ...node, x, y, fold: belongs.get(node.id) }
  })
  const at = new Map(nodes.map((node) => [node.id, node]))
  const edges = new Map<string, readonly [string, string]>()
  for (const [from, to] of network.edges) {
    const [a, b] = [instead.get(from) ?? from, instead.get(to) ?? to]
    const [start, end] = [at.get(a), at.get(b)]
    if (start && end && start.x < end.x) edges.set(`${a}\0${b}`, [a, b]) // backwards only from one copy into the next
  }
  const brackets = network.folds.flatMap((fold, number) => {
    const inside = nodes.filter((node) => node.fold === number).map((node) => node.x)
    if (!inside.length) return []
    return [{ fold: number, title: fold.title, times: fold.times, from: Math.min(...inside), to: Math.max(...inside), open: open.has(number) }]
  })
  return { nodes, edges: [...edges.values()], brackets, columns: stages.length, rows: Math.max(1, ...filled.filter(Boolean)) }
}
