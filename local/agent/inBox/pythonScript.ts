import { writeFileSync } from 'node:fs';
import { inBoxTask } from './inBoxTask';
import { findProgram, programOnPath, runProgram } from './program';
import { bashFile, scriptFile, temporaryFile } from './script';

export const pythonScript = inBoxTask({
  id: '6392f95f-7e76-4a18-b3c7-7f078d2f7700',
  name: 'PythonScript',
  version: 0,
  description: 'Runs a Python script, from a file or inline.',
  inputs: [
    { name: 'scriptSource', defaultValue: 'filePath' },
    { name: 'scriptPath', type: 'filePath', required: true, visibleRule: 'scriptSource = filePath' },
    { name: 'script', required: true, visibleRule: 'scriptSource = inline' },
    { name: 'arguments' },
    { name: 'pythonInterpreter' },
    { name: 'workingDirectory', type: 'filePath' },
    { name: 'failOnStderr', defaultValue: 'false' },
  ],
  async run(step) {
    const { inputs, environment } = step;
    const fallback = programOnPath('python', environment) ? 'python' : 'python3';
    const python = inputs.text('pythonInterpreter') || findProgram(fallback, environment);
    let file: string;
    if (inputs.is('scriptSource', 'inline')) {
      file = temporaryFile(step, 'py');
      writeFileSync(file, inputs.script('script'));
    } else file = scriptFile(step, 'scriptPath');
    // Bash splits the arguments as the task does.
    const command = bashFile(file, inputs.text('arguments')).replace(
      /^exec bash/,
      `exec '${python.replaceAll("'", "'\\''")}'`,
    );
    step.context.write(`##[command]${command.replace(/^exec /, '')}`);
    await runProgram(step, {
      name: 'python',
      file: findProgram('bash', environment),
      args: ['-c', command],
      cwd: inputs.text('workingDirectory'),
      failOnStderr: inputs.flag('failOnStderr'),
    });
  },
});
