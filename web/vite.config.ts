import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { samples } from './mock.ts'
import { defineConfig, type Plugin } from 'vite'

/** The licences of all that went into the bundle, as NOTICES.txt beside it. */
function notices(): Plugin {
  return {
    name: 'notices',
    generateBundle() {
      const homes = new Set<string>()
      for (const id of this.getModuleIds()) {
        const found = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id.replace(/^\0/, '').split('?')[0] ?? '')
        if (found?.[1]) homes.add(found[1])
      }
      const parts = [...homes].sort().map((home) => {
        const about = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'))
        const file = readdirSync(home).find((name) => /^licen[cs]e/i.test(name))
        if (!file) throw new Error(`${about.name} says no licence: leave it out, or add its notice by hand.`)
        return `${about.name} ${about.version} (${about.license})\n\n${readFileSync(join(home, file), 'utf8').trim()}\n`
      })
      const lead = 'Third-party software in this page, each under its own licence.\n\n'
      this.emitFile({ type: 'asset', fileName: 'NOTICES.txt', source: lead + parts.join(`\n${'-'.repeat(80)}\n\n`) })
    },
  }
}

export default defineConfig({
  base: './',
  plugins: [svelte(), notices(), ...(process.env.LAMINA_PAGE ? [] : [samples()])],
  build: {
    outDir: join(dirname(import.meta.dirname), 'src/lamina/page/built'),
    emptyOutDir: true,
    assetsInlineLimit: 0, // the policy of the page lets nothing in that is not a file of its own
    modulePreload: false,
    rolldownOptions: { checks: { pluginTimings: false } },
    chunkSizeWarningLimit: 300,
  },
  server: process.env.LAMINA_PAGE ? { proxy: { '/api': process.env.LAMINA_PAGE } } : {},
})
