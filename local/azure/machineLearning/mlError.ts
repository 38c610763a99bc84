import { randomBytes, randomUUID } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ArmError, localCloud } from '../context';

/** An error of the Azure ML service. `innerCode` says what it is about, e.g. NotFoundError. */
export class MlError extends ArmError {
  constructor(
    status: number,
    message: string,
    readonly innerCode: string,
    code = 'UserError',
  ) {
    super(status, code, message);
  }
}

/** As recorded: what was not found is only in the details. Source: azure-ai-ml, test_create_autoincrement.json. */
export class MlNotFound extends MlError {
  constructor(what: string, code: string) {
    super(404, 'The specified resource was not found.', 'NotFoundError');
    this.details.push({ code, message: `${what} not found.`, details: [], additionalInfo: [] });
  }
}

/** `what` e.g. `Model container with name: m`, `kind` e.g. Model */
export const notFound = (what: string, kind = 'Resource'): MlError => new MlNotFound(what, `${kind}NotFound`);
export const invalid = (message: string): MlError => new MlError(400, message, 'BadArgument');

/** The shape of errors in the control plane (facts on Azure, §2). */
export function sendControlPlaneError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (!(error instanceof ArmError)) throw error;
  const info = (type: string, value: unknown) => ({ type, info: { value } });
  return reply
    .code(error.status)
    .headers(error.headers)
    .send({
      error: {
        code: error.code,
        message: error.message,
        details: error.details,
        additionalInfo: [
          info('ComponentName', 'managementfrontend'),
          info('Correlation', correlation(reply)),
          info('Environment', localCloud.location),
          info('Location', localCloud.location),
          info('Time', new Date().toISOString()),
          ...(error instanceof MlError ? [info('InnerError', { code: error.innerCode, innerError: null })] : []),
        ],
      },
    });
}

/** The shape of errors in run history and the artifact service. */
export function sendDataPlaneError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (!(error instanceof ArmError)) throw error;
  return reply
    .code(error.status)
    .headers(error.headers)
    .send({
      error: {
        code: error.code,
        message: error.message,
        innerError: { code: error instanceof MlError ? error.innerCode : error.code, innerError: null },
      },
      correlation: correlation(reply),
      environment: localCloud.location,
      location: localCloud.location,
      time: new Date().toISOString(),
      componentName: 'run-history',
    });
}

function correlation(reply: FastifyReply): { operation: string; request: string } {
  const operation = reply.getHeader('x-ms-correlation-request-id');
  const id = typeof operation === 'string' ? operation : randomUUID();
  // Both in hexadecimal, as recorded: azure-ai-ml, test_create_autoincrement.json.
  return { operation: id.replace(/-/g, ''), request: randomBytes(8).toString('hex') };
}
