/* global document, window, location, navigator, setTimeout, clearTimeout */
// The page of a run works without this: it adds tabs, search and copying.
'use strict';

const panels = [...document.querySelectorAll('.panel')];
const tabs = [...document.querySelectorAll('nav a')];

/** Shows the panel that an anchor is in, and unfolds what hides it. */
function show(anchor) {
  const target = document.getElementById(anchor) || panels[0];
  const panel = target.closest('.panel') || panels[0];
  for (const one of panels) one.hidden = one !== panel;
  for (const tab of tabs) tab.setAttribute('aria-current', String(tab.hash === '#' + panel.id));
  for (let at = target; at; at = at.parentElement) if (at.tagName === 'DETAILS') at.open = true;
  document.querySelectorAll('.target').forEach((one) => one.classList.remove('target'));
  if (target === panel) window.scrollTo(0, 0);
  else {
    target.classList.add('target');
    target.scrollIntoView({ block: 'start' });
  }
}

document.documentElement.classList.add('tabbed');
window.addEventListener('hashchange', () => {
  search.value = '';
  find();
  show(location.hash.slice(1));
});

const steps = [...document.querySelectorAll('details.step')];
const failed = steps.find((step) => step.querySelector('summary .mark.failed'));
if (failed) failed.open = true;

document.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (!button) return;
  if (button.dataset.copy !== undefined) {
    navigator.clipboard.writeText(button.dataset.copy).then(() => {
      button.textContent = 'Copied';
      setTimeout(() => (button.textContent = 'Copy'), 1500);
    });
  }
  if (button.dataset.do === 'fold') for (const step of steps) step.open = false;
  if (button.dataset.do === 'unfold') for (const step of steps) step.open = true;
  if (button.dataset.do === 'times') {
    const on = document.body.classList.toggle('times');
    button.setAttribute('aria-pressed', String(on));
  }
});

const search = document.getElementById('log-search');
const matches = document.getElementById('log-matches');
let waiting;

/** Leaves only the lines with the text; a click on a line's number leads to it among the others. */
function find() {
  const wanted = search.value.trim().toLowerCase();
  let count = 0;
  document.body.classList.toggle('searching', wanted !== '');
  for (const step of steps) {
    let here = 0;
    for (const line of step.querySelectorAll('.log p')) {
      const hit = wanted !== '' && line.lastElementChild.textContent.toLowerCase().includes(wanted);
      line.classList.toggle('hit', hit);
      if (hit) here++;
    }
    count += here;
    step.classList.toggle('without', wanted !== '' && here === 0);
    if (wanted !== '') step.open = here > 0;
  }
  matches.textContent = wanted === '' ? '' : count + (count === 1 ? ' line' : ' lines');
}

search.addEventListener('input', () => {
  clearTimeout(waiting);
  waiting = setTimeout(find, 150);
});

show(location.hash.slice(1));
