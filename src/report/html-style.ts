/** How the HTML report looks: two palettes, one sheet. Quiet type, numbers of one width, lines only where they help. */

export interface Palette {
  readonly paper: string;
  readonly raised: string;
  readonly ink: string;
  readonly muted: string;
  readonly rule: string;
  readonly accent: string;
  /** Lines of the plots; each with at least 4.5 : 1 against the paper. */
  readonly lines: readonly string[];
}

/** Colours by theme. Hues alternate in lightness too, and the second four are dashed, for eyes that mix up hues. */
export const palettes: { readonly light: Palette; readonly dark: Palette } = {
  light: {
    paper: "#fcfcfa",
    raised: "#f3f3ef",
    ink: "#1d1f22",
    muted: "#5b616b",
    rule: "#deded8",
    accent: "#0f5fa8",
    lines: ["#0f5fa8", "#b34a00", "#1c7a3d", "#7a3bb0", "#b3203f", "#0c7272", "#a3257f", "#5c6010"],
  },
  dark: {
    paper: "#16181b",
    raised: "#1f2226",
    ink: "#e3e5e8",
    muted: "#9ba2ad",
    rule: "#32363c",
    accent: "#74b3f2",
    lines: ["#74b3f2", "#f0a04b", "#6cc98a", "#c39bf2", "#f5838c", "#56c7c2", "#f08fcb", "#c9c75c"],
  },
};

function variables(palette: Palette, scheme: string): string {
  const { paper, raised, ink, muted, rule, accent, lines } = palette;
  const numbered = lines.map((colour, index) => `--line-${index}:${colour}`).join(";");
  return `color-scheme:${scheme};--paper:${paper};--raised:${raised};--ink:${ink};--muted:${muted};--rule:${rule};--accent:${accent};${numbered}`;
}

const light = variables(palettes.light, "light");
const dark = variables(palettes.dark, "dark");

/** The whole sheet. The script sets `data-theme` on the root; without it the system decides. */
export const reportStyle = `:root{${light}}
@media (prefers-color-scheme: dark){:root:not([data-theme=light]){${dark}}}
:root[data-theme=dark]{${dark}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:14px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",sans-serif;font-variant-numeric:tabular-nums}
main{max-width:1440px;margin:0 auto;padding:clamp(16px,3vw,40px)}
h1,h2,h3,p,dl,dd,figure{margin:0}
h1{font-size:24px;line-height:1.25;font-weight:600;overflow-wrap:anywhere}
h2{font-size:16px;font-weight:600}
h3{font-size:14px;font-weight:600}
section{margin-top:36px}
b{font-weight:600}
.top{display:flex;gap:16px;align-items:flex-start;justify-content:space-between}
.kicker{color:var(--muted)}
.facts{display:flex;flex-wrap:wrap;gap:2px 20px;margin-top:8px;color:var(--muted)}
.facts div{display:flex;gap:6px;min-width:0}
.facts dt{flex:none}
.facts dd{color:var(--ink);overflow-wrap:anywhere}
.facts code{font:13px/1.6 ui-monospace,"SF Mono",Menlo,Consolas,"Liberation Mono",monospace}
.insight{margin-top:20px;font-size:18px;line-height:1.45;max-width:72ch;text-wrap:pretty}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:16px 24px;margin-top:24px;padding:16px 0;border-block:1px solid var(--rule)}
.figures dt{color:var(--muted)}
.figures dd{font-size:20px;line-height:1.3;white-space:nowrap}
.figures div{min-width:0}
.figures dd{overflow:hidden;text-overflow:ellipsis}
.figures small{font-size:14px;color:var(--muted)}
button,select,input{font:inherit;color:inherit;background:var(--paper);border:1px solid var(--rule);border-radius:4px;padding:3px 8px;max-width:100%}
button{cursor:pointer;white-space:nowrap}
button:hover,select:hover{border-color:var(--muted)}
:focus-visible{outline:2px solid var(--accent);outline-offset:1px}
.bar{display:flex;flex-wrap:wrap;gap:8px 16px;align-items:center;justify-content:space-between;margin-bottom:8px;min-height:32px}
.count{color:var(--muted);font-weight:400}
.filter,.pick{color:var(--muted);display:flex;gap:8px;align-items:center;min-width:0}
.filter input,.pick select{color:var(--ink);min-width:0}
.note,.hint{color:var(--muted);margin-top:8px}
.plots{display:grid;grid-template-columns:minmax(0,1fr);gap:28px 32px}
@media (min-width:1000px){.plots{grid-template-columns:minmax(0,1fr) minmax(0,1fr)}}
figcaption{margin-bottom:4px}
figcaption span{color:var(--muted);font-weight:400}
.plot{min-height:260px;border-radius:4px}
.plot .uplot{font-family:inherit;max-width:100%}
.plot .u-legend{font-size:13px;text-align:left;margin:0;padding-left:8px;line-height:1.4}
.plot .u-inline tr{margin-right:12px}
.plot .u-legend .u-series>*{padding:2px 0;border:0;white-space:nowrap}
.plot .u-legend th::after{content:none!important}
.plot .u-legend th{font-weight:400;cursor:pointer}
.plot .u-legend .u-marker{width:14px;height:0;border-width:2px 0 0!important;border-radius:0;margin-right:6px}
.plot .u-legend .u-series:first-child .u-marker{display:none}
.plot .u-legend .u-label{color:var(--ink);max-width:22ch;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.plot .u-legend .u-value{min-width:9ch;padding-left:8px;color:var(--muted);white-space:nowrap}
.plot .u-select{background:var(--accent);opacity:.15}
.plot .u-cursor-x,.plot .u-cursor-y{border-color:var(--muted)!important}
.scroll{overflow-x:auto;max-width:100%;background:linear-gradient(to left,var(--paper) 30%,transparent) right/40px 100% no-repeat local,linear-gradient(to left,var(--rule),transparent) right/14px 100% no-repeat scroll}
.long{max-height:560px;overflow:auto}
table{border-collapse:separate;border-spacing:0}
section table{width:100%}
th,td{padding:4px 0 4px 20px;text-align:left;font-weight:400;white-space:nowrap;vertical-align:top;border-bottom:1px solid var(--rule);unicode-bidi:isolate}
th:first-child,td:first-child{padding-left:0}
th:last-child,td:last-child{padding-right:4px}
thead th{color:var(--muted);position:sticky;top:0;background:var(--paper);z-index:2}
thead button{border:0;padding:0;background:none;border-radius:2px}
thead button:hover{color:var(--ink)}
thead button::after{content:"";display:inline-block;width:1em;text-align:right}
thead .number button::after{display:none}
thead [aria-sort=ascending] button,thead [aria-sort=descending] button{color:var(--ink)}
thead [aria-sort=ascending] button::after{content:"↑"}
thead [aria-sort=descending] button::after{content:"↓"}
thead .number[aria-sort=ascending] button::before{content:"↑ "}
thead .number[aria-sort=descending] button::before{content:"↓ "}
.number{text-align:right}
.story th:last-child{width:100%}
th.name[scope=row]{max-width:36ch;overflow:hidden;text-overflow:ellipsis;position:sticky;left:0;background:var(--paper);z-index:1}
td.name{max-width:28ch;overflow:hidden;text-overflow:ellipsis}
tbody tr:hover>*{background:var(--raised)}
tfoot th,tfoot td{font-weight:600;border-bottom:0;border-top:1px solid var(--muted);position:sticky;bottom:0;background:var(--paper)}
tfoot th.name[scope=row]{z-index:2}
td.text{white-space:normal;min-width:32ch;overflow-wrap:anywhere}
td.pairs div{max-width:44ch;overflow:hidden;text-overflow:ellipsis}
td.spark{padding-top:5px;padding-bottom:0}
.spark svg{display:block}
#memory-hosts :is(th,td):not(:first-child),#memory-vms :is(th,td):not(:first-child),#cpu-vms :is(th,td):not(:first-child),#cpu-pools :is(th,td):not(:first-child){padding-left:12px}
.bar-svg{border-radius:2px}
.spark .bar-svg{margin:4px 0}
.run{fill:var(--line-0)}.ready{fill:var(--line-1)}.costop{fill:var(--line-4)}.wait{fill:var(--rule)}
.state-high{fill:var(--rule)}.state-clear{fill:var(--line-4);fill-opacity:.3}.state-soft{fill:var(--line-4);fill-opacity:.5}.state-hard{fill:var(--line-4);fill-opacity:.75}.state-low{fill:var(--line-4)}
.states{display:flex;flex-wrap:wrap;gap:4px 18px;margin:0 0 6px}
.states .bar-svg{vertical-align:-1px}
.spark polyline{fill:none;stroke:var(--line-2);stroke-width:1.5;stroke-linejoin:round}
details{margin-top:10px}
summary{color:var(--muted);cursor:pointer;width:fit-content}
.legend{columns:2 360px;margin-top:8px}
.legend div{break-inside:avoid;padding:2px 0}
.legend dt{display:inline;font-weight:600;margin-right:8px}
.legend dd{display:inline;color:var(--muted)}
footer{margin-top:48px;padding-top:12px;border-top:1px solid var(--rule);color:var(--muted);font-size:13px}
@media (max-width:560px){th.name[scope=row]{max-width:18ch}.figures{grid-template-columns:1fr 1fr}.insight{font-size:16px}}
@media print{
:root,:root[data-theme=dark]{${light}}
@page{margin:14mm}
body{font-size:10px}main{max-width:none;padding:0}
button.theme,.filter,.pick,.hint,details:not([open]){display:none}
.long,.scroll{max-height:none;overflow:visible}
thead th,tfoot th,tfoot td,th.name[scope=row]{position:static}
th,td{padding:2px 0 2px 8px}
.plots{grid-template-columns:minmax(0,1fr) minmax(0,1fr);gap:16px}
figure,tr{break-inside:avoid}
h2{break-after:avoid}
.plot canvas{max-width:100%}
}
`;
