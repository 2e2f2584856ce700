"""The style and the script of the HTML report: constants, ASCII, allowed by their hashes in the page's policy."""

from __future__ import annotations

STYLE = """
:root {
  --ink: #1f2937;
  --faint: #6b7280;
  --line: #d1d5db;
  --back: #f9fafb;
  --card: #fff;
  --error: #dc2626;
  --warning: #b45309;
  --note: #2563eb;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e5e7eb;
    --faint: #9ca3af;
    --line: #374151;
    --back: #111827;
    --card: #1f2937;
    --error: #f87171;
    --warning: #fbbf24;
    --note: #60a5fa;
  }
}
* { box-sizing: border-box }
body {
  margin: 0 auto;
  max-width: 76rem;
  padding: 1.5rem;
  font: 15px/1.5 system-ui,sans-serif;
  color: var(--ink);
  background: var(--back);
}
h1 { font-size: 1.5rem; margin: 0 }
h2 { font-size: 1rem; margin: 0; overflow-wrap: anywhere }
header p { color: var(--faint); margin: .25rem 0 1rem }
form {
  display: flex;
  flex-wrap: wrap;
  gap: .75rem;
  align-items: center;
  position: sticky;
  top: 0;
  background: var(--back);
  padding: .75rem 0;
  border-bottom: 1px solid var(--line);
  z-index: 1;
}
input, select {
  font: inherit;
  color: inherit;
  background: var(--card);
  border: 1px solid var(--line);
  border-radius: .4rem;
  padding: .25rem .5rem;
}
input { flex: 1; min-width: 12rem }
section {
  background: var(--card);
  border: 1px solid var(--line);
  border-radius: .6rem;
  margin: 1rem 0;
  padding: 1rem;
}
article { border-top: 1px solid var(--line); margin-top: .75rem; padding-top: .75rem }
.place, svg text, pre, code { font-family: ui-monospace,monospace }
.place { color: var(--faint); font-size: .85rem; overflow-wrap: anywhere }
.message { margin: .25rem 0; overflow-wrap: anywhere }
.badge {
  display: inline-block;
  border: 1px solid currentColor;
  border-radius: .4rem;
  padding: 0 .4rem;
  font-size: .8rem;
  font-weight: 600;
}
.error { color: var(--error) }
.warning { color: var(--warning) }
.note { color: var(--note) }
.drawing { overflow-x: auto }
svg { display: block; font-size: 12px }
svg rect { fill: var(--back); stroke: var(--line) }
svg text { fill: var(--ink) }
svg .lane { fill: var(--faint) }
svg path { fill: none; stroke: var(--faint); stroke-width: 1.5 }
svg .registration rect { stroke: var(--note); stroke-width: 2 }
svg .culprit rect { stroke: var(--error); stroke-width: 3 }
svg .holder rect, svg .holds { stroke: var(--warning); stroke-width: 2; stroke-dasharray: 5 }
[hidden] { display: none!important }
"""

#: Shows what the filters leave, and keeps them in the address.
SCRIPT = """
const form=document.querySelector('form'),fields=['severity','code','text'];
function show(){
  const want=Object.fromEntries(fields.map(name=>[name,form.elements[name].value]));
  const text=want.text.toLowerCase();let seen=0;
  for(const section of document.querySelectorAll('section')){
    let some=false;
    for(const item of section.querySelectorAll('article')){
      const fits=(!want.severity||item.dataset.severity===want.severity)&&(!want.code||item.dataset.code===want.code)
        &&item.textContent.toLowerCase().includes(text);
      item.hidden=!fits;some=some||fits;seen+=fits;
    }
    section.hidden=!some;
  }
  document.getElementById('seen').textContent=String(seen);
  const left=fields.filter(name=>want[name]).map(name=>name+'='+encodeURIComponent(want[name])).join('&');
  history.replaceState(null,'','#'+left);
}
for(const pair of new URLSearchParams(location.hash.slice(1)))
  if(fields.includes(pair[0]))form.elements[pair[0]].value=pair[1];
form.addEventListener('input',show);form.addEventListener('submit',event=>event.preventDefault());show();
"""
