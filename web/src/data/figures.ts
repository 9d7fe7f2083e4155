/** Numbers as they are read. */

const whole = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 })

export const count = (value: number): string => whole.format(value)

/** Three figures that matter, without an exponent where there is room. */
export function short(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–'
  const size = Math.abs(value)
  if (size === 0) return '0'
  if (size >= 1e6) return `${trim((value / 1e6).toPrecision(3))} M`
  if (size >= 1000) return whole.format(value).replace('-', '−')
  if (size >= 0.001) return trim(value.toPrecision(3))
  return value.toExponential(1).replace('-', '−')
}

const trim = (text: string): string =>
  (text.includes('.') ? text.replace(/\.?0+$/, '') : text).replace('-', '−')

/** Two figures, with a sign: for what is only to be compared. */
export const rough = (value: number): string => (Math.abs(value) < 0.005 ? '0' : plus(Number(value.toPrecision(2))))

export const plus = (value: number): string => (value > 0 ? '+' : '') + short(value)

/** A share; never a flat 0 % or 100 % that is not one. */
export function percent(share: number | null | undefined, digits = 0): string {
  if (share === null || share === undefined || !Number.isFinite(share)) return '–'
  const figure = share * 100
  if (share > 0 && figure < 0.5 * 10 ** -digits) return `<${10 ** -digits} %`
  if (share < 1 && figure > 100 - 0.5 * 10 ** -digits) return `>${(100 - 10 ** -digits).toFixed(digits)} %`
  return `${figure.toFixed(digits)} %`
}

/** Round places between low and high, about `wanted` of them. */
export function ticks(low: number, high: number, wanted = 5): number[] {
  const range = high - low
  if (!(range > 0) || !Number.isFinite(range)) return [low]
  const rough = range / wanted
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = ([1, 2, 5, 10].find((each) => each * power >= rough) ?? 10) * power
  const found: number[] = []
  for (let at = Math.ceil(low / step) * step; at <= high + step * 1e-6; at += step) found.push(Number(at.toPrecision(12)))
  return found
}

export const many = (amount: number, one: string, more = `${one}s`): string => `${count(amount)} ${amount === 1 ? one : more}`
