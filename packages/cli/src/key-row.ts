import { z } from 'zod';

/** What is told of a key; whatever else a server says of it is printed in no format. */
export const keyRow = z.object({
  key_id: z.string(),
  scope: z.string(),
  created_at: z.string(),
  revoked_at: z.string().nullable(),
  events_per_second: z.number().nullable(),
  burst_events: z.number().nullable(),
});
export type KeyRow = z.infer<typeof keyRow>;
