import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';
import { readTask, root, taskFolders, type TaskManifest } from '../../scripts/taskManifest';

/** Phrases of docs/glossary.md that a search finds without taking a good sentence for a bad one. */
const foreign: Array<[phrase: RegExp, instead: string]> = [
  [/\banew\b/i, 'again'],
  [/\bis told\b|\btells of\b/i, 'is reported, reports'],
  [/\bstands in the (?!way\b)|\bstands? beside\b/i, 'is in the'],
  [/\bis no valid\b/i, 'is not a valid'],
  [/\bwhoever\b/i, 'anyone who'],
  [/\brightly\b/i, 'correctly'],
  [/\bleft empty:/i, 'leave it empty to'],
  [/\band the like\b/i, 'and so on'],
  [/\bone a line\b|\ba line: `/i, 'per line'],
];

/** Everything of task.json that a user reads, by where it stands. */
function taskTexts(task: TaskManifest): Array<[place: string, text: string]> {
  const of = (place: string, ...texts: Array<string | undefined>): Array<[string, string]> =>
    texts.filter((text) => text !== undefined).map((text) => [place, text]);
  return [
    ...of('the task', task.friendlyName, task.description, task.helpMarkDown, task.instanceNameFormat),
    ...(task.groups ?? []).flatMap(({ name, displayName }) => of(`the group ${name}`, displayName)),
    ...task.inputs.flatMap(({ name, label, helpMarkDown, options }) =>
      of(name, label, helpMarkDown, ...Object.values(options ?? {})),
    ),
    ...(task.outputVariables ?? []).flatMap(({ name, description }) => of(name, description)),
  ];
}

const foreignIn = (text: string, phrases = foreign): string[] =>
  phrases.flatMap(([phrase, instead]) => {
    const found = phrase.exec(text.replace(/\s+/g, ' '));
    return found ? [`"${found[0]}": write "${instead}"`] : [];
  });

/** Of messages only: in a guide a word for this may be right. */
const foreignInMessages: typeof foreign = [
  ...foreign,
  [/\b(some|no|every)body\b/i, 'someone, no one, everyone'],
  [/\bbeforehand\b/i, 'in advance, before'],
  [/\bholds? (no|not|another)\b|\bmay hold\b/i, 'has no, contains'],
  [/\b(takes?|taking) up the job\b/i, 'follows the job'],
  [/\buntil Azure knows\b/i, 'until it comes into effect'],
];

/** The sentences in the code of a task, with the line of each. */
function sentencesOf(file: string): Array<[line: number, text: string]> {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest);
  const found: Array<[number, string]> = [];
  const visit = (node: ts.Node): void => {
    if (
      (ts.isStringLiteralLike(node) ||
        ts.isTemplateHead(node) ||
        ts.isTemplateMiddle(node) ||
        ts.isTemplateTail(node)) &&
      node.text.includes(' ')
    )
      found.push([source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1, node.text]);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

describe('The language of what users read', () => {
  for (const folder of taskFolders()) {
    it(`of ${folder}'s form is that of docs/glossary.md`, () => {
      const found = taskTexts(readTask(folder)).flatMap(([place, text]) =>
        foreignIn(text).map((each) => `${place}: ${each}`),
      );
      assert.deepEqual(found, []);
    });

    it(`of ${folder}'s form has whole sentences: help ends with a full stop or a link`, () => {
      const cut = readTask(folder)
        .inputs.filter(({ helpMarkDown }) => !/[.)`]$/.test(helpMarkDown ?? ''))
        .map(({ name }) => name);
      assert.deepEqual(cut, []);
    });
  }

  const pages = ['README.md', 'SUPPORT.md', 'SECURITY.md', 'CHANGELOG.md', 'docs/decisions/README.md'];
  const guides = readdirSync(join(root, 'docs', 'guides')).map((file) => join(root, 'docs', 'guides', file));
  for (const file of [...pages.map((name) => join(root, name)), ...guides]) {
    it(`of ${relative(root, file)} is that of docs/glossary.md`, () =>
      assert.deepEqual(foreignIn(readFileSync(file, 'utf8')), []));
  }

  it('of the messages is that of docs/glossary.md', () => {
    const files = ['tasks', 'views'].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .map((name) => join(root, folder, name)),
    );
    const found = files.flatMap((file) =>
      sentencesOf(file).flatMap(([line, text]) =>
        foreignIn(text, foreignInMessages).map((each) => `${relative(root, file)}:${line} ${each}`),
      ),
    );
    assert.deepEqual(found, []);
  });
});
