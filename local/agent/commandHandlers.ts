import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { escapeCommandText, looksLikeCommand, parseLoggingCommand, type LoggingCommand } from './loggingCommand';
import type { HostType, StepContext } from './stepContext';
import { mergeTaskResults, parseTaskResult } from './taskResult';
import { isReadOnlyName } from './readOnlyVariables';
import { publishTestRun } from './publishTestRun';
import { isSystemConnection } from './taskEnvironment';
import { tagBuild } from './organization/buildTags';
import type { Variables } from './variables';
import { messageOf } from '../messageOf';

type Handler = (context: StepContext, command: LoggingCommand) => void;

interface Area {
  hosts: HostType[];
  handlers: Record<string, Handler>;
}

const everyHost: HostType[] = ['build', 'release'];

/** Commands that a task may still use which restricts itself (`restrictions.commands.mode`). */
const allowedWhenRestricted = new Set([
  'task.logdetail',
  'task.logissue',
  'task.issue',
  'task.complete',
  'task.setprogress',
  'task.setsecret',
  'task.setvariable',
  'task.debug',
  'task.settaskvariable',
  'task.prependpath',
  'telemetry.publish',
]);

/** What each logging command does; sources: TaskCommandExtension.cs and its kin for build, release, artifact and results. */
const areas: Record<string, Area> = {
  task: {
    hosts: everyHost,
    handlers: {
      logissue: logIssue,
      issue: logIssue,
      setprogress: (context, { properties, data }) => {
        context.setProgress(/^\s*[+-]?\d+\s*$/.test(properties.value ?? '') ? Number(properties.value) : 0, data);
      },
      logdetail: logDetail,
      complete,
      setsecret: (context, { data }) => {
        if (data !== '') context.options.masker.add(data);
      },
      setvariable: setVariable,
      settaskvariable: setTaskVariable,
      debug: (context, { data }) => context.debug(data),
      addattachment: (context, { properties, data }) => {
        attach(context, required(properties.type, 'type'), required(properties.name, 'name'), data);
      },
      uploadsummary: uploadSummary,
      uploadfile: (context, { data }) => {
        attach(context, 'Distributedtask.Core.FileAttachment', path.basename(required(data, 'file')), data);
      },
      setendpoint: setEndpoint,
      prependpath: (context, { data }) => {
        const folder = required(data, 'path');
        if (!maySet(context, 'path')) return;
        // A folder that comes again moves to the front.
        const { prependPath } = context.options;
        prependPath.splice(0, prependPath.length, folder, ...prependPath.filter((known) => known !== folder));
      },
    },
  },
  artifact: {
    hosts: everyHost,
    handlers: {
      upload: uploadArtifact,
      associate: (context, { properties, data }) => {
        build(context);
        required(properties.artifactname, 'artifactname');
        const type = properties.artifacttype ?? inferArtifactType(data);
        if (type.toLowerCase() !== 'filepath' && context.options.hostType !== 'build') {
          throw new Error(`Associating server artifact is not supported in ${context.options.hostType}.`);
        }
      },
    },
  },
  build: {
    hosts: everyHost,
    handlers: {
      uploadlog: (context, { data }) => {
        if (!existsSync(data)) throw new Error(`Log file does not exist: ${data}`);
        context.attachments.push({ type: 'Distributedtask.Core.Log', name: 'CustomToolLog', path: data });
      },
      uploadsummary: uploadSummary,
      updatebuildnumber: (context, { data }) => {
        build(context);
        context.options.variables.set('Build.BuildNumber', required(data, 'build number'));
      },
      addbuildtag: (context, { data }) => {
        build(context);
        tagBuild(context, required(data, 'build tag'));
      },
    },
  },
  release: {
    hosts: ['release'],
    handlers: {
      updatereleasename: (context, { data }) => {
        context.options.variables.set('Release.ReleaseName', required(data, 'release name'));
      },
    },
  },
  results: { hosts: everyHost, handlers: { publish: publishResults } },
  telemetry: { hosts: everyHost, handlers: { publish: () => {} } },
  codecoverage: { hosts: ['build'], handlers: { publish: () => {}, enable: () => {} } },
};

/**
 * Obeys the logging command that a line holds, by the rules of the step's host. False if the line has none, so that it
 * belongs to the log. Never throws: whatever goes wrong in a command is an error of the step (WorkerCommandManager).
 */
export function obeyCommand(context: StepContext, line: string): boolean {
  const { variables, hostType } = context.options;
  const unescapePercents = variables.get('DECODE_PERCENTS')?.toLowerCase() !== 'false';
  const command = parseLoggingCommand(line, unescapePercents);
  if (!command) {
    if (looksLikeCommand(line)) {
      context.unreadable.push(line);
      context.warning(`'${line}' contains logging command keyword '##vso', but it's not a legal command.`);
    }
    return false;
  }
  context.commands.push(command);
  const [areaName, event] = [command.area.toLowerCase(), command.event.toLowerCase()];
  const area = areas[areaName];
  if (!area) {
    context.warning(`Cannot find command extension for ##vso[${command.area}.command].`);
    return true;
  }
  if (!area.hosts.includes(hostType)) {
    context.error(`${command.area} commands are not supported for ${hostType} flow.`);
    context.commandResult = 'failed';
    return false;
  }
  try {
    const handler = area.handlers[event];
    if (!handler) throw new Error(`##vso[${command.area}.${command.event}] is not a recognized command.`);
    const restricted = context.options.task?.restrictions?.commands?.mode?.toLowerCase() === 'restricted';
    if (restricted && !allowedWhenRestricted.has(`${areaName}.${event}`)) {
      context.warning(
        `##vso[${command.area}.${command.event}] is not allowed in this step due to policy restrictions.`,
      );
    } else {
      handler(context, command);
    }
  } catch (error) {
    context.error(`Unable to process command '${line}' successfully.`);
    context.error(messageOf(error));
    context.commandResult = 'failed';
  }
  if (`${areaName}.${event}` !== 'task.debug') context.debug(`Processed: ${line}`);
  return true;
}

function required(value: string | undefined, what: string): string {
  if (value === undefined || value === '') throw new Error(`The command needs a value for ${what}.`);
  return value;
}

function flag(properties: Record<string, string>, name: string): boolean {
  return properties[name]?.trim().toLowerCase() === 'true';
}

/** Commands about a build need one; a release has it when its primary artifact is a build. */
function build(context: StepContext): void {
  for (const name of ['System.TeamProjectId', 'Build.BuildId']) required(context.options.variables.get(name), name);
}

function logIssue(context: StepContext, { properties, data }: LoggingCommand): void {
  const type = properties.type?.toLowerCase();
  if (type === undefined) {
    context.warning("Can't create TaskIssue from logging event.");
    return;
  }
  if (type !== 'error' && type !== 'warning') throw new Error(`issue type ${type} is not an expected issue type.`);
  const { sourcepath, linenumber = '', columnnumber = '', code = '' } = properties;
  const place = sourcepath ? `${sourcepath}(${linenumber},${columnnumber}): ${type} ${code}: ` : '';
  context.addIssue({ type, message: place + data, data: properties });
}

function logDetail(context: StepContext, { properties }: LoggingCommand): void {
  const id = required(properties.id, 'id').toLowerCase();
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id) || /^[0-]+$/.test(id)) {
    throw new Error(`'${id}' is not a GUID, which the id of a timeline record must be.`);
  }
  const known = context.details.get(id);
  const parentId = properties.parentid?.toLowerCase();
  if (parentId !== undefined) checkParent(context, parentId, known);
  const { name, type, state = 'InProgress', result } = { ...known, ...properties };
  context.details.set(id, {
    id,
    parentId: parentId ?? known?.parentId,
    name: required(name, 'name'),
    type: required(type, 'type'),
    state,
    result,
    progress: properties.progress === undefined ? known?.progress : Number(properties.progress),
  });
}

function checkParent(context: StepContext, parentId: string, known: { parentId?: string } | undefined): void {
  if (known && parentId !== known.parentId) throw new Error('Cannot change the parent of a timeline record.');
  if (!known && !context.details.has(parentId)) throw new Error('The parent timeline record has not been created.');
}

function complete(context: StepContext, { properties, data }: LoggingCommand): void {
  const result = parseTaskResult(properties.result ?? '');
  if (result === undefined) throw new Error("Command doesn't have valid result value.");
  context.result = mergeTaskResults(context.result, result);
  context.setProgress(100, data);
  if (flag(properties, 'done')) context.markCompleted();
}

function refuseMultiline(context: StepContext, secret: boolean, value: string): void {
  const allowed = context.options.variables.get('SYSTEM_UNSAFEALLOWMULTILINESECRET')?.toLowerCase() === 'true';
  if (secret && value.includes('\n') && !allowed) throw new Error('Secrets cannot contain multiple lines');
}

/** Warns instead of refusing, as an agent does until its readonly feature is switched on. */
function checkWritable(context: StepContext, variables: Variables, name: string): void {
  const isPredefined = variables === context.options.variables && isReadOnlyName(name);
  if (!isPredefined && !variables.isReadOnly(name)) return;
  const refuse = context.options.variables.get('agent.readOnlyVariables')?.toLowerCase() === 'true';
  if (refuse) throw new Error(`Overwriting readonly variable '${name}' is not permitted.`);
  context.warning(`Overwriting readonly variable '${name}'. This behavior will be disabled in the future.`);
}

function setVariable(context: StepContext, { properties, data }: LoggingCommand): void {
  const name = required(properties.variable, 'variable');
  const secret = flag(properties, 'issecret');
  checkWritable(context, context.options.variables, name);
  refuseMultiline(context, secret, data);
  if (secret) {
    context.options.masker.add(data);
    context.options.masker.add(escapeCommandText(data));
  }
  if (!maySet(context, name)) return;
  context.setVariable(name, data, {
    secret,
    output: flag(properties, 'isoutput'),
    readOnly: flag(properties, 'isreadonly'),
    preserveCase: flag(properties, 'preservecase'),
  });
}

/** Whether the task's own restrictions let it set a variable, or `path`; without a list of names none may be set. */
function maySet(context: StepContext, name: string): boolean {
  const settable = context.options.task?.restrictions?.settableVariables;
  if (!settable || (settable.allowed ?? []).some((pattern) => matches(pattern, name))) return true;
  context.warning(`'${name}' is not allowed to be set in this step due to policy restrictions.`);
  return false;
}

function matches(pattern: string, name: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 'i').test(name);
}

function setTaskVariable(context: StepContext, { properties, data }: LoggingCommand): void {
  const name = required(properties.variable, 'variable');
  const secret = flag(properties, 'issecret');
  checkWritable(context, context.options.taskVariables, name);
  refuseMultiline(context, secret, data);
  if (secret) context.options.masker.add(data);
  context.options.taskVariables.set(name, data, {
    secret,
    readOnly: flag(properties, 'isreadonly'),
    preserveCase: flag(properties, 'preservecase'),
  });
}

function setEndpoint(context: StepContext, { properties, data }: LoggingCommand): void {
  required(data, 'the endpoint');
  const field = required(properties.field, 'field').toLowerCase();
  if (field === 'authparameter') context.options.masker.add(data);
  const id = required(properties.id, 'id');
  const endpoint = context.options.endpoints.find((known) => known.id.toLowerCase() === id.toLowerCase());
  if (!endpoint) throw new Error(`The service connection ${id} is not declared in this job.`);
  if (isSystemConnection(endpoint)) {
    context.warning(`Modification of system endpoint '${endpoint.name}' is not allowed via setendpoint command.`);
  } else if (field === 'url') {
    endpoint.url = new URL(data).href;
  } else if (field === 'dataparameter') {
    endpoint.data[required(properties.key, 'key')] = data;
  } else if (field === 'authparameter') {
    endpoint.auth.parameters[required(properties.key, 'key')] = data;
  } else {
    throw new Error(`Field ${field} is neither url, dataParameter nor authParameter.`);
  }
}

function attach(context: StepContext, type: string, name: string, file: string): void {
  for (const [what, value] of Object.entries({ Type: type, Name: name })) {
    if (/[/\0]/.test(value)) throw new Error(`${what} contains invalid characters.`);
  }
  if (!existsSync(file) || !statSync(file).isFile()) {
    throw new Error(`Cannot upload task attachment file: ${file || 'its location is not specified'} does not exist.`);
  }
  context.attachments.push({ type, name, path: file });
}

function uploadSummary(context: StepContext, { data }: LoggingCommand): void {
  const file = required(data, 'file');
  attach(context, 'Distributedtask.Core.Summary', path.basename(file), file);
  context.summaries.push({ path: file, text: readFileSync(file, 'utf8') });
}

function uploadArtifact(context: StepContext, { properties, data }: LoggingCommand): void {
  build(context);
  const name = required(properties.artifactname, 'artifactname');
  const source = required(data, 'the artifact location');
  if (context.options.hostType !== 'build') {
    throw new Error(`Uploading server artifact is not supported in ${context.options.hostType}.`);
  }
  if (!existsSync(source)) throw new Error(`Path does not exist: ${source}`);
  if (statSync(source).isDirectory() && readdirSync(source, { recursive: true }).length === 0) {
    context.warning(`Directory '${source}' is empty. Nothing will be added to build artifact '${name}'.`);
    return;
  }
  context.artifacts.push({ name, containerFolder: properties.containerfolder || name, path: path.resolve(source) });
}

function inferArtifactType(location: string): string {
  if (location.startsWith('\\\\')) return 'FilePath';
  if (location.startsWith('$/')) return 'VersionControl';
  if (location.startsWith('#')) return 'Container';
  throw new Error(`Unable to resolve artifact type for '${location}'.`);
}

function publishResults(context: StepContext, { properties, data }: LoggingCommand): void {
  const list = data.trim() !== '' ? data : required(properties.resultfiles, 'resultFiles');
  const type = required(properties.type, 'type');
  if (type.toLowerCase() !== 'junit') throw new Error(`Test results of type ${type} cannot be read here; use JUnit.`);
  publishTestRun(context, {
    files: list.split(',').map((file) => file.trim()),
    title: properties.runtitle ?? '',
    failOnFailedTests: flag(properties, 'failtaskonfailedtests'),
  });
}
