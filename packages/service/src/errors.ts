import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';

/** An error that is an answer: a stable code, a status, and a message that names what was wrong and what to do. */
export class ServiceError extends Error {
  readonly code: string;
  readonly status: ContentfulStatusCode;
  readonly field: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  constructor(
    code: string,
    status: ContentfulStatusCode,
    message: string,
    options: { field?: string | undefined; headers?: Readonly<Record<string, string>>; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'ServiceError';
    this.code = code;
    this.status = status;
    this.field = options.field;
    this.headers = options.headers ?? {};
  }
}

type Detail = { message: string; field?: string; headers?: Readonly<Record<string, string>>; cause?: unknown };
/**
 * One entry of a service's catalogue of errors (a module `errors.ts` of them): answers the function that makes
 * the ServiceError to throw.
 */
export const defineError =
  <A extends readonly unknown[]>(code: string, status: ContentfulStatusCode, text: (...args: A) => string | Detail) =>
  (...args: A): ServiceError => {
    const detail = text(...args);
    return typeof detail === 'string'
      ? new ServiceError(code, status, detail)
      : new ServiceError(code, status, detail.message, detail);
  };

/** The answer of every error: `{"error": {"code", "message", "field"?}}`. */
export const errorResponse = (c: Context, error: ServiceError): Response =>
  c.json(
    {
      error: { code: error.code, message: error.message, ...(error.field === undefined ? {} : { field: error.field }) },
    },
    error.status,
    { 'Cache-Control': 'no-store', ...error.headers },
  );
