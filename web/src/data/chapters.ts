import type { Schemas } from './api'
import { many } from './figures'

type Node = Schemas['Node']

/** A layer, or a stretch of layers that is shown as one until somebody opens it. */
export type Item = {
  id: string
  title: string
  says: string // of a stretch: what is in it
  nodes: Node[]
  last: Node
  parameters: number
  dead: number
  units: number
  x: number
  y: number
}
export type Bracket = { id: string; title: string; from: number; to: number }
export type Plan = { items: Item[]; edges: (readonly [string, string])[]; brackets: Bracket[]; columns: number; rows: number }

const ENOUGH = 10 // stretches at first sight
const SHORT = 4 // layers that stay together where there are many

type Branch = { id: string; title: string; nodes: Node[]; parts: Branch[] }

/**
 * The names of layers are a tree (`blocks.block3.conv`), and layers that repeat under one parent make a branch for each repetition: so a
 * network of a hundred layers reads as chapters, and each opens into its own.
 */
export class Chapters {
  private readonly root: Branch
  private readonly first: ReadonlySet<string>
  private readonly network: Schemas['Network']
  private readonly order: Map<string, number>

  constructor(network: Schemas['Network']) {
    this.network = network
    this.order = new Map(network.nodes.map((node, k) => [node.id, k]))
    const copies = repeated(network)
    this.root = branch('', '', network.nodes, (node) => {
      const parts = node.kind === 'input' || node.kind === 'output' ? [node.id] : node.id.split('.')
      return [...parts.slice(0, -1), ...(copies.get(node.id) ?? []), parts.at(-1) ?? '']
    })
    this.first = firstSight(this.root)
  }

  /** What is shown. opened, closed: what a person opened and closed since. */
  plan(opened: ReadonlySet<string>, closed: ReadonlySet<string>): Plan {
    const items: Item[] = []
    const brackets: { branch: Branch; from: number; to: number }[] = []
    const isOpen = (each: Branch) => !closed.has(each.id) && (opened.has(each.id) || this.first.has(each.id))
    const walk = (each: Branch): void => {
      if (each.nodes.length === 1 || !isOpen(each)) {
        items.push(item(each))
        return
      }
      const from = items.length
      for (const part of each.parts) walk(part)
      if (opened.has(each.id)) brackets.push({ branch: each, from, to: items.length })
    }
    walk(this.root)
    const home = new Map(items.flatMap((each) => each.nodes.map((node) => [node.id, each] as const)))
    const rank = new Map(items.map((each) => [each.id, Math.min(...each.nodes.map((node) => this.order.get(node.id) ?? 0))]))
    const edges = new Map<string, readonly [string, string]>()
    for (const [from, to] of this.network.edges) {
      const [a, b] = [home.get(from), home.get(to)]
      if (a && b && a !== b && (rank.get(a.id) ?? 0) < (rank.get(b.id) ?? 0)) edges.set(`${a.id}\0${b.id}`, [a.id, b.id])
    }
    const columns = place(items, [...edges.values()], rank)
    return {
      items,
      edges: [...edges.values()],
      brackets: brackets.map(({ branch: of, from, to }) => {
        const inside = items.slice(from, to).map((each) => each.x)
        return { id: of.id, title: of.title, from: Math.min(...inside), to: Math.max(...inside) }
      }),
      columns,
      rows: 1 + Math.max(0, ...items.map((each) => each.y)),
    }
  }
}

/** For each layer of a flat run of repeated layers: the branches that its repetition makes. */
function repeated(network: Schemas['Network']): Map<string, string[]> {
  const found = new Map<string, string[]>()
  network.folds.forEach((fold, number) => {
    const parents = new Set(fold.copies.flat().map((id) => id.split('.').slice(0, -1).join('.')))
    if (parents.size !== 1) return
    fold.copies.forEach((copy, k) => copy.forEach((id) => found.set(id, [`${fold.title}\u200b${number}`, `${k + 1}`])))
  })
  return found
}

function branch(id: string, title: string, nodes: Node[], path: (node: Node) => string[], depth = 0): Branch {
  const [only] = nodes
  if (nodes.length === 1 && only) return { id: only.id, title: only.title, nodes, parts: [] }
  const groups = new Map<string, Node[]>()
  for (const node of nodes) {
    const part = path(node)[depth] ?? node.id
    const there = groups.get(part)
    if (there) there.push(node)
    else groups.set(part, [node])
  }
  const [sole] = groups
  if (groups.size === 1 && sole) return branch(`${id}.${sole[0]}`, /^\d+$/.test(sole[0]) ? title : named(sole[0], title), nodes, path, depth + 1)
  const parts = [...groups].map(([part, inside]) => branch(`${id}.${part}`, named(part, title), inside, path, depth + 1))
  return { id, title, nodes, parts }
}

/** What a branch is called: its own name, and before a bare number that of its parent. */
function named(part: string, parent: string): string {
  const plain = (part.split('\u200b')[0] ?? part).replace(/_/g, ' ').replace(/([a-z])(\d+)$/, '$1 $2')
  return /^\d+$/.test(plain) ? `${parent.replace(/s$/, '')} ${plain}`.trim() : plain
}

/** Opens the largest branches first, as long as there are few enough. */
function firstSight(root: Branch): Set<string> {
  const open = new Set<string>()
  let shown = [root]
  for (;;) {
    const next = shown
      .filter((each) => each.parts.length > 1 && (each.nodes.length > SHORT || root.nodes.length <= ENOUGH) && shown.length - 1 + each.parts.length <= ENOUGH)
      .sort((a, b) => b.nodes.length - a.nodes.length)[0]
    if (!next) return open
    open.add(next.id)
    shown = shown.flatMap((each) => (each === next ? each.parts : [each]))
  }
}

function item(of: Branch): Item {
  const last = of.nodes[of.nodes.length - 1] as Node
  const kinds = [...new Set(of.nodes.map((node) => node.title))]
  const parts = of.parts.length > 3 && of.parts.length < of.nodes.length ? `${of.parts.length} parts, ` : ''
  return {
    id: of.id,
    title: of.nodes.length === 1 ? last.title : of.title,
    says: of.nodes.length === 1 ? '' : of.nodes.length <= 3 ? kinds.join(', ') : `${parts}${many(of.nodes.length, 'layer')}`,
    nodes: of.nodes,
    last,
    parameters: of.nodes.reduce((sum, node) => sum + node.parameters, 0),
    dead: of.nodes.reduce((sum, node) => sum + (node.dead ?? 0), 0),
    units: of.nodes.reduce((sum, node) => sum + (node.dead === null ? 0 : (node.units ?? 0)), 0),
    x: 0,
    y: 0,
  }
}

/** Columns by the longest way from an input, rows by order among those of a column. Says how many columns there are. */
function place(items: Item[], edges: (readonly [string, string])[], rank: ReadonlyMap<string, number>): number {
  const at = new Map(items.map((each) => [each.id, each]))
  const ordered = [...items].sort((a, b) => (rank.get(a.id) ?? 0) - (rank.get(b.id) ?? 0))
  const into = new Map<string, string[]>()
  for (const [from, to] of edges) into.set(to, [...(into.get(to) ?? []), from])
  for (const each of ordered) each.x = Math.max(-1, ...(into.get(each.id) ?? []).map((from) => at.get(from)?.x ?? -1)) + 1
  const end = Math.max(0, ...items.map((each) => each.x))
  for (const each of items) if (each.last.kind === 'output') each.x = end // answers stand on one line
  const filled: number[] = []
  for (const each of ordered) {
    each.y = filled[each.x] ?? 0
    filled[each.x] = each.y + 1
  }
  return end + 1
}
