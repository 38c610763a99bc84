import { inBoxTask } from './inBoxTask';
import { bashFile, runScript, scriptFile } from './script';

export const bash = inBoxTask({
  id: '6c731c3c-3c68-459a-a5c9-bde6e6595b5b',
  name: 'Bash',
  version: 3,
  description: 'Runs a Bash script, from a file or inline.',
  inputs: [
    { name: 'targetType', defaultValue: 'filePath' },
    { name: 'filePath', type: 'filePath', required: true, visibleRule: 'targetType = filePath' },
    { name: 'arguments' },
    { name: 'script', required: true, visibleRule: 'targetType = inline' },
    { name: 'workingDirectory', type: 'filePath' },
    { name: 'failOnStderr', defaultValue: 'false' },
    { name: 'bashEnvValue' },
  ],
  async run(step) {
    const { inputs, environment } = step;
    if (inputs.text('bashEnvValue') !== '') environment.BASH_ENV = inputs.text('bashEnvValue');
    const text = inputs.is('targetType', 'filePath')
      ? bashFile(scriptFile(step, 'filePath'), inputs.text('arguments'))
      : inputs.script('script');
    const workingDirectory = inputs.text('workingDirectory');
    await runScript(step, { shell: 'bash', text, workingDirectory, failOnStderr: inputs.flag('failOnStderr') });
  },
});
