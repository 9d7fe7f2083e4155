"""The frame of a report: one file, no outside resource, light and dark, phone and print."""

from __future__ import annotations

import base64
import hashlib
import html

STYLE = """
:root{--ink:#1b1f24;--soft:#5b6570;--line:#dfe3e8;--paper:#fff;--tint:#f5f7f9;--own:#0072b2;--other:#b35c00;--good:#007a5a;--warn:#a63d00}
@media (prefers-color-scheme:dark){:root{--ink:#e8ebee;--soft:#9aa5b1;--line:#333a42;--paper:#14171b;--tint:#1c2127;--own:#56b4e9;--other:#e69f00;--good:#3cc79a;--warn:#ff9d5c}}
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:760px;margin:0 auto;padding:32px 20px 64px}h1{font-size:1.9rem;line-height:1.2;margin:0 0 .2em;letter-spacing:-.01em}
h2{font-size:1.25rem;margin:2.4em 0 .3em;padding-top:.8em;border-top:1px solid var(--line)}h3{font-size:1.02rem;margin:1.6em 0 .2em}
p{margin:.5em 0}.soft,small{color:var(--soft)}.verdict{font-size:1.18rem;line-height:1.5;margin:1em 0;padding:1em 1.2em;background:var(--tint);border-left:4px solid var(--own);border-radius:4px}
.verdict.odd{border-color:var(--warn)}table{border-collapse:collapse;width:100%;font-size:.92rem;margin:.8em 0}th,td{text-align:left;padding:.35em .6em;border-bottom:1px solid var(--line);vertical-align:top}
th{font-weight:600;color:var(--soft)}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}.wide{overflow-x:auto}.own{font-weight:600}
.plot{width:100%;height:auto;margin:.6em 0;font:12px system-ui,sans-serif}.plot text{fill:var(--soft)}.plot text.own{fill:var(--ink);font-weight:600}.plot .axis{fill:var(--soft)}
.plot .grid{stroke:var(--line)}.plot .line{fill:none;stroke:var(--own);stroke-width:2.2}.plot .thin{stroke-width:1.3;opacity:.75}.plot .ring{fill:none;stroke:var(--other);stroke-width:2.5}
.plot .ideal{fill:none;stroke:var(--soft);stroke-dasharray:5 5}.plot .band{fill:none;stroke:var(--other);stroke-dasharray:2 4}.plot .span{stroke:var(--ink);stroke-width:2;opacity:.55}
.plot circle.own{fill:var(--own)}.plot rect.other{fill:var(--other)}.plot .bar{fill:var(--own);opacity:.85}.plot .dot{fill:var(--own);opacity:.55}
.matrix td,.matrix th{text-align:center;padding:.3em;min-width:2.4em;border:1px solid var(--line);font-variant-numeric:tabular-nums}.matrix th{font-weight:500}.matrix .hit{outline:2px solid var(--good);outline-offset:-2px}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(150px,1fr));gap:12px;margin:1em 0}.card{border:1px solid var(--line);border-radius:6px;padding:10px;font-size:.85rem;overflow-wrap:anywhere}
.card img{display:block;max-width:100%;height:84px;object-fit:contain;margin:0 auto 8px;image-rendering:auto}.card b{display:block}
.warn{color:var(--warn)}pre{background:var(--tint);padding:.9em 1em;border-radius:6px;overflow-x:auto;font-size:.85rem;white-space:pre-wrap;overflow-wrap:anywhere}
button{font:inherit;font-size:.85rem;padding:.3em .9em;border:1px solid var(--line);border-radius:6px;background:var(--tint);color:var(--ink);cursor:pointer}
details{margin:.4em 0}summary{cursor:pointer;color:var(--soft);font-size:.92rem}a{color:var(--own)}
@media print{main{max-width:none;padding:0}h2{break-after:avoid}.plot,.cards,table{break-inside:avoid}button{display:none}}
"""

SCRIPT = (
    "for(const b of document.querySelectorAll('button[data-copy]'))b.onclick=()=>{"
    "navigator.clipboard.writeText(b.previousElementSibling.textContent).then(()=>{b.textContent='Copied'})}"
)


def page(title: str, body: str) -> str:
    """A whole HTML document. Nothing in it reaches outside: the policy forbids what is not inline."""
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    policy = f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark">'
        f"<title>{html.escape(title)}</title><style>{STYLE}</style></head><body><main>{body}</main><script>{SCRIPT}</script></body></html>"
    )


def table(heads: list[str], rows: list[list[str]], numbers: int = 0) -> str:
    """A table of HTML cells; the last `numbers` columns hold numbers."""
    first = len(heads) - numbers

    def cells(tag: str, row: list[str]) -> str:
        return "".join(f"<{tag}{' class=n' if k >= first else ''}>{cell}</{tag}>" for k, cell in enumerate(row))

    lines = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return f'<div class="wide"><table><tr>{cells("th", heads)}</tr>{lines}</table></div>'


def hidden(summary: str, body: str) -> str:
    """Something to open."""
    return f"<details><summary>{html.escape(summary)}</summary>{body}</details>"
