import assert from 'node:assert/strict';
import { findEntryScriptProblems } from '../../../tasks/PackageImage/plan/entryScript';

const good = 'import json\n\ndef init():\n    pass\n\ndef run(raw_data):\n    return 1\n';

describe('the entry script', () => {
  for (const [title, source] of Object.entries({
    'functions at the top': good,
    'asynchronous helpers': 'async def help():\n  pass\ndef init(): pass\ndef run(data): pass\n',
    'imported functions': 'from serving import init, run\n',
    'functions imported over several lines': 'from serving import (\n    init,\n    run,\n)\n',
    'everything imported': 'from serving import *\n',
    'functions under try':
      'try:\n    import x\nexcept ImportError:\n    x = None\nif x:\n    def init(): pass\n    def run(data): pass\n',
    'a decorated function with typed arguments over lines':
      'def init(): pass\n@schema(\n  "a"\n)\ndef run(\n    data: str,\n    params=None,\n) -> dict:\n    return {}\n',
    'both assigned at once': 'import m\ninit, run = m.init, m.run\n',
    'both assigned in brackets over lines': '(\n  init,\n  run,\n) = make()\n',
    'names for one function': 'first = init = lambda: None\nif serving: run: Callable[[str], str] = serving.run\n',
    'names from import, with and for': 'import m as init\nfor run in [m.run]: pass\n',
    'names in its namespace': 'for name in ("init", "run"):\n    globals()[name] = getattr(m, name)\n',
    'names that a function makes global':
      'def setup():\n    global init, run\n    init, run = m.init, m.run\nsetup()\n',
    'a bracket that never closes, for the self-test': 'def init(): pass\n\ndef run(raw_data: str:\n    return 1\n',
    assignments: 'init = lambda: None\nrun = serving.run\n',
    'Windows line ends': good.replace(/\n/g, '\r\n'),
  })) {
    it(`is accepted with ${title}`, () => assert.deepEqual(findEntryScriptProblems(source), []));
  }

  it('must have init()', () => {
    assert.deepEqual(findEntryScriptProblems('def run(data):\n    pass\n'), [
      'has no function init() at its top level. The server calls it once to load the model.',
    ]);
  });

  for (const [title, source] of Object.entries({
    'in a comment': '# def run(data):\ndef init(): pass\n',
    'in a docstring': '"""\ndef run(data):\n    pass\n"""\ndef init(): pass\n',
    'in a class': 'def init(): pass\nclass Model:\n    def run(self, data):\n        pass\n',
    'in a function': 'def init():\n    def run(data):\n        pass\n',
    'compared, not assigned': 'def init(): pass\nrun == 1\n',
    'called, not assigned': 'def init(): pass\nrun(data, check=True)\nserver.run(app, port=1)\n',
    'taken under another name': 'from m import init, run as go\n',
    'as an argument': 'def init(): pass\ndef main(run, times=1): pass\n',
  })) {
    it(`does not take a run() ${title} for one`, () => {
      assert.deepEqual(findEntryScriptProblems(source), [
        'has no function run() at its top level. The server calls it for each request.',
      ]);
    });
  }

  it('must take the request, and by name', () => {
    assert.match(findEntryScriptProblems('def init(): pass\ndef run(): pass\n')[0]!, /takes no argument/);
    assert.match(
      findEntryScriptProblems('def init(): pass\ndef run(data, **more): pass\n')[0]!,
      /\*args or \*\*kwargs/,
    );
  });
});
