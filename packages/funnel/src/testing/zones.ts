const ANY_ZONE = [
  '2026-01-30T22:59:00Z',
  '2026-03-28T21:00:00Z',
  '2026-10-24T22:00:00Z',
] as const satisfies readonly string[];

/**
 * Zones of every kind, and moments shortly before their clocks change: half-hour and quarter-hour offsets, a change
 * by half an hour, days without a midnight (clocks go forward at it), days with a piece of the next day inside
 * (clocks go back over it).
 */
export const STARTS_BY_ZONE: Readonly<Record<string, readonly [string, ...string[]]>> = {
  UTC: ANY_ZONE,
  'Europe/Berlin': ['2026-03-28T21:00:00Z', '2026-10-24T22:00:00Z'],
  'America/New_York': ['2026-03-08T04:00:00Z', '2026-11-01T03:00:00Z'],
  'Asia/Kathmandu': ANY_ZONE,
  'Australia/Adelaide': ['2026-04-04T13:00:00Z', '2026-10-03T13:00:00Z'],
  'Australia/Lord_Howe': ['2026-04-04T12:00:00Z', '2026-10-03T12:30:00Z'],
  'America/Havana': ['2026-03-08T03:30:00Z', '2026-11-01T03:30:00Z'],
  'America/Sao_Paulo': ['2018-11-04T01:30:00Z', '2018-02-18T00:30:00Z'],
  'Africa/Cairo': ['2026-04-23T20:30:00Z', '2026-10-29T19:30:00Z'],
  'Asia/Beirut': ['2026-03-28T20:30:00Z', '2026-10-24T19:30:00Z'],
};

export const ZONES = Object.keys(STARTS_BY_ZONE);
