import assert from 'node:assert/strict';
import { join } from 'node:path';
import { shapeProblems } from '../../scripts/shape';
import { readJson, readTask, root, taskFolders, type TaskHandler, type TaskManifest } from '../../scripts/taskManifest';
import { referenceProblems, taskProblems, uniquenessProblems } from '../../scripts/validateTask';

interface PublishedNames {
  [task: string]: { inputs: string[]; outputs: string[] };
}

const published = readJson<PublishedNames>(join(__dirname, 'names.json'));

describe('task.json', () => {
  for (const folder of taskFolders()) {
    describe(folder, () => {
      const task = readTask(folder);

      it('is what the agent and the designer expect', () => {
        assert.deepEqual(taskProblems(join(root, 'tasks', folder)), []);
      });

      it('keeps every name that was published, and publishes none unawares', () => {
        const names = {
          inputs: task.inputs.map((input) => input.name).sort(),
          outputs: (task.outputVariables ?? []).map((output) => output.name).sort(),
        };
        assert.deepEqual(
          names,
          published[task.name],
          'A published name stays for ever; a new one goes into names.json.',
        );
      });
    });
  }

  it('keeps every task that was published', () => {
    const names = taskFolders().map((folder) => readTask(folder).name);
    assert.deepEqual(names.sort(), Object.keys(published).sort());
  });

  it('has ids and names of its own for each task', () => {
    assert.deepEqual(uniquenessProblems(taskFolders().map((folder) => readTask(folder))), []);
  });
});

describe('The check of task.json', () => {
  const valid: Omit<TaskManifest, 'execution'> & { execution: Record<string, TaskHandler> } & Record<string, unknown> =
    {
      id: '00000000-0000-4000-8000-000000000000',
      name: 'Sample',
      friendlyName: 'Sample',
      description: 'A task.',
      helpMarkDown: 'Help.',
      category: 'Utility',
      author: 'An author',
      visibility: ['Build'],
      runsOn: ['Agent'],
      version: { Major: 1, Minor: 0, Patch: 0 },
      minimumAgentVersion: '3.232.1',
      instanceNameFormat: 'Sample $(place)',
      groups: [{ name: 'more', displayName: 'More', isExpanded: false }],
      inputs: [
        {
          name: 'connection',
          label: 'Connection',
          type: 'connectedService:AzureRM',
          required: true,
          helpMarkDown: 'Help.',
        },
        {
          name: 'place',
          label: 'Place',
          type: 'pickList',
          required: true,
          helpMarkDown: 'Help.',
          properties: { EditableOptions: 'True' },
        },
        {
          name: 'mode',
          label: 'Mode',
          type: 'radio',
          required: true,
          helpMarkDown: 'Help.',
          defaultValue: 'inline',
          options: { inline: 'Inline', file: 'File' },
        },
        {
          name: 'file',
          label: 'File',
          type: 'filePath',
          required: false,
          helpMarkDown: 'Help.',
          groupName: 'more',
          visibleRule: 'mode = file',
        },
      ],
      dataSourceBindings: [
        {
          target: 'place',
          endpointId: '$(connection)',
          endpointUrl: '{{{endpoint.url}}}/subscriptions?api-version=2022-12-01',
          resultSelector: 'jsonpath:$.value[*].name',
        },
      ],
      outputVariables: [],
      execution: { Node20_1: { target: 'main.js' }, Node24: { target: 'main.js' } },
    };
  type Sample = typeof valid;
  const input = (task: Sample, name: string): Record<string, unknown> =>
    task.inputs.find((each) => each.name === name) as unknown as Record<string, unknown>;

  it('finds nothing wrong with a right one', () => {
    assert.deepEqual([...shapeProblems('task', valid), ...referenceProblems(valid)], []);
  });

  const defects: Array<[string, (task: Sample) => void, RegExp]> = [
    [
      'a handler that no agent knows',
      (task) => (task.execution = { ...task.execution, Node24_1: { target: 'main.js' } }),
      /Node24_1/,
    ],
    ['a missing handler', (task) => delete (task.execution as Record<string, unknown>).Node24, /Node24/],
    [
      'two different targets',
      (task) => (task.execution.Node24 = { target: 'other.js' }),
      /different files: main.js, other.js/,
    ],
    ['an unknown property', (task) => (task.demand = []), /'demand'/],
    ['a friendly name over 40 characters', (task) => (task.friendlyName = 'x'.repeat(41)), /friendlyName/],
    ['an id that is not a GUID', (task) => (task.id = 'MLOpsTrain'), /id/],
    ['a version in text', (task) => (task.version = { Major: '1', Minor: 0, Patch: 0 } as never), /Major/],
    ['an input type in wrong case', (task) => (input(task, 'mode').type = 'picklist'), /type/],
    ['a number as default', (task) => (input(task, 'mode').defaultValue = 4), /defaultValue/],
    ['a default that is not an option', (task) => (input(task, 'mode').defaultValue = 'none'), /'none' is not among/],
    ['required in text', (task) => (input(task, 'mode').required = 'true'), /required/],
    ['an input without help', (task) => delete input(task, 'mode').helpMarkDown, /helpMarkDown/],
    ['a name with a dot', (task) => (input(task, 'mode').name = 'the.mode'), /name/],
    ['names that differ only in case', (task) => (input(task, 'file').name = 'MODE'), /MODE: the name stands twice/],
    ['an unknown group', (task) => (input(task, 'file').groupName = 'less'), /no group less/],
    ['an empty group', (task) => delete input(task, 'file').groupName, /group more: no input/],
    ['a rule on an unknown input', (task) => (input(task, 'file').visibleRule = 'kind = file'), /unknown input kind/],
    [
      'a rule on an impossible value',
      (task) => (input(task, 'file').visibleRule = 'mode = files'),
      /'files', which it never is/,
    ],
    ['parentheses in a rule', (task) => (input(task, 'file').visibleRule = '(mode = file)'), /parentheses/],
    [
      'a rule that mixes operators',
      (task) => (input(task, 'file').visibleRule = 'mode = file && place = a || place = b'),
      /mixes/,
    ],
    [
      'a rule that is not a comparison',
      (task) => (input(task, 'file').visibleRule = 'mode == file'),
      /is not a comparison/,
    ],
    ['a list that nothing fills', (task) => (task.dataSourceBindings = []), /place: nothing fills its list/],
    ['a bound list that takes no variable', (task) => delete input(task, 'place').properties, /EditableOptions/],
    ['a binding to an unknown input', (task) => (task.dataSourceBindings![0]!.target = 'town'), /no such input/],
    [
      'a binding with an unknown variable',
      (task) => (task.dataSourceBindings![0]!.resultSelector = '$(town)'),
      /\$\(town\) is not an input/,
    ],
    [
      'an instance name that ends in a blank where an input is left empty',
      (task) =>
        Object.assign(
          task.inputs.find(({ name }) => name === 'place')!,
          { required: false },
        ),
      /\$\(place\) may be empty/,
    ],
    [
      'a binding through no connection',
      (task) => (task.dataSourceBindings![0]!.endpointId = '$(mode)'),
      /not a service connection/,
    ],
    [
      'a binding to a foreign host',
      (task) => (task.dataSourceBindings![0]!.endpointUrl = 'https://example.org/x'),
      /endpointUrl/,
    ],
    [
      'an unknown input in the instance name',
      (task) => (task.instanceNameFormat = '$(town)'),
      /\$\(town\) is not an input/,
    ],
  ];
  for (const [defect, make, expected] of defects) {
    it(`finds ${defect}`, () => {
      const task = structuredClone(valid);
      make(task);
      assert.match([...shapeProblems('task', task), ...referenceProblems(task)].join('\n'), expected);
    });
  }

  describe('of one that the server runs', () => {
    const execute = {
      EndpointId: '$(connection)',
      EndpointUrl: '$(endpoint.url)subscriptions/{{subscriptionId}}/places/$(place)',
      Method: 'GET',
      Body: '',
      Headers: '{"Authorization": "Bearer $(system.AccessToken)"}',
      WaitForCompletion: 'false',
      Expression: "eq(root['name'], '$(mode)')",
    };
    const { minimumAgentVersion: _, outputVariables: __, ...rest } = valid;
    const server: ServerTask = {
      ...structuredClone(rest),
      runsOn: ['Server', 'ServerGate'],
      inputs: valid.inputs.filter(({ name }) => name !== 'file'),
      groups: [],
      execution: { HttpRequest: { Execute: execute } },
    };
    type ServerTask = TaskManifest & { execution: { HttpRequest: { Execute: Record<string, string> } } };
    const request = (task: ServerTask) => task.execution.HttpRequest.Execute;
    const problems = (task: TaskManifest) => [...shapeProblems('task', task), ...referenceProblems(task)].join('\n');

    it('finds nothing wrong with a right one', () => assert.equal(problems(server), ''));

    const wrong: Array<[string, (task: ServerTask) => void, RegExp]> = [
      ['an unknown name', (task) => (request(task).Body = '{"a": "$(town)"}'), /town is neither an input nor/],
      ['an unknown name in Mustache', (task) => (request(task).Body = '"{{#if town}}{{/if}}"'), /town is neither/],
      ['an input without use', (task) => (request(task).Expression = 'eq(1, 1)'), /input mode: the request does not/],
      ['a body that is not JSON', (task) => (request(task).Body = '{'), /Body is not JSON/],
      ['a foreign host', (task) => (request(task).EndpointUrl = 'https://example.org/'), /EndpointUrl/],
      ['a gate without an expression', (task) => (request(task).Expression = ''), /a gate is asked again/],
      ['a gate that waits', (task) => (request(task).WaitForCompletion = 'true'), /a gate is asked again/],
      ['a handler of an agent', (task) => (task.execution = valid.execution as never), /HttpRequest/],
      ['an output variable', (task) => (task.outputVariables = []), /outputVariables/],
      ['an agent beside the server', (task) => task.runsOn.push('Agent'), /runsOn/],
    ];
    for (const [defect, make, expected] of wrong) {
      it(`finds ${defect}`, () => {
        const task = structuredClone(server);
        make(task);
        assert.match(problems(task), expected);
      });
    }
  });

  it('finds two tasks with one id', () => {
    assert.deepEqual(uniquenessProblems([valid, { ...valid, name: 'Other' }]), [
      `the id ${valid.id} is used by two tasks`,
    ]);
  });
});
