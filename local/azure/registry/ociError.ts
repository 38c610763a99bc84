/** An error answered in the OCI distribution specification's shape: {"errors":[{code,message,detail}]}. */
export class OciError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly detail: unknown = null,
    readonly headers: Record<string, string> = {},
  ) {
    super(message);
  }

  body(): { errors: Array<{ code: string; message: string; detail: unknown }> } {
    return { errors: [{ code: this.code, message: this.message, detail: this.detail }] };
  }
}

/** Of what is locked. Source: Azure/acr-cli#70, the deletion of a tag that must not be written. */
export const disallowed = (): OciError =>
  new OciError(
    405,
    'REGISTRY_DISALLOWED_OPERATION',
    'The operation is disallowed on this registry, repository or image. View troubleshooting steps at https://aka.ms/acr/faq/#why-does-my-pull-or-push-request-fail-with-disallowed-operation',
    {},
  );

export const nameUnknown = (repository: string): OciError =>
  new OciError(404, 'NAME_UNKNOWN', 'repository name not known to registry', { name: repository });

export const manifestUnknown = (reference: string): OciError =>
  new OciError(404, 'MANIFEST_UNKNOWN', `manifest tagged by "${reference}" is not found`, { reference });

export const blobUnknown = (digest: string): OciError =>
  new OciError(404, 'BLOB_UNKNOWN', 'blob unknown to registry', { digest });
