/** Arrow keys move among the buttons inside; Tab enters and leaves the group at the one that is chosen. */
export function roving(group: HTMLElement): () => void {
  const items = () => [...group.querySelectorAll<HTMLElement>('[data-item]')]

  function settle(): void {
    const all = items()
    const at = all.find((each) => each.getAttribute('aria-pressed') === 'true' || each.getAttribute('aria-current') === 'true')
    const here = all.includes(document.activeElement as HTMLElement) ? (document.activeElement as HTMLElement) : (at ?? all[0])
    for (const each of all) each.tabIndex = each === here ? 0 : -1
  }

  /** The nearest item in the direction of the arrow, by where they stand. */
  function beside(from: HTMLElement, key: string): HTMLElement | undefined {
    const middle = (each: HTMLElement) => {
      const box = each.getBoundingClientRect()
      return [box.left + box.width / 2, box.top + box.height / 2] as const
    }
    const [x, y] = middle(from)
    let best: HTMLElement | undefined
    let least = Infinity
    for (const each of items()) {
      if (each === from) continue
      const [left, top] = middle(each)
      const [along, across] =
        key === 'ArrowRight' ? [left - x, top - y] : key === 'ArrowLeft' ? [x - left, top - y] : key === 'ArrowDown' ? [top - y, left - x] : [y - top, left - x]
      if (along <= 2) continue
      const far = along + 3 * Math.abs(across)
      if (far < least) [best, least] = [each, far]
    }
    return best
  }

  function key(event: KeyboardEvent): void {
    const all = items()
    const here = document.activeElement as HTMLElement
    if (!all.includes(here)) return
    let next: HTMLElement | undefined
    if (event.key.startsWith('Arrow')) next = beside(here, event.key)
    else if (event.key === 'Home') next = all[0]
    else if (event.key === 'End') next = all[all.length - 1]
    else return
    event.preventDefault()
    event.stopPropagation()
    if (next) {
      next.tabIndex = 0
      here.tabIndex = -1
      next.focus()
    }
  }

  const watch = new MutationObserver(settle)
  watch.observe(group, { childList: true, subtree: true, attributes: true, attributeFilter: ['aria-pressed', 'aria-current'] })
  group.addEventListener('keydown', key)
  settle()
  return () => {
    watch.disconnect()
    group.removeEventListener('keydown', key)
  }
}
