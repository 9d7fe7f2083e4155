import type { Schemas } from './api'
import { cividis, signed, type Rgb } from './colour'

/** The bytes of base64. */
export function decoded(data: string): Uint8Array {
  const text = atob(data)
  const found = new Uint8Array(text.length)
  for (let k = 0; k < text.length; k++) found[k] = text.charCodeAt(k)
  return found
}

/** Values of tiles: what a byte stands for, and its colour. */
export class TileSet {
  readonly bytes: Uint8Array
  readonly of: Schemas['Tiles']
  private readonly inks: Uint32Array

  constructor(of: Schemas['Tiles']) {
    this.of = of
    this.bytes = decoded(of.data)
    this.inks = new Uint32Array(256)
    for (let byte = 0; byte < 256; byte++) this.inks[byte] = packed(this.colour(byte))
  }

  colour(byte: number): Rgb {
    return this.of.signed ? signed(byte / 127.5 - 1) : cividis(byte / 255)
  }

  value(byte: number): number {
    return this.of.low + ((this.of.high - this.of.low) * byte) / 255
  }

  byte(tile: number, row: number, column: number): number {
    return this.bytes[(tile * this.of.height + row) * this.of.width + column] ?? 0
  }

  /** The largest value of a tile, by size. */
  peak(tile: number): number {
    return this.told(tile).peak
  }

  /** A tile in figures: its largest value, by size, and where that lies; its mean. */
  told(tile: number): { peak: number; row: number; column: number; mean: number } {
    const size = this.of.height * this.of.width
    let [peak, place, sum] = [0, 0, 0]
    for (let k = 0; k < size; k++) {
      const value = this.value(this.bytes[tile * size + k] ?? 0)
      sum += value
      if (Math.abs(value) > Math.abs(peak)) [peak, place] = [value, k]
    }
    return { peak, row: Math.floor(place / this.of.width), column: place % this.of.width, mean: sum / size }
  }

  draw(canvas: HTMLCanvasElement, tile: number): void {
    const { height, width } = this.of
    canvas.width = width
    canvas.height = height
    const context = canvas.getContext('2d')
    if (!context) return
    const image = context.createImageData(width, height)
    const pixels = new Uint32Array(image.data.buffer)
    const start = tile * height * width
    for (let k = 0; k < pixels.length; k++) pixels[k] = this.inks[this.bytes[start + k] ?? 0] ?? 0
    context.putImageData(image, 0, 0)
  }
}

/** A colour as one little-endian pixel. */
export const packed = ([red, green, blue]: Rgb): number =>
  (255 << 24) | (Math.round(blue) << 16) | (Math.round(green) << 8) | Math.round(red)
