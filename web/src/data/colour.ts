/** Colours: classes after Okabe and Ito, amounts after cividis, signs in blue and orange. Each class has a shape as well. */

const CLASSES = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#d55e00', '#56b4e9', '#a59a10'] as const
export const SHAPES = ['circle', 'square', 'triangle', 'diamond', 'plus', 'cross', 'ring', 'star'] as const
export type Shape = (typeof SHAPES)[number]

/** The colour of a class; seven and eight share no factor, so colour and shape together tell 56 classes apart. */
export function classColour(code: number): string {
  return code < 0 ? '#8a929b' : (CLASSES[code % CLASSES.length] ?? '#8a929b')
}

export function classShape(code: number): Shape {
  return code < 0 ? 'ring' : (SHAPES[code % SHAPES.length] ?? 'circle')
}

/** Paths in a box from -1 to 1. */
export const PATHS: Record<Shape, string> = {
  circle: 'M-.9 0a.9 .9 0 1 0 1.8 0a.9 .9 0 1 0 -1.8 0z',
  square: 'M-.8 -.8H.8V.8H-.8z',
  triangle: 'M0 -.95L.95 .8H-.95z',
  diamond: 'M0 -1L.95 0L0 1L-.95 0z',
  plus: 'M-.3 -.95H.3V-.3H.95V.3H.3V.95H-.3V.3H-.95V-.3H-.3z',
  cross: 'M-.9 -.5L-.5 -.9L0 -.4L.5 -.9L.9 -.5L.4 0L.9 .5L.5 .9L0 .4L-.5 .9L-.9 .5L-.4 0z',
  ring: 'M-.95 0a.95 .95 0 1 0 1.9 0a.95 .95 0 1 0 -1.9 0zM-.45 0a.45 .45 0 1 1 .9 0a.45 .45 0 1 1 -.9 0z',
  star: 'M0 -1L.28 -.32L1 -.3L.42 .15L.62 .9L0 .45L-.62 .9L-.42 .15L-1 -.3L-.28 -.32z',
}

// Nuñez, Anderton and Renslow 2018, every sixteenth of the way
const CIVIDIS = [
  [0, 34, 78], [8, 46, 105], [27, 57, 110], [50, 68, 108], [66, 78, 108], [81, 89, 109], [95, 100, 112], [109, 112, 117],
  [123, 123, 120], [139, 135, 120], [155, 148, 118], [171, 161, 113], [188, 175, 106], [205, 189, 96], [222, 205, 82],
  [240, 221, 62], [254, 232, 56],
] as const // prettier-ignore

export type Rgb = readonly [number, number, number]

function between(scale: readonly Rgb[], share: number): Rgb {
  const at = Math.min(1, Math.max(0, Number.isFinite(share) ? share : 0)) * (scale.length - 1)
  const low = Math.floor(at)
  const from = scale[low] ?? [0, 0, 0]
  const to = scale[Math.min(low + 1, scale.length - 1)] ?? from
  const part = at - low
  return [from[0] + (to[0] - from[0]) * part, from[1] + (to[1] - from[1]) * part, from[2] + (to[2] - from[2]) * part]
}

/** An amount from 0 to 1, dark blue to yellow. */
export const cividis = (share: number): Rgb => between(CIVIDIS, share)

const SIGNED: readonly Rgb[] = [
  [140, 62, 0], [213, 94, 0], [244, 187, 130], [247, 246, 243], [140, 190, 224], [0, 114, 178], [0, 61, 102],
] // prettier-ignore

/** From -1 (orange) over 0 (paper) to 1 (blue). */
export const signed = (share: number): Rgb => between(SIGNED, (Math.max(-1, Math.min(1, share)) + 1) / 2)

export const css = ([red, green, blue]: Rgb): string => `rgb(${Math.round(red)} ${Math.round(green)} ${Math.round(blue)})`

/** Ink that can be read on a colour: black or white, by the luminance of WCAG. */
export function inkOn([red, green, blue]: Rgb): string {
  const linear = [red, green, blue].map((part) => {
    const share = part / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  const light = 0.2126 * (linear[0] ?? 0) + 0.7152 * (linear[1] ?? 0) + 0.0722 * (linear[2] ?? 0)
  return light > 0.179 ? '#000' : '#fff'
}
