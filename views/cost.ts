import type { TrainingSection } from '../tasks/common/record/record';
import { html, type Html } from './html';

type TrainingCost = NonNullable<TrainingSection['cost']>;

const mostRuns = 50;

/** What the training cost by estimate, with its prices, and what each trial or step cost. */
export function cost(known: TrainingCost): Html {
  const { amount, currency, asOf, maxCost, idle, prices, runs, gaps = [] } = known;
  const total =
    amount === undefined ? 'not known' : `${gaps.length > 0 ? 'at least' : 'about'} ${money(amount, currency)}`;
  const rates = prices.map(({ size, tier, perHour }) => {
    const kind = tier === 'Standard' ? '' : ` (${tier})`;
    return html`<div class="quiet">${size}${kind}: ${exact(perHour, currency)} an hour</div>`;
  });
  return html`
    ${total}${maxCost !== undefined && html` <span class="quiet">of at most ${exact(maxCost, currency)}</span>`}
    ${rates} ${idle && html`<div class="quiet">Idle time on top: at most ${money(idle.amount, currency)}</div>`}
    ${asOf && html`<div class="quiet">Azure ML's list prices of ${asOf.slice(0, 10)}</div>`}
    ${gaps.map((gap) => html`<div>${gap}</div>`)} ${runs.length > 1 && parts(runs, currency)}
  `;
}

function parts(runs: TrainingCost['runs'], currency: string): Html {
  const items = runs.slice(0, mostRuns).map(({ name, nodes, seconds, amount, reused }) => {
    const what = reused ? 'reused' : amount === undefined ? 'not known' : money(amount, currency);
    return html`<li>${name} <span class="quiet">${nodes} × ${duration(seconds)}, ${what}</span></li>`;
  });
  const more = runs.length - items.length;
  return html`<details>
    <summary>${runs.length} trials or steps</summary>
    <ul class="packages">
      ${items} ${more > 0 && html`<li class="quiet">and ${more} more</li>`}
    </ul>
  </details>`;
}

/** 5025 s → "1:23:45" */
function duration(seconds: number): string {
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  return `${Math.floor(seconds / 3600)}:${two((seconds / 60) % 60)}:${two(seconds % 60)}`;
}

/** In cents, and below ten cents by two digits that say something. */
function money(amount: number, currency: string): string {
  if (amount > 0 && amount < 0.0995) return exact(Number(amount.toPrecision(2)), currency);
  // What is half a cent in decimals may be a little less in binary.
  return `${(Math.round(amount * 100 + 1e-7) / 100).toFixed(2)} ${currency}`;
}

function exact(amount: number, currency: string): string {
  return `${Number(amount.toFixed(6))} ${currency}`;
}
