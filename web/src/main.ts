import './page.css'
import { mount } from 'svelte'
import App from './App.svelte'
import { recorded } from './data/recorded'
import { taken } from './data/sections'

/** The report as one file: its sections are there without this, and stay if anything goes wrong. */
function takeOver(css: string): void {
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(css)
  const target = document.createElement('div')
  const undo = taken()
  document.adoptedStyleSheets = [sheet]
  document.body.append(target)
  try {
    mount(App, { target })
  } catch (problem) {
    target.remove()
    document.adoptedStyleSheets = []
    undo()
    throw problem
  }
}

const target = document.getElementById('page')
if (recorded) takeOver(recorded.css)
else if (target) mount(App, { target })
