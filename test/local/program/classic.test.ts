import assert from 'node:assert/strict';
import { classicPlan } from '../../../local/agent/classic/classicPlan';
import { builtTasks } from '../../../local/agent/pipeline/taskCatalog';
import { ensureBuiltTasks } from '../../../local/agent/builtTasks';

describe('a classic pipeline of the extension', function () {
  this.timeout(120_000);
  before(() => ensureBuiltTasks());
  const chosen = { azureSubscription: 'a-connection', workspace: 'a-workspace' };

  it('is a build with what the user chooses from the lists, or those that the user sets', () => {
    const plan = classicPlan('build', { tasks: builtTasks(), chosen, set: { modelName: 'mine', compute: 'other' } });
    const { steps, variables } = plan.stages[0]!.jobs[0]!;
    assert.deepEqual(
      steps.map(({ name, displayName, condition }) => [name, displayName, condition]),
      [
        ['Get_sources', 'Get sources', undefined],
        ['train', 'Train', undefined],
        ['evaluate', 'Evaluate', undefined],
        ['package', 'Package image', undefined],
        ['Publish_the_record', 'Publish the record', 'succeeded()'],
        [
          'Publish_the_record_of_a_failed_attempt',
          'Publish the record of a failed attempt',
          "and(failed(), ne(variables['mlops.recordFile'], ''))",
        ],
      ],
    );
    const train = steps[1]!.action;
    assert.ok(train.kind === 'task');
    const { azureSubscription, workspace, modelName } = train.inputs;
    assert.deepEqual([azureSubscription, workspace, modelName], ['a-connection', 'a-workspace', 'mine']);
    assert.equal(variables.find(({ name }) => name === 'compute')!.value, 'other');
    assert.deepEqual(plan.warnings, []);
  });

  it('is a release stage, whose open connections are chosen', () => {
    const { steps } = classicPlan('release', { tasks: builtTasks(), chosen, set: {} }).stages[0]!.jobs[0]!;
    const connections = steps.map(({ action }) => action.kind === 'task' && action.inputs.azureSubscription);
    assert.deepEqual(connections, ['a-connection', 'a-connection']);
  });

  it('refuses a name that the template does not have', () => {
    assert.throws(
      () => classicPlan('build', { tasks: builtTasks(), chosen, set: { nosuch: '1' } }),
      /The classic build template has no nosuch to set\. It has: azureSubscription, .*metricThreshold/,
    );
  });
});
