"""How the HTML report looks; light or dark as the reader's system is."""

STYLE = """
:root { color-scheme: light dark; --paper: #fff; --ink: #1d2126; --soft: #5d6772; --line: #dfe3e8;
  --card: #f7f8fa; --a: #c2570c; --b: #1f6feb; }
@media (prefers-color-scheme: dark) { :root { --paper: #16181c; --ink: #e6e8eb; --soft: #9aa4af;
  --line: #31363d; --card: #1e2126; --a: #ff9a52; --b: #6ea8fe; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 1180px; background: var(--paper);
  color: var(--ink); font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .75rem; }
h2 { font-size: 1.2rem; margin: 2rem 0 .75rem; }
h3 { font-size: 1.05rem; margin: 0; }
.a { --side: var(--a); } .b { --side: var(--b); } .none { --side: var(--soft); }
.name { color: var(--side); font-weight: 600; }
.answer { font-size: 1.15rem; font-weight: 600; }
.soft, summary, figcaption, td.soft { color: var(--soft); font-size: .9rem; }
.sides { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr));
  gap: 1.5rem; align-items: start; }
article { background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  border-left: 4px solid var(--side); padding: 1rem; margin-bottom: 1rem; }
article p { margin: .25rem 0; }
.verdict { border: 1px solid var(--line); border-radius: 99px; padding: 0 .6rem; font-size: .8rem; }
svg { display: block; width: 100%; max-width: 420px; height: auto; margin: .4rem 0; }
svg text { font-size: 11px; fill: var(--soft); }
.scale, .middle, .threshold { stroke: var(--soft); stroke-width: 1; }
.scale { opacity: .5; } .threshold { stroke-dasharray: 3 3; }
.bar { stroke: var(--side); stroke-width: 4; stroke-linecap: round; } .point { fill: var(--side); }
.histogram g { fill: var(--side); opacity: .6; }
figure { margin: .6rem 0 0; }
figcaption { margin-bottom: .25rem; }
.strip { display: grid; grid-template-columns: repeat(6, 1fr); gap: 4px; }
.strip img { width: 100%; aspect-ratio: 1; object-fit: cover; border-radius: 4px; display: block; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line);
  vertical-align: top; }
td.number { white-space: nowrap; }
details { margin: 1rem 0; } summary { cursor: pointer; }
@media print { details { display: none; } article { break-inside: avoid; } }
"""
