/** What a person settled for this page, kept in the browser. */

type Theme = 'system' | 'light' | 'dark'

const KEY = 'lamina.page'

function kept(): Partial<{ words: boolean; cat: boolean; theme: Theme }> {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? '{}')
  } catch {
    return {} // refused or broken: the defaults do
  }
}

const before = kept()

export const settings = $state({
  words: before.words ?? true,
  cat: before.cat ?? true,
  theme: (before.theme ?? 'system') as Theme,
})

export function keep(): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(settings))
  } catch {
    // a browser that keeps nothing still shows everything
  }
}

export function applyTheme(): void {
  if (settings.theme === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = settings.theme
}
