import theme from '../../../views/theme.css';
import { html, Html } from '../../../views/html';
import type { Block, CardSection, ModelCard, Value } from './card';
import style from './card.css';
import { isWebAddress } from './cardMarkdown';
import { visibleCard } from './visibleCard';
import { writtenHtml } from './writtenHtml';

/** The card as a page of its own: it needs no other file and no network, and runs no script. */
export function cardHtml(card: ModelCard): string {
  const { model, decision, gaps, sections, record } = visibleCard(card);
  const title = `${model.name} version ${model.version}`;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
        />
        <meta name="color-scheme" content="light dark" />
        <title>Model card: ${title}</title>
        <style>
          ${new Html(theme + style)}
        </style>
      </head>
      <body>
        <header>
          <p class="quiet">Model card</p>
          <h1>${title}</h1>
          ${decision && html`<p class="stamp ${decision}">${decision}</p>`}
        </header>
        <nav aria-label="Sections">
          <ul>
            ${sections.map(({ id, title: name }) => html`<li><a href="#${id}">${name}</a></li> `)}
          </ul>
        </nav>
        <main>${gaps.length > 0 && gapList(gaps)} ${sections.map(sectionHtml)}</main>
        <footer class="quiet">Made of the model record <code>${record}</code></footer>
      </body>
    </html> `.text;
}

function gapList(gaps: readonly string[]): Html {
  return html`<section class="gaps" aria-labelledby="gaps">
    <h2 id="gaps">Not complete</h2>
    <ul>
      ${gaps.map((gap) => html`<li>${gap}</li>`)}
    </ul>
  </section>`;
}

function sectionHtml({ id, title, state, note, blocks }: CardSection): Html {
  return html`<section aria-labelledby="${id}">
    <h2 id="${id}">${title}</h2>
    ${note !== undefined && html`<p class="note ${state}">${note}</p>`}
    ${blocks.map((block) => blockHtml(block, title))}
  </section>`;
}

function blockHtml(block: Block, section: string): Html {
  switch (block.kind) {
    case 'text':
      return html`<p>${block.text}</p>`;
    case 'facts':
      return html`<dl>
        ${block.rows.map(
          ([label, value]) =>
            html`<dt>${label}</dt>
              <dd>${valueHtml(value)}</dd>`,
        )}
      </dl>`;
    case 'table':
      return tableHtml(block, section);
    case 'written': {
      const level = Math.min(6, 3 + block.depth);
      const heading = block.heading !== undefined && new Html(`<h${level}>${html`${block.heading}`.text}</h${level}>`);
      return html`${heading}${writtenHtml(block.markdown)}`;
    }
  }
}

/** A wide table scrolls by itself, with the keyboard too. */
function tableHtml({ columns, rows }: Extract<Block, { kind: 'table' }>, section: string): Html {
  const side = (column: number) => columns[column]?.align ?? 'left';
  // Tables of several sections have the same columns, and readers of screens list regions by name.
  const name = `${section}: ${columns.map(({ title }) => title).join(', ')}`;
  return html`<div class="wide" role="region" aria-label="${name}" tabindex="0">
    <table>
      <thead>
        <tr>
          ${columns.map(({ title }, at) => html`<th scope="col" class="${side(at)}">${title}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${row.map((value, at) => html`<td class="${side(at)}">${valueHtml(value)}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function valueHtml(value: Value): Html {
  if (typeof value === 'string') return html`${value}`;
  if (value.url !== undefined && isWebAddress(value.url)) return html`<a href="${value.url}">${value.text}</a>`;
  return value.code ? html`<code>${value.text}</code>` : html`${value.text}`;
}
