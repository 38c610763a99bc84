import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { getLanguageService, parse, TextDocument, type JSONSchema } from 'azure-pipelines-language-service';
import { readJson, readTask, root, taskFolders } from './taskManifest';
import { withTasks } from './yamlTaskSchema';

/** Azure Pipelines' YAML schema, as its editor uses it; undefined where this machine has none. */
export function schemaFile(): string | undefined {
  const file = process.env.PIPELINES_SCHEMA ?? join(root, '..', 'shared', 'pipelines-schema', 'service-schema.json');
  return existsSync(file) ? file : undefined;
}

/** A check of YAML pipelines against the schema and this project's tasks: resolves to what is wrong, with its line. */
export function pipelineValidator(schemaPath: string): (text: string) => Promise<string[]> {
  const tasks = taskFolders().map((folder) => readTask(folder));
  const schema = withTasks(readJson<JSONSchema>(schemaPath), tasks);
  const uri = 'file:///pipelines-schema.json';
  const service = getLanguageService(
    async () => schema,
    [],
    async () => uri,
  );
  service.configure({ validate: true });
  return async (text) => {
    const document = TextDocument.create('file:///azure-pipelines.yml', 'azure-pipelines', 1, text);
    const problems = await service.doValidation(document, parse(text));
    const lines = text.split('\n');
    return problems.map(({ range: { start }, message }) => {
      // Without the list of all tasks that there are.
      const [what] = (typeof message === 'string' ? message : message.value).split(' Valid values:');
      return `line ${start.line + 1}, ${lines[start.line]!.trim()}: ${what}`;
    });
  };
}
