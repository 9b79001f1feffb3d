/**
 * The API's answers as they arrive. The domain's types are the contract; JSON has no bigint, so here is the one
 * place where amounts become numbers. Past 2^53 minor units (90 trillion euro) a shown amount may be off by one.
 */
import {
  type AbandonmentReport,
  type Definition,
  type FunnelReport,
  REFUNDS_ON,
  type Report,
  type RevenueReport,
} from '@cartledger/funnel';

type Wire<T> = T extends bigint
  ? number
  : T extends readonly (infer Item)[]
    ? Wire<Item>[]
    : T extends object
      ? { [Key in keyof T]: Wire<T[Key]> }
      : T;

export type WireFunnel = Wire<FunnelReport>;
export type WireAbandonment = Wire<AbandonmentReport>;
export type WireRevenue = Wire<RevenueReport>;
export type WireMoney = Record<string, number>;

export type WireReports = { funnel: WireFunnel; abandonment: WireAbandonment; revenue: WireRevenue };
export type ReportName = Report['report'];

export type StoreInfo = { store_id: string } & Pick<Definition, 'time_zone' | 'currency'> &
  Partial<Pick<Definition, 'idle_ms' | 'abandon_ms' | 'recovery_ms' | 'targets'>> & {
    /** The newest version of its definition. */
    definition_version?: number;
  };

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** What each report must at least carry; catches a page and a server of different versions before a chart does. */
const CARRIES: { [Name in ReportName]: (body: Record<string, unknown>) => boolean } = {
  funnel: (body) => Array.isArray(body.stages),
  abandonment: (body) => isRecord(body.carts) && Array.isArray(body.points) && Array.isArray(body.products),
  revenue: (body) => isRecord(body.currencies) && REFUNDS_ON.some((day) => day === body.refunds_on),
};

export const isReport = <Name extends ReportName>(name: Name, body: unknown): body is WireReports[Name] =>
  isRecord(body) &&
  body.report === name &&
  typeof body.as_of === 'string' &&
  typeof body.timezone === 'string' &&
  Array.isArray(body.warnings) &&
  CARRIES[name](body);

const isStore = (value: unknown): value is StoreInfo =>
  isRecord(value) &&
  typeof value.store_id === 'string' &&
  typeof value.time_zone === 'string' &&
  typeof value.currency === 'string';

export const isStoreList = (body: unknown): body is { stores: StoreInfo[] } =>
  isRecord(body) && Array.isArray(body.stores) && body.stores.every(isStore);

/** The API's error answer, or null when the body is something else (a proxy's page). */
export const errorOf = (body: unknown): { code: string; message: string } | null => {
  const error = isRecord(body) ? body.error : null;
  return isRecord(error) && typeof error.code === 'string' && typeof error.message === 'string'
    ? { code: error.code, message: error.message }
    : null;
};
