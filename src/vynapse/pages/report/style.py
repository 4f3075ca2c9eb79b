# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The style sheet of a report: light and dark, on paper, on a phone."""

from __future__ import annotations

from typing import Final

STYLE: Final = """
:root{color-scheme:light dark;--ink:#1c2128;--soft:#5b6572;--page:#f5f6f8;--card:#fff;
--line:#dfe3e8;--accent:#0072b2;--good:#00674b;--warn:#a34500;--code:#f3f5f7;--shade:0,114,178}
@media (prefers-color-scheme:dark){:root{--ink:#e4e8ee;--soft:#9aa5b3;--page:#101419;--card:#181d24;
--line:#2c343e;--accent:#56b4e9;--good:#3cc79b;--warn:#f0a04b;--code:#11161c;--shade:86,180,233;
--line-0:#4aa3e0;--line-1:#ff8a4c;--line-2:#2cc79a;--line-3:#e3a0c4;--line-4:#f0b93a;--line-5:#8fd0f5}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);
font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main{max-width:960px;margin:0 auto;padding:28px 20px 56px}
header{margin-bottom:22px}
h1{font-size:1.65rem;line-height:1.25;margin:0 0 6px;overflow-wrap:anywhere}
h2{font-size:1.12rem;margin:0 0 12px}
p{margin:0 0 10px;overflow-wrap:anywhere}
.status{display:inline-block;font-size:.8rem;font-weight:600;padding:1px 10px;border-radius:99px;
border:1px solid currentColor;color:var(--warn);margin-bottom:10px}
.status.finished{color:var(--good)}
.lead{max-width:72ch}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(108px,1fr));gap:8px;
margin:18px 0 0;padding:0}
.figures div{background:var(--card);border:1px solid var(--line);border-radius:10px;
padding:9px 12px}
.figures dt{font-size:.78rem;color:var(--soft)}
.figures dd{margin:0;font-size:1.1rem;font-weight:600;font-variant-numeric:tabular-nums;
overflow-wrap:anywhere}
section{background:var(--card);border:1px solid var(--line);border-radius:12px;
padding:18px 20px;margin:0 0 16px}
section>:last-child{margin-bottom:0}
.scroll{overflow-x:auto;margin:0 0 10px}
table{border-collapse:collapse;font-size:.88rem;font-variant-numeric:tabular-nums}
th,td{padding:5px 10px;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
thead th{color:var(--soft);font-weight:600;white-space:nowrap}
th:first-child,td:first-child{padding-left:0}
td.number,th.number{text-align:right;white-space:nowrap}
td.name{color:var(--soft);white-space:nowrap;padding-right:22px}
td.fact{overflow-wrap:anywhere;min-width:12em}
.shaded td,.shaded th{text-align:center;min-width:2.4em;padding:4px 6px}
.shaded th:first-child,.shaded td:first-child{text-align:right;padding-right:10px;
white-space:nowrap;color:var(--soft)}
.note,figcaption{font-size:.84rem;color:var(--soft)}
figure{margin:0 0 14px}
figure .scroll{margin:0 0 4px}
figure svg{display:block;height:auto;stroke-linejoin:round;stroke-linecap:butt}
figure.paper svg{color:#000}
figure.paper .scroll{max-height:620px;overflow:auto}
.upright thead th{writing-mode:vertical-rl;transform:rotate(180deg);text-align:left;
vertical-align:top;margin:0 auto;padding:6px 2px}
.upright thead th:first-child{writing-mode:horizontal-tb;transform:none;vertical-align:bottom}
@media (prefers-color-scheme:dark){figure.paper svg{filter:invert(1) hue-rotate(180deg)}}
.tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(104px,1fr));gap:14px 10px;
margin:0 0 10px;padding:0;list-style:none}
.tiles img{display:block;width:84px;height:84px;object-fit:contain;image-rendering:pixelated;
background:#000;border-radius:6px}
.tiles span{display:block;font-size:.78rem;line-height:1.35;overflow-wrap:anywhere}
.tiles span+span{color:var(--soft)}
pre{background:var(--code);border:1px solid var(--line);border-radius:8px;padding:12px 14px;
overflow-x:auto;font:.8rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;margin:0 0 10px}
pre.long{max-height:24em;overflow-y:auto}
footer{color:var(--soft);font-size:.8rem;text-align:center}
@media (max-width:560px){main{padding:16px 10px 40px}section{padding:14px 12px;border-radius:9px}
h1{font-size:1.3rem}.figures{grid-template-columns:repeat(2,1fr)}}
@media print{:root{--ink:#000;--soft:#444;--page:#fff;--card:#fff;--line:#ccc;--accent:#0072b2;
--good:#00674b;--warn:#a34500;--code:#fff;--shade:0,114,178;--line-0:#0072b2;--line-1:#d55e00;--line-2:#009e73;--line-3:#cc79a7;
--line-4:#e69f00;--line-5:#56b4e9}body{font-size:11pt}
main{max-width:none;padding:0}section{border:0;padding:0;margin:0 0 14pt}
figure,tr,.tiles li,.figures div{break-inside:avoid}h2{break-after:avoid}
.scroll,pre,pre.long{overflow:visible;max-height:none;white-space:pre-wrap}
figure svg{min-width:0!important}
figure.paper svg{filter:none;max-height:90vh}}
"""
"""Nothing from elsewhere is needed; wide figures and tables scroll within themselves."""
