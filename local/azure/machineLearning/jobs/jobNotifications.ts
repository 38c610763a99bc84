import { invalid } from '../mlError';
import type { RunStatus } from '../runs/runStore';
import { messageOf } from '../../../messageOf';
import type { AzureDevOpsWebhook } from './azureDevOpsWebhook';
import type { Job, JobStore } from './jobStore';

const fields = [
  ...['webhookType', 'eventType', 'planUri', 'projectId', 'hubName', 'planId'],
  ...['jobId', 'timelineId', 'taskInstanceId', 'authToken'],
] as const;

/** As the service ends a task: it takes the job's own status for the task's result. */
const results: Partial<Record<RunStatus, string>> = { Completed: 'succeeded', Canceled: 'canceled' };

/**
 * `PATCH` of a job: whom to tell of its end, beside those that are there. Names are read without case, as the documentation
 * writes them. Whether the service calls back for a job that had ended before is not documented; here it does not.
 */
export function addWebhooks(jobs: JobStore, job: Job, body: unknown): void {
  const given = part(part(part(body, 'properties'), 'notificationSetting'), 'webhooks');
  if (typeof given !== 'object' || given === null) throw invalid("The request body has no 'notificationSetting'.");
  const added = Object.entries(given).map(([name, value]) => [name, readWebhook(name, value)] as const);
  jobs.put({ ...job, webhooks: { ...job.webhooks, ...Object.fromEntries(added) } });
}

function readWebhook(name: string, value: unknown): AzureDevOpsWebhook {
  const webhook = Object.fromEntries(fields.map((field) => [field, part(value, field)]));
  const missing = fields.filter((field) => typeof webhook[field] !== 'string' || webhook[field] === '');
  if (missing.length > 0) throw invalid(`The webhook ${name} has no ${missing.join(', ')}.`);
  if (webhook.webhookType !== 'AzureDevOps') throw invalid(`The webhook ${name} has an unknown type.`);
  return webhook as unknown as AzureDevOpsWebhook;
}

function part(holder: unknown, name: string): unknown {
  if (typeof holder !== 'object' || holder === null) return undefined;
  return Object.entries(holder).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
}

/** As a GET shows them: the specification knows of these two fields, and a token is never shown. */
export function shownWebhooks({ webhooks = {} }: Job) {
  const shown = Object.entries(webhooks).map(
    ([name, { webhookType, eventType }]) => [name, { webhookType, eventType }] as const,
  );
  return { emails: null, emailOn: null, webhooks: Object.fromEntries(shown) };
}

/**
 * Tells each waiting task of Azure DevOps that the job has ended. Source: learn.microsoft.com,
 * azure/devops/pipelines/process/invoke-checks, "TaskCompleted".
 */
export function tellOfEnd({ webhooks = {}, name }: Job, status: RunStatus, log: (line: string) => void): void {
  for (const { planUri, projectId, hubName, planId, jobId, taskInstanceId, authToken } of Object.values(webhooks)) {
    const url = `${planUri.replace(/\/?$/, '/')}${projectId}/_apis/distributedtask/hubs/${hubName}/plans/${planId}/events?api-version=2.0-preview.1`;
    const event = { name: 'TaskCompleted', taskId: taskInstanceId, jobId, result: results[status] ?? 'failed' };
    void fetch(url, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`:${authToken}`).toString('base64')}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify(event),
    }).then(
      (response) => response.ok || log(`Job ${name}: Azure DevOps answered ${response.status} to its end.`),
      (error: unknown) => log(`Job ${name}: Azure DevOps could not be told of its end: ${messageOf(error)}`),
    );
  }
}
