"""How a report looks: one sheet for screens, light and dark, for phones and for paper. Nothing is loaded."""

STYLE = """
:root { color-scheme: light dark;
  --back: #fbfbfa; --card: #fff; --ink: #1b1f24; --soft: #5b6470; --edge: #dfe3e8; --band: #f0f2f5;
  --read: #0b63b0; --set: #7b3fb3; --good: #177245; --bad: #b3261e; --warn: #9a6700; --calm: #6b7480; }
@media (prefers-color-scheme: dark) { :root {
  --back: #121518; --card: #1a1e23; --ink: #e4e8ec; --soft: #9aa4b0; --edge: #323941; --band: #22272e;
  --read: #6cb6ff; --set: #c49bf2; --good: #57c78a; --bad: #ff8a80; --warn: #e3b341; --calm: #929ca8; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", Arial, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 28px 20px 60px; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .35rem; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2.4rem 0 .7rem; }
h3 { font-size: .95rem; margin: 1.3rem 0 .4rem; }
p { margin: .4rem 0; } .soft, figcaption, .note { color: var(--soft); font-size: .87rem; }
.badge { display: inline-block; padding: .08rem .6rem; border-radius: 99px; font-size: .8rem;
  font-weight: 600;
  border: 1.5px solid currentColor; margin: 0 .3rem .3rem 0; white-space: nowrap; }
.done, .passed, .good { color: var(--good); } .failed, .errored, .aborted, .bad { color: var(--bad); }
.terminated, .warn { color: var(--warn); } .skipped, .running, .calm { color: var(--calm); }
.alarm { border: 2px solid var(--bad); border-radius: 8px; padding: .7rem 1rem; margin: 1rem 0; }
.alarm b { color: var(--bad); }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 10px;
  margin: 1.1rem 0; }
.facts div { background: var(--card); border: 1px solid var(--edge); border-radius: 8px;
  padding: .55rem .8rem; }
.facts b { display: block; font-size: 1.2rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.facts span { color: var(--soft); font-size: .82rem; }
figure { margin: 0 0 1rem; background: var(--card); border: 1px solid var(--edge); border-radius: 8px;
  padding: .8rem .9rem .6rem; break-inside: avoid; }
svg.plot { display: block; width: 100%; height: 62px; overflow: visible; }
svg.flat { height: 20px; } svg.tall { height: 150px; } svg.strip { height: 26px; }
svg path { fill: none; vector-effect: non-scaling-stroke; stroke-linejoin: round; }
.l-read { stroke: var(--read); stroke-width: 1.5; } .l-set { stroke: var(--set); stroke-width: 1.6; }
.d-read { stroke: var(--read); stroke-width: 4; stroke-linecap: round; }
.d-good { stroke: var(--read); stroke-width: 6; stroke-linecap: round; }
.d-bad { stroke: var(--bad); stroke-width: 8; stroke-linecap: round; }
.l-limit { stroke: var(--bad); stroke-width: 1.2; stroke-dasharray: 6 4; }
.t-lost { stroke: var(--bad); stroke-width: 1.6; } .t-late { stroke: var(--warn); stroke-width: 1.6; }
.t-call { stroke: var(--set); stroke-width: 2; }
.f-band { fill: var(--band); } .f-on { fill: var(--set); opacity: .75; } .f-back { fill: var(--band); }
.f-bar { fill: var(--read); }
.o-done, .o-passed { fill: var(--good); } .o-failed, .o-errored, .o-aborted { fill: var(--bad); }
.o-terminated { fill: var(--warn); } .o-skipped, .o-running { fill: var(--calm); }
.lane { display: grid; grid-template-columns: 170px minmax(0, 1fr) 92px; gap: 0 10px; align-items: center;
  border-top: 1px solid var(--edge); padding: 5px 0; }
.lane > .name { font-size: .85rem; font-weight: 600; overflow-wrap: anywhere; line-height: 1.25; }
.lane > .name small { display: block; font-weight: 400; color: var(--soft); }
.range { font-size: .78rem; color: var(--soft); font-variant-numeric: tabular-nums; line-height: 1.25;
  display: flex; flex-direction: column; justify-content: space-between; align-self: stretch; }
.chart { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 0 10px; min-height: 150px; }
.chart .range { padding-bottom: 1.4rem; }
.words { position: relative; height: 20px; } .words span { position: absolute; top: 0; height: 20px;
  overflow: hidden;
  white-space: nowrap; font-size: .78rem; line-height: 20px; padding-left: 4px;
  border-left: 2px solid var(--set); }
.axis { position: relative; height: 1.35rem; font-size: .78rem; color: var(--soft); overflow: hidden; }
.axis span { position: absolute; white-space: nowrap; padding-left: 3px; border-left: 1px solid var(--edge); }
.axis.steps span { overflow: hidden; text-overflow: ellipsis; border-color: var(--soft); }
.ends { display: flex; justify-content: space-between; gap: 1rem; }
.key { display: inline-block; width: 1.1em; height: .22em; vertical-align: middle; margin: 0 .35em 0 .9em; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-size: .86rem; width: 100%; }
th, td { text-align: left; padding: .28rem .8rem .28rem 0; border-bottom: 1px solid var(--edge);
  vertical-align: top; }
th { font-weight: 600; color: var(--soft); white-space: nowrap; } th small { font-weight: 400;
  display: block; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.n + td:not(.n), th.n + th:not(.n) { padding-left: .8rem; }
td.w { white-space: nowrap; } td.long { overflow-wrap: anywhere; min-width: 14rem; }
details { margin: .5rem 0; } summary { cursor: pointer; font-weight: 600; padding: .25rem 0; }
pre { background: var(--card); border: 1px solid var(--edge); border-radius: 8px; padding: .8rem;
  overflow-x: auto;
  font: .8rem/1.45 ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; }
code { font: .85em ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
@media (max-width: 640px) { main { padding: 18px 12px 40px; } h1 { font-size: 1.4rem; }
  .lane { grid-template-columns: minmax(0, 1fr) auto; } .lane > .name { grid-column: 1 / -1; }
  .lane > .name small { display: inline; margin-left: .5em; } .lane > .axis { grid-column: 1 / -1; }
  .facts { grid-template-columns: 1fr 1fr; } td.long { min-width: 10rem; } }
@media print { :root { color-scheme: light; --back: #fff; --card: #fff; --ink: #000; --soft: #444;
  --edge: #bbb;
    --band: #eee; --read: #0b63b0; --set: #7b3fb3; --good: #177245; --bad: #b3261e; --warn: #9a6700;
  --calm: #666; }
  body { font-size: 10.5pt; } main { max-width: none; padding: 0; } h2, h3 { break-after: avoid; }
  tr, .lane { break-inside: avoid; } pre { white-space: pre-wrap; } .scroll { overflow: visible; }
  svg, .facts div { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
"""
