import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { codeBlock, escapeMarkdown, inlineCode, markdownTable } from '../../../tasks/common/markdown';

type Renderer = { render(text: string): string; renderInline(text: string): string };
const MarkdownIt = createRequire(__filename)('markdown-it') as new (options: object) => Renderer;
const renderer = new MarkdownIt({ html: true });

/** The text that a reader sees. */
const seen = (markdown: string) =>
  renderer.renderInline(markdown).replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&');

const nasty = '*a* _b_ `c` [d](http://e) <img src=x onerror=y> ![f](g) | h \\ ~~i~~ @j\n# k';

describe('Markdown', () => {
  it('escapes text so that it renders as itself', () => {
    assert.equal(seen(escapeMarkdown(nasty)).replaceAll('\u200B', ''), nasty.replace('\n', ' '));
  });

  it('leaves nothing in what is rendered that GitHub takes for a mention, a reference or a link', () => {
    const text =
      '@octocat (@org/team) #12 o/r#3 GH-4 https://evil.example ftp://e www.evil.example someone@evil.example @sha256:1';
    assert.doesNotMatch(seen(escapeMarkdown(text)), /@\w|#\d|GH-\d|\b(https?|ftp):\/\/|www\./i);
    assert.equal(seen(escapeMarkdown('registry/name@sha256:12')), 'registry/name@sha256:12');
  });

  it('keeps a block whole, and ends it in time however many line ends it holds', () => {
    assert.equal(codeBlock('a\n\nb\n\n'), '```\na\n\nb\n```');
    // With a regular expression for the last line ends, this one call took minutes.
    assert.ok(codeBlock(`${'\n'.repeat(500_000)}x`).endsWith('x\n```'));
  });

  it('keeps text inside its table cell', () => {
    const html = renderer.render(markdownTable([{ title: 'a|b' }, { title: 'n', align: 'right' }], [[escapeMarkdown(nasty), inlineCode('x | `y`')]])); // prettier-ignore
    assert.equal(html.match(/<td/g)?.length, 2);
    assert.match(html, /<code>x \| `y`<\/code>/);
    assert.doesNotMatch(html, /<img|<a |<em>/);
  });

  it('keeps code inside its table cell where a backslash stands before the bar', () => {
    for (const text of ['a \\| <b>', 'a \\\\| <b>', 'a | <b>']) {
      const bars = inlineCode(text).replace(/\\./g, '').split('|').length - 1;
      assert.equal(bars, 0, 'some readers take two backslashes for one that is escaped');
      const html = renderer.render(markdownTable([{ title: 'a' }, { title: 'b' }], [[inlineCode(text), 'c']]));
      assert.match(html, /<td>(<code>)?a .*&lt;b&gt;.*<\/td>\n<td>c<\/td>/);
    }
  });

  it('shows what is hidden: controls, and what turns the direction of writing', () => {
    for (const text of [escapeMarkdown('a\u202eb\u001b'), inlineCode('a\u202eb\u001b')])
      assert.match(renderer.renderInline(text), /^(<code>)?a\\u202eb\\x1b/);
  });

  it('fences a block that holds fences', () => {
    assert.match(renderer.render(codeBlock('a\n```\nb\n')), /<pre><code>a\n```\nb\n<\/code><\/pre>/);
  });
});
