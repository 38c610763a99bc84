import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import sinon from 'sinon';
import type { JobAssets } from '../../../tasks/common/azure/ml/jobs/rest/jobAssets';
import { readJobFile } from '../../../tasks/common/azure/ml/jobs/specification/jobFile';
import { restJob } from '../../../tasks/common/azure/ml/jobs/rest/restJob';

/** Answers with what it was asked, and remembers the components. */
class EchoAssets implements JobAssets {
  readonly components: Array<Record<string, unknown>> = [];
  code = async (reference: string) => `code(${reference})`;
  environment = async (specification: unknown) =>
    typeof specification === 'string' ? specification : `environment(${JSON.stringify(specification)})`;
  pipelineCompute = async (reference: string) => `pipelineCompute(${reference.replace('azureml:', '')})`;
  compute = async (reference: string) => `compute(${reference.replace('azureml:', '')})`;
  data = async (reference: string, type: string) => `${type}(${reference})`;
  component = async (reference: string) => `component(${reference})`;
  anonymousComponent = async (specification: Record<string, unknown>) => {
    this.components.push(JSON.parse(JSON.stringify(specification)) as Record<string, unknown>);
    return `component ${this.components.length - 1}`;
  };
}

describe('Train: job files', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(path.join(os.tmpdir(), 'job-file-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const write = (name: string, text: string) => {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  };
  const convert = async (text: string) => {
    const assets = new EchoAssets();
    const { spec, source } = readJobFile(write('job.yml', text));
    const body = await restJob(spec, source, assets);
    return { body: JSON.parse(JSON.stringify(body)) as Record<string, unknown>, components: assets.components };
  };

  it('sends variables and tags as they were written', async () => {
    const { body } = await convert(`
command: a
environment: b
environment_variables: &all {A: 1.0, B: 1e-3, C: true, D: yes, E: 0x1F, F: ~, G: "1.0", H: 2024-01-01}
tags: *all
inputs: {tags: 1.0}
`);
    const written = { A: '1.0', B: '1e-3', C: 'true', D: 'yes', E: '0x1F', F: '', G: '1.0', H: '2024-01-01' };
    assert.deepEqual([body.environmentVariables, body.tags], [written, written]);
    const sweep = `
type: sweep
trial: {command: a, environment: b, environment_variables: {A: 1.0}}
objective: {goal: minimize, primary_metric: m}
search_space: {tags: {type: uniform, min_value: 0.10, max_value: 1}}
`;
    sinon.assert.match((await convert(sweep)).body, {
      trial: { environmentVariables: { A: '1.0' } },
      searchSpace: { tags: ['uniform', [0.1, 1]] },
    });
  });

  it('says how a model is registered, where an output has a name', () => {
    for (const keys of ['name: my-model, version: "3"', 'name: my-model', 'version: "3"']) {
      const file = write('job.yml', `command: a\nenvironment: b\noutputs:\n  m: {type: mlflow_model, ${keys}}\n`);
      assert.throws(
        () => readJobFile(file),
        /^TaskFailure: job.yml, line 4, outputs\.m\.(name|version): .*cannot register.*modelName/,
      );
    }
  });

  // What azure-ai-ml 1.35.2 sends for the same YAML, apart from ids, empty objects and the spelling of durations.
  it('sends a command job as azure-ai-ml does', async () => {
    const { body } = await convert(`
command: echo \${{inputs.d}}
code: ./src
environment: {image: python}
environment_variables: {A: '1', B: 2}
resources: {instance_count: 2, instance_type: X, shm_size: 2g, docker_args: '--x', properties: {a: {b: 1}}}
distribution: {type: mpi, process_count_per_instance: 2}
limits: {timeout: 900}
identity: {type: managed, client_id: 00000000-0000-0000-0000-000000000001}
queue_settings: {job_tier: spot}
services: {s: {type: ssh, ssh_public_keys: k, nodes: all}, c: {type: tensor_board, log_dir: x, port: 9}}
tags: {t: v}
inputs:
  d: {type: uri_folder, path: 'azureml:foo:1', mode: download}
  b: true
  f: 1.0
  e: 1e-5
outputs:
  o: {type: mlflow_model, path: azureml://datastores/x/paths/y, mode: rw_mount}
  n:
`);
    assert.deepEqual(body, {
      jobType: 'Command',
      tags: { t: 'v' },
      identity: { identityType: 'Managed', clientId: '00000000-0000-0000-0000-000000000001' },
      services: {
        s: { jobServiceType: 'SSH', nodes: { nodesValueType: 'All' }, properties: { sshPublicKeys: 'k' } },
        c: { jobServiceType: 'TensorBoard', port: 9, properties: { logDir: 'x' } },
      },
      inputs: {
        d: { jobInputType: 'uri_folder', uri: 'uri_folder(azureml:foo:1)', mode: 'Download' },
        b: { jobInputType: 'literal', value: 'True' },
        f: { jobInputType: 'literal', value: '1.0' },
        e: { jobInputType: 'literal', value: '1e-5' },
      },
      outputs: {
        o: { jobOutputType: 'mlflow_model', uri: 'azureml://datastores/x/paths/y', mode: 'ReadWriteMount' },
        n: { jobOutputType: 'uri_folder' },
      },
      command: 'echo ${{inputs.d}}',
      environmentId: 'environment({"image":"python"})',
      codeId: 'code(./src)',
      environmentVariables: { A: '1', B: '2' },
      distribution: { distributionType: 'Mpi', processCountPerInstance: 2 },
      resources: {
        instanceCount: 2,
        instanceType: 'X',
        shmSize: '2g',
        dockerArgs: '--x',
        properties: { a: { b: 1 } },
      },
      limits: { jobLimitsType: 'Command', timeout: 'PT900S' },
      queueSettings: { jobTier: 'Spot' },
    });
  });

  it('sends a sweep as azure-ai-ml does', async () => {
    const { body } = await convert(`
type: sweep
trial: {command: "echo \${{inputs.i}} \${{search_space.z}}", code: ./src, environment: 'azureml:e:1', resources: {instance_count: 2}, distribution: {type: tensorflow, worker_count: 2, parameter_server_count: 1}}
inputs: {i: 1}
outputs: {o: {type: uri_file, path: azureml://datastores/x/paths/q}}
compute: azureml:c
search_space: {z: {type: quniform, min_value: 0, max_value: 1, q: 0.1}, n: {type: normal, mu: 0, sigma: 1}, r: {type: randint, upper: 4}, c: {type: choice, values: [1, 2]}}
sampling_algorithm: {type: random, seed: 3, rule: sobol}
objective: {goal: maximize, primary_metric: m}
early_termination: {type: truncation_selection, truncation_percentage: 20, evaluation_interval: 2, delay_evaluation: 1}
limits: {max_total_trials: 3, trial_timeout: 60, timeout: 90}
identity: {type: user_identity}
`);
    assert.deepEqual(body, {
      jobType: 'Sweep',
      computeId: 'compute(c)',
      identity: { identityType: 'UserIdentity' },
      inputs: { i: { jobInputType: 'literal', value: '1' } },
      outputs: { o: { jobOutputType: 'uri_file', uri: 'azureml://datastores/x/paths/q' } },
      trial: {
        command: 'echo ${{inputs.i}} ${{search_space.z}}',
        environmentId: 'azureml:e:1',
        codeId: 'code(./src)',
        distribution: { distributionType: 'TensorFlow', workerCount: 2, parameterServerCount: 1 },
        resources: { instanceCount: 2 },
      },
      searchSpace: {
        z: ['quniform', [0, 1, 0.1]],
        n: ['normal', [0, 1]],
        r: ['randint', [4]],
        c: ['choice', [[1, 2]]],
      },
      samplingAlgorithm: { samplingAlgorithmType: 'Random', seed: 3, rule: 'Sobol' },
      objective: { goal: 'Maximize', primaryMetric: 'm' },
      earlyTermination: {
        policyType: 'TruncationSelection',
        evaluationInterval: 2,
        delayEvaluation: 1,
        truncationPercentage: 20,
      },
      limits: { jobLimitsType: 'Sweep', maxTotalTrials: 3, timeout: 'PT90S', trialTimeout: 'PT60S' },
    });
  });

  it('sends a pipeline as azure-ai-ml does: nodes refer to components, bindings are literals', async () => {
    write(
      'use.yml',
      'name: use\ntype: command\ninputs: {t: {type: uri_folder}, f: {type: number, default: 1.0}}\noutputs: {r: {type: uri_file}}\ncommand: cat ${{inputs.t}}\ncode: ./src\nenvironment: azureml:e:1\n',
    );
    const { body, components } = await convert(`
type: pipeline
settings: {default_compute: 'azureml:cpu', continue_on_step_failure: true, default_datastore: 'azureml:ds'}
inputs: {d: {type: mltable, path: 'azureml:foo:1'}, lr: 0.10}
outputs: {o: {type: mlflow_model, mode: upload}}
jobs:
  a:
    command: echo \${{inputs.d}} \${{inputs.lr}} \${{inputs.m}}
    environment: {image: python}
    resources: {instance_count: 2}
    distribution: {type: pytorch, process_count_per_instance: 2}
    limits: {timeout: 900}
    inputs: {d: "\${{parent.inputs.d}}", lr: "\${{parent.inputs.lr}}", m: {type: uri_file, path: "\${{parent.inputs.d}}", mode: download}, n: 3}
    outputs: {o: "\${{parent.outputs.o}}", p: {type: uri_file, mode: upload}, q: }
  b:
    component: ./use.yml
    compute: azureml:gpu
    inputs: {t: "\${{parent.jobs.a.outputs.p}}"}
  c: {component: 'azureml:known:2', inputs: {x: true}}
`);
    const jobs = body.jobs as Record<string, Record<string, unknown>>;
    assert.deepEqual(body.settings, {
      continue_on_step_failure: true,
      default_compute: 'pipelineCompute(cpu)',
      default_datastore: 'ds',
      _source: 'YAML.JOB',
    });
    assert.deepEqual(body.inputs, {
      d: { jobInputType: 'mltable', uri: 'mltable(azureml:foo:1)' },
      lr: { jobInputType: 'literal', value: '0.10' },
    });
    assert.deepEqual(jobs.a, {
      name: 'a',
      type: 'command',
      inputs: {
        d: { job_input_type: 'literal', value: '${{parent.inputs.d}}' },
        lr: { job_input_type: 'literal', value: '${{parent.inputs.lr}}' },
        m: { job_input_type: 'literal', value: '${{parent.inputs.d}}', mode: 'Download' },
        n: { job_input_type: 'literal', value: '3' },
      },
      outputs: {
        o: { type: 'literal', value: '${{parent.outputs.o}}' },
        p: { job_output_type: 'uri_file', mode: 'Upload' },
      },
      distribution: { distribution_type: 'PyTorch', process_count_per_instance: 2 },
      resources: { instance_count: 2 },
      limits: { job_limits_type: 'Command', timeout: 'PT900S' },
      _source: 'YAML.JOB',
      componentId: 'component 0',
    });
    assert.equal(jobs.b!.computeId, 'pipelineCompute(gpu)');
    assert.equal(jobs.b!.componentId, 'component 1');
    assert.equal(jobs.c!.componentId, 'component(azureml:known:2)');
    assert.deepEqual(components[0]!.inputs, {
      d: { type: 'mltable' },
      lr: { type: 'number' },
      m: { type: 'uri_file' },
      n: { type: 'integer' },
    });
    assert.deepEqual(components[0]!.outputs, {
      o: { type: 'mlflow_model' },
      p: { type: 'uri_file' },
      q: { type: 'uri_folder' },
    });
    assert.deepEqual(components[1]!.inputs, { t: { type: 'uri_folder' }, f: { type: 'number', default: '1.0' } });
    assert.equal(components[1]!.code, 'code(./src)');
  });

  const refused: Array<[string, string, RegExp]> = [
    ['no YAML', 'command: [', /job\.yml, line 1, column \d+: this is not valid YAML/],
    ['no mapping', '- a', /does not contain a job/],
    ['another kind of job', 'type: automl', /line 1, type: jobs of the type "automl" are not supported/],
    [
      'a list as its kind',
      'type: [command]\ncommand: a\nenvironment: b',
      /line 1, type: jobs of a type that is a list/,
    ],
    ['a mapping as its kind', 'type: {a: b}', /line 1, type: jobs of a type that is a mapping are not supported/],
    ['a kind that JavaScript knows', 'type: constructor', /line 1, type: jobs of the type "constructor" are not/],
    [
      'a node whose kind is a mapping',
      'type: pipeline\njobs:\n  a:\n    type: {b: c}',
      /line 4, jobs\.a\.type: nodes of a type that is a mapping are not supported/,
    ],
    ['a key that does not exist', 'command: a\nenvironment: b\ncomput: c', /line 3, comput: .*Did you mean compute\?/],
    ['a missing key', 'command: a', /the key "environment" is missing/],
    [
      'a wrong type of input',
      'command: a\nenvironment: b\ninputs:\n  x: {type: uri_fodler, path: y}',
      /line 4, inputs\.x\.type: "uri_fodler" is not one of .*Did you mean uri_folder\?/,
    ],
    [
      'a distribution that JavaScript knows',
      'type: sweep\ntrial: {command: a, environment: b}\nsampling_algorithm: grid\nobjective: {goal: maximize, primary_metric: m}\nsearch_space:\n  x: {type: constructor}',
      /line 6, search_space\.x\.type: "?constructor"? is not one of choice/,
    ],
    [
      'a distribution without its parameter',
      'type: sweep\ntrial: {command: a, environment: b}\nsampling_algorithm: grid\nobjective: {goal: maximize, primary_metric: m}\nsearch_space:\n  x: {type: uniform, min_value: 0}',
      /line 6, search_space\.x: the key "max_value" is missing/,
    ],
    [
      'a search space that the sampling cannot take',
      'type: sweep\ntrial: {command: a, environment: b}\nsampling_algorithm: grid\nobjective: {goal: maximize, primary_metric: m}\nsearch_space:\n  x: {type: choice, values: [1]}\n  y:\n    type: uniform\n    min_value: 0\n    max_value: 1',
      /line 8, search_space\.y\.type: sampling_algorithm grid takes choice, not uniform/,
    ],
    [
      'a node of another kind',
      'type: pipeline\njobs:\n  a:\n    type: spark',
      /line 4, jobs\.a\.type: nodes of the type "spark" are not supported/,
    ],
    [
      'a value that the command has no name for',
      'command: echo ${{outputs.model}}\nenvironment: b',
      /line 1, command: it uses \$\{\{outputs\.model\}\}, but there is no "model" under outputs/,
    ],
  ];
  const pipeline = (node: string) =>
    `type: pipeline\ninputs: {rows: 1}\njobs:\n  first: {command: a, environment: b, outputs: {o: }}\n  second:\n    environment: b\n${node}`;
  refused.push(
    [
      'a binding to an input that the pipeline has not',
      pipeline('    command: a\n    inputs:\n      x: ${{parent.inputs.rowz}}\n'),
      /line 9, jobs\.second\.inputs\.x: the pipeline has no input "rowz"/,
    ],
    [
      'a binding to a node that is not there',
      pipeline('    command: a\n    inputs:\n      x: {path: "${{parent.jobs.frist.outputs.o}}"}\n'),
      /line 9, jobs\.second\.inputs\.x: the pipeline has no node "frist"/,
    ],
    [
      'a binding to an output that its node has not',
      pipeline('    command: a\n    inputs:\n      x: ${{parent.jobs.first.outputs.p}}\n'),
      /line 9, jobs\.second\.inputs\.x: the node "first" has no output "p"/,
    ],
    [
      'a binding to an output that the pipeline has not',
      pipeline('    command: a\n    outputs:\n      x: ${{parent.outputs.x}}\n'),
      /line 9, jobs\.second\.outputs\.x: the pipeline has no output "x"/,
    ],
    [
      "a node's command that uses what the node has not",
      pipeline('    command: echo ${{inputs.rows}}\n'),
      /line 7, jobs\.second\.command: it uses \$\{\{inputs\.rows\}\}/,
    ],
  );
  refused.push(
    [
      'a name that an input cannot have',
      'command: a\nenvironment: b\ninputs:\n  learning-rate: 1',
      /line 4, inputs\.learning-rate: the name may have letters, digits and _ only/,
    ],
    [
      'a name that a node cannot have',
      'type: pipeline\njobs:\n  Train-it: {command: a, environment: b}',
      /line 3, jobs\.Train-it: the name may have small letters/,
    ],
    [
      'shared memory without a unit',
      'command: a\nenvironment: b\nresources:\n  shm_size: 2',
      /line 4, resources\.shm_size: it must be a number and its unit/,
    ],
    [
      'a service on one node only',
      'command: a\nenvironment: b\nservices:\n  s: {type: ssh, nodes: "0"}',
      /line 4, services\.s\.nodes: "0" is not one of all/,
    ],
  );
  for (const [what, text, message] of refused) {
    it(`refuses ${what}, and says where`, () => {
      assert.throws(() => readJobFile(write('job.yml', text)), message);
    });
  }

  it('refuses a component file with its own line', async () => {
    write('use.yml', 'name: use\ntype: command\ncommand: a\nenvironment: b\nimputs: {}\n');
    await assert.rejects(
      convert('type: pipeline\njobs:\n  a: {component: ./use.yml, compute: c}\n'),
      /use\.yml, line 5, imputs: this key is not known here\. Did you mean inputs\?/,
    );
  });

  it('refuses a component file whose command uses what it does not declare', async () => {
    write('use.yml', 'name: use\ntype: command\nenvironment: b\ncommand: a ${{inputs.x}}\n');
    await assert.rejects(
      convert('type: pipeline\njobs:\n  a: {component: "file:use.yml", compute: c}\n'),
      /use\.yml, line 4, command: it uses \$\{\{inputs\.x\}\}/,
    );
  });

  it('takes an environment from a file of its own, whose paths start there', async () => {
    write('environments/env.yml', 'name: mine\nimage: python\nconda_file: conda.yml\n');
    const { spec, source } = readJobFile(write('job.yml', 'command: a\nenvironment: file:environments/env.yml\n'));
    const assets = new EchoAssets();
    const environment = sinon.spy(assets, 'environment');
    await restJob(spec, source, assets);
    assert.deepEqual(environment.args, [
      [
        { name: 'mine', image: 'python', conda_file: 'conda.yml' },
        { directory: path.join(folder, 'environments'), place: 'env.yml' },
      ],
    ]);
    write('environments/env.yml', 'image: python\nconda: conda.yml\n');
    await assert.rejects(restJob(spec, source, assets), /env\.yml, line 2, conda: this key is not known here/);
  });

  it('refuses a node for which there is no compute, but not where the pipeline has one', async () => {
    const text = 'type: pipeline\njobs:\n  a: {command: a, environment: b}\n';
    await assert.rejects(convert(text), /line 3, jobs\.a: the node has no compute/);
    for (const given of ['compute: c', 'settings: {default_compute: azureml:serverless}']) {
      await convert(`${text}${given}\n`);
    }
  });

  it('reads yes, no, on and off as az ml does, and takes a sweep without a sampling algorithm', async () => {
    const { body } = await convert('command: a\nenvironment: b\ninputs: {a: yes, b: Off, c: "yes", y: n, e: 1e3}\n');
    const inputs = body.inputs as Record<string, { value: string }>;
    assert.deepEqual(
      Object.entries(inputs).map(([name, { value }]) => `${name}=${value}`),
      ['a=True', 'b=False', 'c=yes', 'y=n', 'e=1e3'],
    );
    const sweep = await convert(
      'type: sweep\ntrial: {command: a, environment: b}\nobjective: {goal: Minimize, primary_metric: m}\nsearch_space: {x: {type: choice, values: [1]}}\n',
    );
    assert.deepEqual(sweep.body.samplingAlgorithm, { samplingAlgorithmType: 'Random' });
    assert.deepEqual(sweep.body.objective, { goal: 'Minimize', primaryMetric: 'm' });
  });

  it('takes what is left out where an optional input has no value', () => {
    const { spec } = readJobFile(write('job.yml', 'command: echo $[[--x ${{inputs.x}}]]\nenvironment: b\n'));
    assert.equal(spec.type, 'command');
  });
});
