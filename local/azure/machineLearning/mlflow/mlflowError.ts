import type { FastifyReply, FastifyRequest } from 'fastify';
import { ArmError } from '../../context';

type Code =
  | 'RESOURCE_DOES_NOT_EXIST'
  | 'RESOURCE_ALREADY_EXISTS'
  | 'INVALID_PARAMETER_VALUE'
  | 'INVALID_STATE'
  | 'ENDPOINT_NOT_FOUND'
  | 'NOT_IMPLEMENTED';

const statuses: Record<Code, number> = {
  RESOURCE_DOES_NOT_EXIST: 404,
  RESOURCE_ALREADY_EXISTS: 400,
  INVALID_PARAMETER_VALUE: 400,
  INVALID_STATE: 400,
  ENDPOINT_NOT_FOUND: 404,
  NOT_IMPLEMENTED: 501,
};

/** An error of the MLflow REST API. Source: mlflow/exceptions.py and its ErrorCode. */
export class MlflowError extends ArmError {
  constructor(code: Code, message: string) {
    super(statuses[code], code, message);
  }
}

/** MLflow's own shape, and beside it that of Azure, as its tracking endpoint answers both kinds of client. */
export function sendMlflowError(error: unknown, _request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (!(error instanceof ArmError)) throw error;
  const { code, message } = error;
  return reply.code(error.status).headers(error.headers).send({ error_code: code, message, error: { code, message } });
}

export const required = (name: string, value: unknown): string => {
  if (typeof value === 'string' && value !== '') return value;
  throw new MlflowError('INVALID_PARAMETER_VALUE', `Missing value for required parameter '${name}'.`);
};
