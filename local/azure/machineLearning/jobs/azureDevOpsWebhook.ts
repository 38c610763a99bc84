/** A task of Azure DevOps that waits for a job's end. Its fields are in no specification; Microsoft's documentation has them. */
export interface AzureDevOpsWebhook {
  webhookType: string;
  eventType: string;
  planUri: string;
  projectId: string;
  hubName: string;
  planId: string;
  jobId: string;
  timelineId: string;
  taskInstanceId: string;
  authToken: string;
}
