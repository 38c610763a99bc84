import { inBoxTask } from './inBoxTask';
import { powerShellFile, runScript, scriptFile } from './script';

const preferences = ['warning', 'information', 'verbose', 'debug', 'progress'].map((name) => `${name}Preference`);

export const powerShell = inBoxTask({
  id: 'e213ff0f-5d5c-4791-802d-52ea3e7be1f1',
  name: 'PowerShell',
  version: 2,
  description: 'Runs a PowerShell script, from a file or inline, by pwsh.',
  inputs: [
    { name: 'targetType', defaultValue: 'filePath' },
    { name: 'filePath', type: 'filePath', required: true, visibleRule: 'targetType = filePath' },
    { name: 'arguments' },
    { name: 'script', required: true, visibleRule: 'targetType = inline' },
    { name: 'errorActionPreference', defaultValue: 'stop' },
    ...preferences.map((name) => ({
      name,
      defaultValue: name === 'progressPreference' ? 'silentlyContinue' : 'default',
    })),
    { name: 'failOnStderr', defaultValue: 'false' },
    { name: 'showWarnings', defaultValue: 'false' },
    { name: 'ignoreLASTEXITCODE', defaultValue: 'false' },
    { name: 'pwsh', defaultValue: 'false' },
    { name: 'workingDirectory', type: 'filePath' },
    { name: 'runScriptInSeparateScope', defaultValue: 'false' },
  ],
  async run(step) {
    const { inputs } = step;
    const body = inputs.is('targetType', 'filePath')
      ? powerShellFile(scriptFile(step, 'filePath'), inputs.text('arguments'))
      : inputs.script('script');
    const chosen = ['errorActionPreference', ...preferences].filter((name) => !inputs.is(name, 'default'));
    const settings = chosen.map((name) => `$${name[0]!.toUpperCase()}${name.slice(1)} = '${inputs.text(name)}'`);
    const exit = inputs.flag('ignoreLASTEXITCODE')
      ? []
      : ['if (Test-Path -LiteralPath variable:\\LASTEXITCODE) { exit $LASTEXITCODE }'];
    const text = [...settings, body, ...exit].join('\n');
    const workingDirectory = inputs.text('workingDirectory');
    await runScript(step, { shell: 'pwsh', text, workingDirectory, failOnStderr: inputs.flag('failOnStderr') });
  },
});
