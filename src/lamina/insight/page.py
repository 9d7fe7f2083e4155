"""The frame of a report: one file, no outside resource, light and dark, phone and print."""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Mapping, Sequence
from typing import NamedTuple

STYLE = """
:root{--ink:#1a1f26;--soft:#566270;--line:#e1e6eb;--paper:#fff;--tint:#f5f8fa;--own:#0072b2;--other:#c05600;
--good:#00785a;--warn:#a63d00;--reach:#0072b21c;--shade:0 114 178;--wrong:213 94 0}
@media (prefers-color-scheme:dark){:root{--ink:#e9edf1;--soft:#a3afbb;--line:#2e363f;--paper:#12161a;--tint:#1a2026;
--own:#5cb8ee;--other:#f0a030;--good:#3cc79a;--warn:#ffa463;--reach:#56b4e926;--shade:46 128 184;--wrong:196 98 16}}
*{box-sizing:border-box}html{scroll-behavior:smooth;-webkit-text-size-adjust:100%}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.6 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:820px;margin:0 auto;padding:40px 24px 72px}a{color:var(--own)}
h1{font-size:2.1rem;line-height:1.15;margin:0 0 .25em;letter-spacing:-.02em;overflow-wrap:anywhere}
h2{font-size:1.4rem;letter-spacing:-.01em;line-height:1.25;margin:2.6em 0 .3em;padding-top:1em;border-top:1px solid var(--line)}
h3{font-size:1.08rem;margin:2em 0 .2em}p{margin:.5em 0;max-width:44em}.soft,small{color:var(--soft)}small{font-size:.85em}
.verdict{font-size:1.28rem;line-height:1.5;margin:1.1em 0;padding:1em 1.25em;background:var(--tint);
border-left:5px solid var(--own);border-radius:0 8px 8px 0;max-width:none}.verdict.odd{border-color:var(--warn)}
nav{margin:1.2em 0 0;font-size:.92rem;display:flex;flex-wrap:wrap;gap:.3em 1.2em}nav a{text-decoration:none}
nav a:hover{text-decoration:underline}a:focus-visible,summary:focus-visible,button:focus-visible,.wide:focus-visible{
outline:3px solid var(--other);outline-offset:2px;border-radius:3px}
.wide{overflow-x:auto;margin:1em 0}table{border-collapse:collapse;width:100%;font-size:.92rem}
th,td{text-align:left;padding:.45em .7em;border-bottom:1px solid var(--line);vertical-align:top}th:first-child,td:first-child{padding-left:0}
th{font-weight:600;color:var(--soft);font-size:.86rem;vertical-align:bottom}.own{font-weight:600}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}td.n{white-space:nowrap}
.plot{margin:1.2em 0;font-size:13px;color:var(--soft)}.plot figcaption{font-size:.9rem;font-weight:600;margin-bottom:.5em;color:var(--ink)}
.area{padding:8px 18px 42px 58px}.plot svg{display:block;overflow:visible}.plot svg svg{overflow:hidden}.plot svg svg[overflow]{overflow:visible}
.plot text{fill:var(--soft);font:12px system-ui,-apple-system,"Segoe UI",sans-serif}.plot line,.plot polyline{vector-effect:non-scaling-stroke}
.square{max-width:400px}.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,310px),1fr));gap:0 24px}
.legend{display:flex;flex-wrap:wrap;gap:.2em 1.2em;font-size:13px}.legend span{display:inline-flex;align-items:center;gap:.4em}.legend svg{flex:none}
.grid{stroke:var(--line)}.zero{stroke:var(--soft)}.line{fill:none;stroke:var(--own);stroke-width:2.4;stroke-linejoin:round}
.thin{stroke-width:1.5;opacity:.85}.dash1{stroke-dasharray:7 3}.dash2{stroke-dasharray:2 3}.dash3{stroke-dasharray:8 3 2 3}
.ring{fill:var(--paper);fill-opacity:.5;stroke:var(--other);stroke-width:2.5}.ideal{fill:none;stroke:var(--soft);stroke-width:1.5;stroke-dasharray:5 5}
.band,.reach{fill:var(--reach)}.span{stroke:var(--ink);stroke-width:2;opacity:.6}circle.own{fill:var(--own)}
rect.other{fill:var(--paper);stroke:var(--other);stroke-width:2.5}.bar{fill:var(--own)}.dot{fill:var(--own);opacity:.5}
.bar.minus{fill:var(--paper);stroke:var(--other);stroke-width:2}
.bar.unsure{fill:var(--tint);stroke:var(--own);stroke-width:1.5;stroke-dasharray:3 2}
.row{display:grid;grid-template-columns:minmax(0,11.5em) 1fr 5.2em;gap:0 16px;align-items:center;min-height:34px}
.row>span{overflow-wrap:anywhere;line-height:1.25;text-align:right}.row>b{font-weight:400;font-variant-numeric:tabular-nums}
.row.own>*{color:var(--ink);font-weight:650}.row.own+.row{margin-top:0}.row.scale{min-height:18px}.rows .legend{padding-top:.5em}
.matrix{width:auto}.matrix td,.matrix th{text-align:center;padding:.35em .3em;min-width:2.9em;border:2px solid var(--paper);
font-variant-numeric:tabular-nums}.matrix th{font-weight:500;max-width:8em;overflow-wrap:anywhere}.matrix th:first-child{text-align:right;padding-right:.6em}
.matrix td{background:rgb(var(--wrong)/var(--a,0))}.matrix .hit{background:rgb(var(--shade)/var(--a,0));font-weight:600}.matrix .deep{color:#fff}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,168px),1fr));gap:12px;margin:1em 0}
.card{border:1px solid var(--line);border-radius:8px;padding:12px;font-size:.88rem;line-height:1.45;overflow-wrap:anywhere}
.card img{display:block;width:96px;height:96px;object-fit:contain;margin:0 auto 10px;background:var(--tint);border-radius:4px}
.card img.tiny{image-rendering:pixelated}
.card img.sound{width:100%;height:108px;object-fit:fill;background:#fff}.card audio{width:100%;height:36px;margin-bottom:6px}
.cards:has(.series){grid-template-columns:repeat(auto-fill,minmax(min(100%,248px),1fr))}.card img.series{width:100%;max-width:320px;height:auto}
.card b{display:block;font-size:.98rem}.card dl{margin:.5em 0 0;font-size:.92em}.card dt{color:var(--soft);display:inline}
.lines{display:grid;gap:12px;margin:1em 0}.lines .card img{width:auto;max-width:100%;height:40px;margin:0 0 8px}
.lines .card img.sound,.lines .card audio{display:block;width:min(100%,420px)}.lines .card img.sound{height:108px}
.text{font-size:1.05rem;margin:0 0 .3em}del{color:var(--warn)}ins{color:var(--own);text-decoration:underline;font-weight:600}
.card dd{margin:0;display:inline}.card dd::after{content:"\\a";white-space:pre}.warn{color:var(--warn)}.warn::before{content:"⚠ "}li{margin:.25em 0}
pre{background:var(--tint);border:1px solid var(--line);padding:.9em 1em;border-radius:8px;font-size:.88rem;white-space:pre-wrap;overflow-wrap:anywhere}
button{font:inherit;font-size:.88rem;padding:.35em 1em;border:1px solid var(--soft);border-radius:6px;background:var(--paper);color:var(--ink);cursor:pointer}
details{margin:.5em 0}summary{cursor:pointer;color:var(--soft);font-size:.92rem;padding:.2em 0}
@media (max-width:560px){main{padding:24px 16px 48px}h1{font-size:1.7rem}.verdict{font-size:1.1rem;padding:.9em 1em}
.row{grid-template-columns:1fr auto;padding-top:.3em}.row>span{text-align:left}.row>div{grid-row:2;grid-column:1/-1}
.row.scale>span,.row.scale>b{display:none}.area{padding-left:52px;padding-right:12px}th,td{padding:.45em .5em}
td:first-child{min-width:6.5em}.cards{grid-template-columns:repeat(auto-fill,minmax(min(100%,140px),1fr))}}
@media print{:root{--ink:#000;--soft:#444;--line:#ccc;--paper:#fff;--tint:#f6f6f6;--own:#0072b2;--other:#c05600;--shade:0 114 178;--wrong:213 94 0}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}body{font-size:11pt}main{max-width:none;padding:0}nav,button{display:none}
h2,h3{break-after:avoid}.plot,.card,tr,.verdict{break-inside:avoid}.wide{overflow:visible}}
"""

SCRIPT = """
for (const pre of document.querySelectorAll('pre')) {
  const button = document.createElement('button');  // made here: where scripts do not run, none is shown
  const done = () => { button.textContent = 'Copied'; };
  button.textContent = 'Copy';
  button.onclick = () => {
    const range = document.createRange();
    range.selectNodeContents(pre);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    if (document.execCommand('copy')) done();  // works from a file, where the clipboard may be refused
    else if (navigator.clipboard) navigator.clipboard.writeText(pre.textContent).then(done);
  };
  pre.after(button);
}
addEventListener('beforeprint', () => { for (const each of document.querySelectorAll('details')) each.open = true; });
"""


class Sections(NamedTuple):
    """What a report says. title: plain text; body: HTML, in which every word of the examples is escaped; style: added to ours."""

    title: str
    body: str
    style: str = ""


def page(title: str, body: str, style: str = "", more: str = "", scripts: Sequence[str] = ()) -> str:
    """A whole HTML document. Nothing in it reaches outside: the policy forbids what is not inline, and each script but these.

    style: added to ours; more: HTML after all else; scripts: those that it holds.
    """
    allowed = " ".join(f"'sha256-{_digest(each)}'" for each in (SCRIPT, *scripts))
    policy = f"default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'; script-src {allowed}; base-uri 'none'; form-action 'none'"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark">'
        f"<title>{html.escape(title)}</title><style>{STYLE}{style}</style></head><body><main>{body}</main><script>{SCRIPT}</script>{more}</body></html>"
    )


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def table(heads: list[str], rows: list[list[str]], numbers: int = 0) -> str:
    """A table of HTML cells; the last `numbers` columns hold numbers."""
    first = len(heads) - numbers

    def cells(tag: str, row: list[str]) -> str:
        return "".join(f"<{tag}{' class=n' if k >= first else ''}>{cell}</{tag}>" for k, cell in enumerate(row))

    lines = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    head = cells("th", heads).replace("<th></th>", "<td></td>").replace("<th class=n></th>", "<td class=n></td>")
    return f'<div class="wide" tabindex="0"><table><tr>{head}</tr>{lines}</table></div>'


def hidden(summary: str, body: str) -> str:
    """Something to open."""
    return f"<details><summary>{html.escape(summary)}</summary>{body}</details>"


def contents(sections: list[str]) -> str:
    """Sections that begin with an <h2>, after links to them."""
    links, parts = [], []
    for number, each in enumerate(sections):
        words = each.removeprefix("<h2>").split("</h2>")[0]
        links.append(f'<a href="#s{number}">{words}</a>')
        parts.append(f'<section id="s{number}">{each}</section>')
    return f'<nav aria-label="Contents">{"".join(links)}</nav>{"".join(parts)}'


def picture(source: str | None, sound: str | None = None) -> str:
    """Only an embedded picture is shown, and an embedded sound played; the smallest pictures keep their pixels sharp."""
    if not source or not source.startswith("data:image/"):
        return ""
    if sound and sound.startswith("data:audio/"):
        shown = f'<img class="sound" alt="its waveform and spectrogram" src="{escape(source)}">'
        return f'{shown}<audio controls preload="none" src="{escape(sound)}"></audio>'
    kinds = {"data:image/png": ' class="tiny"', "data:image/svg": ' class="series"'}
    kind = kinds.get(source[:14], "")
    return f'<img alt="the example itself"{kind} src="{escape(source)}">'


def entries(row: Mapping[str, object]) -> str:
    """The cells of a row, for a list of them: the column, then what it holds."""
    return "".join(f"<dt>{escape(column)}</dt> <dd>{escape(value)}</dd>" for column, value in row.items())


def escape(value: object) -> str:
    return html.escape(str(value))
