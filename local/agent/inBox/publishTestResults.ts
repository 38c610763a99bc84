import path from 'node:path';
import { publishTestRun } from '../publishTestRun';
import { filesIn, match } from './filePatterns';
import { inBoxTask } from './inBoxTask';

export const publishTestResults = inBoxTask({
  id: '0b0f01ed-7dde-43ff-9cbb-e48954daf9b1',
  name: 'PublishTestResults',
  version: 2,
  description: 'Shows test results of JUnit files with the run.',
  inputs: [
    { name: 'testRunner', aliases: ['testResultsFormat'], defaultValue: 'JUnit', required: true },
    { name: 'testResultsFiles', defaultValue: '**/TEST-*.xml', required: true },
    { name: 'searchFolder', defaultValue: '$(System.DefaultWorkingDirectory)' },
    { name: 'mergeTestResults', defaultValue: 'false' },
    { name: 'failTaskOnFailedTests', defaultValue: 'false' },
    { name: 'failTaskOnFailureToPublishResults', defaultValue: 'false' },
    { name: 'failTaskOnMissingResultsFile', defaultValue: 'false' },
    { name: 'testRunTitle' },
    { name: 'platform', aliases: ['buildPlatform'] },
    { name: 'configuration', aliases: ['buildConfiguration'] },
    { name: 'publishRunAttachments', defaultValue: 'true' },
  ],
  refusal: (inputs) =>
    inputs.is('testRunner', 'JUnit')
      ? undefined
      : `test results of the format ${inputs.text('testRunner')} cannot be read here; JUnit can (pytest --junitxml=TEST-results.xml).`,
  async run({ context, inputs, folder }) {
    const searchFolder = path.resolve(folder, inputs.text('searchFolder'));
    const files = match(filesIn(searchFolder), inputs.lines('testResultsFiles'), searchFolder);
    if (files.length === 0) {
      const message = `No test result files matching '${inputs.lines('testResultsFiles').join(', ')}' were found in ${searchFolder}.`;
      if (inputs.flag('failTaskOnMissingResultsFile')) throw new Error(message);
      context.warning(message);
      return;
    }
    const title = inputs.text('testRunTitle');
    const runs = inputs.flag('mergeTestResults') ? [files] : files.map((file) => [file]);
    for (const [index, group] of runs.entries()) {
      const run = publishTestRun(context, {
        files: group,
        // Several runs of one title are told apart by a number.
        title: title && runs.length > 1 ? `${title}_${index + 1}` : title,
        failOnFailedTests: inputs.flag('failTaskOnFailedTests'),
      });
      context.write(`Published ${run.cases.length} tests of ${group.join(', ')}`);
    }
  },
});
