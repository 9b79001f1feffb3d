/**
 * What all reports begin with, as the API and the CLI answer them. Amounts are whole minor units and may pass 2^53, so they
 * are bigints here and plain integers in JSON. Rates are decimals of six places, null where the denominator is zero.
 */
export type MoneyByCurrency = Record<string, bigint>;

export type ReportHead = {
  store_id: string;
  /** Local days, both inclusive, `YYYY-MM-DD`. */
  from: string;
  to: string;
  timezone: string;
  /** RFC 3339 UTC: the log has been taken in up to here. */
  as_of: string;
  /** The first local day of the period whose figures may still move by time alone; null when all are closed. */
  open_from: string | null;
  definition_versions: number[];
  warnings: { code: string; message: string }[];
};
