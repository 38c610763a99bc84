import { inBoxTask } from './inBoxTask';
import { runScript } from './script';

export const commandLine = inBoxTask({
  id: 'd9bafed4-0b18-4f58-968d-86655b4d2ce9',
  name: 'CmdLine',
  version: 2,
  description: 'Runs a script by Bash.',
  inputs: [
    { name: 'script', required: true },
    { name: 'workingDirectory', type: 'filePath' },
    { name: 'failOnStderr', defaultValue: 'false' },
  ],
  async run(step) {
    const { inputs } = step;
    const workingDirectory = inputs.text('workingDirectory');
    const failOnStderr = inputs.flag('failOnStderr');
    await runScript(step, { shell: 'bash', text: inputs.script('script'), workingDirectory, failOnStderr });
  },
});
