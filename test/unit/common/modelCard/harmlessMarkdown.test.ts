import assert from 'node:assert/strict';
import fc from 'fast-check';
import MarkdownIt from 'markdown-it';
import { harmlessMarkdown } from '../../../../tasks/common/modelCard/harmlessMarkdown';

/** A reader that takes HTML for HTML. */
const reader = new MarkdownIt({ html: true });

function tokensOf(markdown: string) {
  return reader.parse(markdown, {}).flatMap((token) => [token, ...(token.children ?? [])]);
}

const htmlIn = (markdown: string) => tokensOf(markdown).filter(({ type }) => type.startsWith('html'));
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
    ['a comment, a declaration and an instruction', '<!-- x -->\n<!DOCTYPE x>\n<?php x ?>\n<![CDATA[x]]>'],
  ];
  for (const [title, markdown] of attacks) {
    it(`has no HTML by ${title}`, () => {
      const harmless = harmlessMarkdown(markdown);
      assert.deepEqual(htmlIn(harmless), [], harmless);
    });
  }

  const kept: Array<[title: string, markdown: string, code: string[]]> = [
    ['on a line', 'a `<b>` b', ['<b>']],
    ['with backticks in it', '``a ` <b>``', ['a ` <b>']],
    ['over several lines', 'Give it `rows of\n<x>` and `<y>\n  or more\n  <z>`.', ['rows of <x>', '<y> or more <z>']],
    ['over several lines of an item', '- a `<x>\n  y`\n- b', ['<x> y']],
    ['between fences', '```xml\n<x>\n\n<y>\n```', ['<x>\n\n<y>\n']],
    ['between fences of tildes, with backticks', '~~~ a`b\n```\n<x>\n~~~', ['```\n<x>\n']],
    ['between fences in a list', '1. a\n\n   ```\n   <x>\n\n   <y>\n   ```\n2. b', ['<x>\n\n<y>\n']],
    ['in a cell', '| a |\n| - |\n| `<x>` |', ['<x>']],
  ];
  for (const [title, markdown, code] of kept) {
    it(`keeps code ${title}`, () => {
      const harmless = harmlessMarkdown(markdown);
      assert.deepEqual(codeIn(harmless), code, harmless);
      assert.deepEqual(code, codeIn(markdown).map((each) => (each.includes('\n') ? each : each.replace(/ +/g, ' ')))); // prettier-ignore
    });
  }

  it('leaves what is harmless as it is', () => {
    const text =
      '# A\n\n- **b** `c` <https://e.org/a?b>\n  > d\n\n| e |\n| - |\n| 1 < 2 |\n\n~~f~~ \\` \\<b>\n\n~~~\n<x>\n~~~';
    assert.equal(harmlessMarkdown(text).replace('\\&lt;', '\\<'), text);
  });

  it('ends a fence that is left open, so that what follows is read', () => {
    for (const open of ['```\n<x>', '~~~~ a\n<x>', '  ```\n<x>', '- a\n\n  ```\n  <x>', '> ```\n> <x>', 'a `b']) {
      const types = tokensOf(`${harmlessMarkdown(open)}\n\n## End`).map(({ type }) => type);
      assert.ok(types.includes('heading_open'), open);
    }
  });

  it('is harmless whatever it is made of', () => {
    const pieces = ['`', '``', '```', '~~~', '\n', '\n\n', ' ', '  ', '   ', '    ', '- ', '1. ', '> ', '# ', '|', '\\', 'a', tag, '<b>', '</b>', '<!--', '-->', '<https://e.org>', '[a](', ')', '\n| - | - |\n', '---', '===']; // prettier-ignore
    const texts = fc.array(fc.constantFrom(...pieces), { maxLength: 40 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(texts, (text) => {
        const harmless = harmlessMarkdown(text);
        assert.deepEqual(htmlIn(harmless), [], harmless);
        const whole = tokensOf(`${harmless}\n\n## End`);
        assert.ok(whole.some(({ type, content }) => type === 'inline' && content === 'End'), harmless); // prettier-ignore
      }),
      { numRuns: 2000, seed: 18 },
    );
  });
});
