import path from 'node:path';
import { parseArgs } from 'node:util';
import {
  directoriesOf,
  main,
  readPullRequest,
  readSecrets,
  readSet,
  runHelp,
  runOptions,
  withPullRequestNumber,
} from './commandLine';
import { root } from './installation';
import { runLocally } from './localRun';

const help = `npm run quickstart [-- options]

Trains, judges, packages, deploys and tests a model on this machine: it runs examples/quickstart/azure-pipelines.yml
against local Azure. The first run creates Python environments, which takes a few minutes.

${runHelp}`;

main(async () => {
  const { values } = parseArgs({
    args: withPullRequestNumber(process.argv.slice(2)),
    options: { ...runOptions, help: { type: 'boolean' } },
  });
  if (values.help) {
    console.log(help);
    return 0;
  }
  return runLocally({
    file: path.join(root, 'examples', 'quickstart', 'azure-pipelines.yml'),
    directories: directoriesOf(values),
    set: readSet(values.set),
    secrets: readSecrets(values.secret),
    skipTasks: values['skip-task'],
    variablesFile: values.variables,
    pullRequest: readPullRequest(values['pull-request']),
    timestamps: values.timestamps,
  });
});
