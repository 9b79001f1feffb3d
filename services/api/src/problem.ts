import { ClickHouseError } from '@cartledger/clickhouse';
import { ControlError } from '@cartledger/control';
import { ComponentTooLarge } from '@cartledger/history';
import { ReportError, type ReportErrorCode } from '@cartledger/reports';
import { ServiceError } from '@cartledger/service';
import { HTTPException } from 'hono/http-exception';
import {
  badRequest,
  componentTooLarge,
  internal,
  malformedJson,
  notReady,
  recounting,
  storeExists,
  unavailable,
} from './errors.ts';

const fromControl = (error: ControlError): ServiceError => {
  if (error.code === 'store_exists') return storeExists(error.message);
  if (error.code === 'unknown_store') return new ServiceError(error.code, 404, error.message, { field: error.field });
  if (error.code === 'busy' || error.code === 'migration_failed')
    return unavailable('The control store is busy', error);
  return new ServiceError(error.code, 400, error.message, { field: error.field });
};

const REPORT_STATUS: Partial<Record<ReportErrorCode, 404 | 409 | 422>> = {
  several_versions: 409,
  details_removed: 409,
  no_such_version: 404,
  too_large: 422,
};

const fromReport = (error: ReportError): ServiceError => {
  if (error.code === 'not_ready') return notReady(error.message);
  if (error.code === 'recounting') return recounting(error.message);
  return new ServiceError(error.code, REPORT_STATUS[error.code] ?? 400, error.message, {
    field: error.field ?? undefined,
  });
};

/** The answer to whatever was thrown; `internal` for what nobody foresaw, whose words stay in the log. */
export const problemOf = (error: unknown): ServiceError => {
  if (error instanceof ServiceError) return error;
  if (error instanceof ReportError) return fromReport(error);
  if (error instanceof ComponentTooLarge) return componentTooLarge(error.message);
  if (error instanceof ControlError) return fromControl(error);
  if (error instanceof ClickHouseError && error.retriable) return unavailable('The numbers cannot be read', error);
  // Hono's own validator throws it for a body that is no JSON.
  if (error instanceof HTTPException && error.status === 400) return malformedJson();
  return internal();
};

type Issue = {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly code: string;
  readonly keys?: readonly string[];
};

/** The first thing wrong with a query or a body: its field, its value, and what would do. */
export const requestProblem = (issue: Issue | undefined, input: unknown): ServiceError => {
  if (!issue) return badRequest('', 'The request cannot be understood. See /openapi.json.');
  if (issue.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys ?? [];
    if (key === 'definition_version')
      return badRequest(
        key,
        'definition_version is for funnel and pipeline: carts keep the version of the day they were opened. Leave it out.',
      );
    return badRequest(key, `${key} is not known here. Leave it out, or mend its name.`);
  }
  const field = issue.path.map(String).join('.');
  const value = issue.path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined),
    input,
  );
  const shown = value === undefined ? 'missing' : JSON.stringify(value).slice(0, 80);
  return badRequest(field, field === '' ? `The body: ${issue.message}.` : `${field} is ${shown}: ${issue.message}.`);
};
