import assert from 'node:assert/strict';
import fc from 'fast-check';
import MarkdownIt from 'markdown-it';
import { harmlessMarkdown } from '../../../../tasks/common/modelCard/harmlessMarkdown';

/** A reader that takes HTML for HTML. */
const reader = new MarkdownIt({ html: true });
// By itself it would leave out links that run something.
reader.validateLink = () => true;

function tokensOf(markdown: string) {
  return reader.parse(markdown, {}).flatMap((token) => [token, ...(token.children ?? [])]);
}

const htmlIn = (markdown: string) => tokensOf(markdown).filter(({ type }) => type.startsWith('html'));
const linksIn = (markdown: string) => tokensOf(markdown).filter(({ type }) => type === 'link_open' || type === 'image');
const codeIn = (markdown: string) =>
  tokensOf(markdown)
    .filter(({ type }) => type === 'code_inline' || type === 'fence')
    .map(({ content }) => content);

const tag = '<img src=x onerror=alert(1)>';

describe('Markdown of people that is made harmless', () => {
  const attacks: Array<[title: string, markdown: string]> = [
    ['code that begins a line before', `a \` b\n\` ${tag} \``],
    ['code that an escape does not begin', `\\\` ${tag} \``],
    ['code that ends with more backticks than it begins with', `\` ${tag} \`\``],
    ['code of another item of a list', `- a \`\n- ${tag} \``],
    ['code of another cell', `| a | b |\n| - | - |\n| \` ${tag} | \` |`],
    ['code within the address of a link', `<https://e.org/\`> ${tag} \``],
    ['a fence whose word has a backtick', `\`\`\` a\`b\n\n${tag}`],
    ['a fence that its list ends', `1. a\n   \`\`\`\n${tag}\n   \`\`\``],
    ['a fence that is closed by a longer one with a word', `\`\`\`\nx\n\`\`\`\n${tag}\n\`\`\` x`],
    ['a fence that its quotation ends', `> ~~~\n${tag}\n~~~`],
    ['a fence within a paragraph that is set in', `a\n      \`\`\`\n${tag}`],
    ['a tag over several lines', '<img\nsrc=x\nonerror=alert(1)>'],
    ['a heading', `# a \`\n${tag} \``],
    ['a block of HTML', `<div>\n\n${tag}\n</div>`],
    ['code that a bar in code before it cuts', `| a | b |\n| - | - |\n| \`a | b\` x \`${tag}\` |`],
    ['code that a bar with two backslashes cuts', `| a | b |\n| - | - |\n| \`a \\\\| ${tag}\` |`],
    ['a fence that begins in an item of a list', `- ~~~\n  ~~~\n  ${tag}\n  ~~~`],
    ['a fence that begins in a quotation', `> ~~~\n> ~~~\n> ${tag}\n> ~~~`],
    ['a fence of a list that is set in otherwise', `- a\n\n  \`\`\`\n    \`\`\`\n  ${tag}\n  \`\`\``],
    ...['\u00a0', '\f', '\v', '\u2028', '\t'].map((space): [string, string] => [
      `a fence that ends with ${JSON.stringify(space)}`,
      `\`\`\`\nx\n\`\`\`${space}\n\`\`\`\n${tag}\n\`\`\``,
    ]),
    ['a fence with an end of a line of its own', `\`\`\`\nx\r\`\`\`\r${tag}\n\`\`\``],
    ['code within the target of a link', `[a](\`) ${tag} \``],
    ['code within the target of a link on the next line', `[a](\n\`) ${tag} \``],
    ['code within the title of a link', `[a](b "\`") ${tag} \``],
    ['code within the name of a link', `[\`]: b\n\n[a][\`] ${tag} \``],
    ['code within a bare address', `https://e.org/\` ${tag} \``],
    ['a comment, a declaration and an instruction', '<!-- x -->\n<!DOCTYPE x>\n<?php x ?>\n<![CDATA[x]]>'],
  ];
  for (const [title, markdown] of attacks) {
    it(`has no HTML by ${title}`, () => {
      const harmless = harmlessMarkdown(markdown);
      assert.deepEqual(htmlIn(harmless), [], harmless);
    });
  }

  const links: Array<[title: string, markdown: string]> = [
    ['in brackets', '[a](javascript:alert(1))'],
    ['whatever its case, and with an entity', '[a](JavaScript:alert(1)) [b](&#106;avascript:alert(1))'],
    ['in angle brackets', '[a](<javascript:alert(1)>) [b](< javascript:alert(1)>)'],
    ['on the next line', '[a](\njavascript:alert(1))'],
    ['by a name', '[a]\n\n[a]: javascript:alert(1)'],
    ['by a name, on the next line', '[a]\n\n[a]:\njavascript:alert(1)'],
    ['by itself', '<javascript:alert(1)>'],
    ['as a picture or as data', '![a](vbscript:x) [b](data:text/html,x)'],
  ];
  for (const [title, markdown] of links) {
    it(`has no link that runs something ${title}`, () => {
      const harmless = harmlessMarkdown(markdown);
      assert.deepEqual(linksIn(harmless), [], harmless);
    });
  }

  it('keeps links to pages, within the card, to files, and to mailboxes', () => {
    const text =
      '[a](https://e.org/a?b=c&d "e") [f](#g) [h](docs/i.md) [j](mailto:k@e.org) <https://e.org/l?m=n&o> [p] [q][p]\n\n[p]: https://e.org/r';
    assert.equal(harmlessMarkdown(text), text);
    assert.equal(linksIn(text).length, 7);
  });

  const kept: Array<[title: string, markdown: string, code: string[]]> = [
    ['on a line', 'a `<b>` b', ['<b>']],
    ['with backticks in it', '``a ` <b>``', ['a ` <b>']],
    ['on each line', '- `<x>` and `<y>`\n- ``<z>``', ['<x>', '<y>', '<z>']],
    ['between fences', '```xml\n<x>\n\n<y>\n```', ['<x>\n\n<y>\n']],
    ['between fences of tildes, with backticks', '~~~ a\n```\n<x>\n~~~', ['```\n<x>\n']],
    ['between fences with an info string', '```{r x="1"}\n<x>\n````', ['<x>\n']],
    ['without a tag, over several lines', 'Give it `rows of\nx < 1`.', ['rows of x < 1']],
    ['without a tag, in a cell', '| a |\n| - |\n| `x <= 1` |', ['x <= 1']],
  ];
  for (const [title, markdown, code] of kept) {
    it(`keeps code ${title}`, () => {
      const harmless = harmlessMarkdown(markdown);
      assert.deepEqual(codeIn(harmless), code, harmless);
      assert.deepEqual(codeIn(markdown), code);
    });
  }

  const shown: Array<[title: string, markdown: string, code: string[]]> = [
    ['over several lines', 'a `<x>\ny`', ['&lt;x> y']],
    ['in a cell', '| a |\n| - |\n| `<x>` |', ['&lt;x>']],
    ['beside an address', '`<x>` of https://e.org', ['&lt;x>']],
    ['between fences in a list', '1. a\n\n   ```\n   <x>\n\n   <y>\n   ```\n2. b', ['&lt;x>\n\n&lt;y>\n']],
    ['between fences in a quotation', '> ```\n> <x>\n> ```', ['&lt;x>\n']],
  ];
  for (const [title, markdown, code] of shown) {
    it(`keeps code as code ${title}, where readers differ, and writes its tags as text`, () => {
      assert.deepEqual(codeIn(harmlessMarkdown(markdown)), code);
    });
  }

  it('takes time in proportion to the text', () => {
    // One of them took minutes where each line is compared with all that follow.
    for (const piece of ['```a\n', '  ```a\n', '  ~~~\n', '\\', '](', ']:', '[', '<', '` `` ``` '])
      assert.equal(typeof harmlessMarkdown(piece.repeat(50_000)), 'string');
  });

  it('leaves what is harmless as it is', () => {
    const text =
      '# A\n\n- **b** `c` <https://e.org/a?b>\n  > d\n\n| e |\n| - |\n| 1 < 2 |\n\n~~f~~ \\` &lt;b>\n\n~~~\n<x>\n~~~';
    assert.equal(harmlessMarkdown(text), text);
    assert.equal(harmlessMarkdown('\\<b> \\\\<b>'), '&lt;b> \\\\&lt;b>');
  });

  it('ends a fence that is left open, so that what follows is read', () => {
    for (const open of [
      '```\n<x>',
      '~~~~ a\n<x>',
      '  ```\n<x>',
      '- a\n\n  ```\n  <x>',
      '> ```\n> <x>',
      '- ```\n  ```\n  x\n  ```',
      '2) ```\n   ```',
      'a `b',
    ]) {
      const types = tokensOf(`${harmlessMarkdown(open)}\n\n## End`).map(({ type }) => type);
      assert.ok(types.includes('heading_open'), open);
    }
  });

  it('is harmless whatever it is made of', () => {
    const tokens = ['`', '``', '```', '~~~', '~', '\n', '\n\n', ' ', '  ', '   ', '    ', '\t', '\u00a0', '\f', '\v', '- ', '1. ', '> ', '# ', '|', '\\', 'a', tag, '<b>', '</b>', '<!--', '-->', '<https://e.org>', 'https://e.org/', '[a](', '[a]: ', ')', '[', ']', 'javascript:a', '$', '\n| - | - |\n', '---', '===']; // prettier-ignore
    const starts = ['', '', ' ', '  ', '   ', '    ', '- ', '1. ', '> ', '- - ', '> - ', '- > ', '\t', '\u00a0', '\f'];
    const bodies = ['```', '```', '~~~', '````', '', tag, `\`${tag}\``, '`', '|', '| - | - |', '| a | b |', '---'];
    const ends = ['', '', '', ' ', '\t', '\u00a0', '\f', '\v', 'js', ' a`b', '`', '~', '|'];
    const texts = fc.oneof(
      fc.array(fc.constantFrom(...tokens), { maxLength: 40 }).map((parts) => parts.join('')),
      fc
        .array(fc.tuple(fc.constantFrom(...starts), fc.constantFrom(...bodies), fc.constantFrom(...ends)), {
          maxLength: 12,
        })
        .map((lines) => lines.map((line) => line.join('')).join('\n')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const harmless = harmlessMarkdown(text);
        assert.deepEqual(htmlIn(harmless), [], harmless);
        for (const link of linksIn(harmless))
          assert.doesNotMatch(String(link.attrGet('href')), /^javascript:/, harmless);
        const whole = tokensOf(`${harmless}\n\n## End`);
        assert.ok(whole.some(({ type, content }) => type === 'inline' && content === 'End'), harmless); // prettier-ignore
      }),
      { numRuns: 2000, seed: 18 },
    );
  });
});
