import { SHAPES, classColour, type Rgb, type Shape } from './colour'
import { packed } from './tiles'

export const WRONG = 1
export const UNLIKE = 2
export const HELD = 4
export const ODD = 8
const NONE = 255 // a point without a class

const [GREY_INK, ODD_INK] = [7, 4] // places among the inks of `colours`
const [GREY_SHAPE, ODD_SHAPE] = [SHAPES.indexOf('ring'), SHAPES.indexOf('diamond')]

/** What is seen: the middle, in shares of the plane, and how many times the plane is enlarged. */
export type Window = { x: number; y: number; zoom: number }

/** All points of the map, and how they are drawn: straight into pixels, which 100,000 of them need. */
export class Points {
  readonly count: number
  readonly ids: Uint32Array
  readonly x: Uint16Array
  readonly y: Uint16Array
  readonly codes: Uint8Array
  readonly flags: Uint8Array

  /** data: as `map.bin` holds them: ids, x, y, classes and flags, one array after the other. */
  constructor(data: ArrayBuffer, count: number) {
    this.count = count
    this.ids = new Uint32Array(data, 0, count)
    this.x = new Uint16Array(data, 4 * count, count)
    this.y = new Uint16Array(data, 6 * count, count)
    this.codes = new Uint8Array(data, 8 * count, count)
    this.flags = new Uint8Array(data, 9 * count, count)
  }

  /** Pixels on a plane whose shorter side is the window's. */
  private frame(width: number, height: number, seen: Window): { scale: number; left: number; top: number } {
    const scale = Math.min(width, height) * 0.94 * seen.zoom
    return { scale, left: width / 2 - seen.x * scale, top: height / 2 - seen.y * scale }
  }

  place(x: number, y: number, width: number, height: number, seen: Window): readonly [number, number] {
    const { scale, left, top } = this.frame(width, height, seen)
    return [left + x * scale, top + y * scale]
  }

  /** none: the class that stands for no class, and is grey. Without classes those out of the ordinary stand out. */
  draw(context: CanvasRenderingContext2D, seen: Window, look: { paper: Rgb; shows: (k: number) => boolean; chosen: Uint8Array | null; grain: number; none: number }): void {
    const { width, height } = context.canvas
    const image = context.createImageData(width, height)
    const pixels = new Uint32Array(image.data.buffer)
    pixels.fill(packed(look.paper))
    const { scale, left, top } = this.frame(width, height, seen)
    const radius = Math.max(1, Math.min(7, Math.round(look.grain * (this.count > 30_000 ? 1.2 : this.count > 4_000 ? 1.8 : 2.8) * Math.min(2.2, seen.zoom ** 0.35))))
    const stamps = SHAPES.map((shape) => stamp(shape, radius))
    const [inks, pale] = colours(look.paper)
    const steps = stamps.map((each) => Int32Array.from(each, ([dx, dy]) => dy * width + dx))
    const unit = scale / 65535
    const layerOf = (k: number): number => {
      if (look.chosen) return look.chosen[k] ?? 0
      return this.codes[k] === NONE && (this.flags[k] ?? 0) & (UNLIKE | ODD) ? 2 : 1
    }
    // those that are not chosen lie beneath, those out of the ordinary on top
    for (const layer of look.chosen ? [0, 1] : [1, 2]) {
      for (let k = 0; k < this.count; k++) {
        if (layerOf(k) !== layer) continue
        const x = Math.round(left + (this.x[k] ?? 0) * unit)
        const y = Math.round(top + (this.y[k] ?? 0) * unit)
        if (x < radius || y < radius || x >= width - radius || y >= height - radius || !look.shows(k)) continue
        const code = this.codes[k] ?? NONE
        const odd = code === NONE && ((this.flags[k] ?? 0) & (UNLIKE | ODD)) !== 0
        const shape = odd ? ODD_SHAPE : code === NONE ? GREY_SHAPE : code % SHAPES.length
        const ink = (layer ? inks : pale)[odd ? ODD_INK : code === NONE || code === look.none ? GREY_INK : code % GREY_INK] ?? 0
        const at = y * width + x
        const offsets = steps[shape]
        if (offsets) for (let n = 0; n < offsets.length; n++) pixels[at + (offsets[n] ?? 0)] = ink
      }
    }
    context.putImageData(image, 0, 0)
  }

  /** The point next to a place in the window, at most `reach` pixels away; -1: none. */
  nearest(px: number, py: number, width: number, height: number, seen: Window, reach: number, shows: (k: number) => boolean): number {
    const { scale, left, top } = this.frame(width, height, seen)
    const unit = scale / 65535
    let best = -1
    let least = reach * reach
    for (let k = 0; k < this.count; k++) {
      const dx = left + (this.x[k] ?? 0) * unit - px
      const dy = top + (this.y[k] ?? 0) * unit - py
      const far = dx * dx + dy * dy
      if (far < least && shows(k)) [best, least] = [k, far]
    }
    return best
  }

  /** The points inside a line drawn around them. line: x, y, x, y… in pixels of the window. */
  inside(line: readonly number[], width: number, height: number, seen: Window, shows: (k: number) => boolean): Uint8Array {
    const { scale, left, top } = this.frame(width, height, seen)
    const unit = scale / 65535
    const found = new Uint8Array(this.count)
    const corners = line.length / 2
    for (let k = 0; k < this.count; k++) {
      const x = left + (this.x[k] ?? 0) * unit
      const y = top + (this.y[k] ?? 0) * unit
      let within = false
      for (let a = 0, b = corners - 1; a < corners; b = a++) {
        const [ax, ay, bx, by] = [line[2 * a] ?? 0, line[2 * a + 1] ?? 0, line[2 * b] ?? 0, line[2 * b + 1] ?? 0]
        if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) within = !within
      }
      if (within && shows(k)) found[k] = 1
    }
    return found
  }
}

function rgb(hex: string): Rgb {
  const value = Number.parseInt(hex.slice(1), 16)
  return [value >> 16, (value >> 8) & 255, value & 255]
}

/** Inks of the seven class colours and of none, and the same paled towards the paper. */
function colours(paper: Rgb): readonly [Uint32Array, Uint32Array] {
  const all = [0, 1, 2, 3, 4, 5, 6, -1].map((code) => rgb(classColour(code)))
  const pale = all.map((ink) => ink.map((part, k) => part * 0.16 + (paper[k] ?? 0) * 0.84) as unknown as Rgb)
  return [Uint32Array.from(all, packed), Uint32Array.from(pale, packed)]
}

/** The pixels of a shape around its middle. */
function stamp(shape: Shape, r: number): (readonly [number, number])[] {
  const found: (readonly [number, number])[] = []
  for (let dy = -r; dy <= r; dy++) {
    for (let dx = -r; dx <= r; dx++) {
      const [x, y] = [Math.abs(dx) / (r + 0.3), dy / (r + 0.3)]
      const far = Math.hypot(x, y)
      const inside = {
        circle: far <= 1,
        square: x <= 0.85 && Math.abs(y) <= 0.85,
        triangle: x <= (y + 1) / 2 && y <= 0.9,
        diamond: x + Math.abs(y) <= 1,
        plus: (x <= 0.34 && Math.abs(y) <= 1) || (Math.abs(y) <= 0.34 && x <= 1),
        cross: Math.abs(x - Math.abs(y)) <= 0.4 && far <= 1.2,
        ring: far <= 1 && (far >= 0.5 || r < 2),
        star: x * Math.abs(y) <= 0.09 && far <= 1,
      }[shape]
      if (inside) found.push([dx, dy])
    }
  }
  return found
}

