/** A service connection as the server hands it to the agent. Source: facts on the agent's Handlers/Handler.cs and azure-arm-rest. */
export interface ServiceEndpoint {
  id: string;
  name: string;
  type: string;
  /** For AzureRM: the resource manager URL. */
  url: string;
  auth: { scheme: string; parameters: Record<string, string> };
  data: Record<string, string>;
}
