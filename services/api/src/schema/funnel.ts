import { FUNNEL_MODES, FUNNEL_UNITS } from '@cartledger/funnel';
import { z } from '@hono/zod-openapi';
import { count, durationMs, head, list, part, rate, words } from './parts.ts';

const stages = z.array(
  z
    .object({
      stage: words('The stage, as the definition names it'),
      units: count('Units counted at the stage, each once in the period'),
      units_any: count('Units with an event of the stage in the period, in a chain or not'),
      conversion_from_first: rate('Units / those of the first stage'),
      conversion_from_previous: rate('Units / those of the stage before; null at the first'),
      dropped: count('Units less those of the next stage; 0 at the last'),
      median_ms_to_next: durationMs('Median time to the next stage, of the units that made it'),
      p90_ms_to_next: durationMs('The time to the next stage that nine of ten were within'),
    })
    .openapi('FunnelStage', { description: 'One stage of a funnel' }),
);

const breakdown = part('Only when asked for: the funnel once for each value', {
  by: z
    .union([
      z.enum(['source', 'campaign', 'device', 'country', 'visitor', 'product', 'category']),
      z.templateLiteral(['property:', z.string()]),
    ])
    .openapi({ type: 'string', description: 'What the funnel is broken down by', example: 'device' }),
  overlapping: z.boolean().openapi({
    description: 'A unit may stand under several values (product, category): the rows do not add up to the funnel',
  }),
  values: list(
    'By units at the first stage, largest first, then by value; `(none)` among them; `other`, all beyond them, last',
    part('The units whose chain starts with one value', {
      value: words('The value; `(none)` when the start says none, `other` for all beyond those listed'),
      stages: stages.openapi({ description: 'The stages, of these units' }),
    }),
  ),
});

export const funnelReport = z
  .object({
    report: z.literal('funnel').openapi({ description: 'Which report this is' }),
    ...head,
    unit: z.enum(FUNNEL_UNITS).openapi({ description: 'What is counted' }),
    mode: z.enum(FUNNEL_MODES).openapi({ description: 'How the stages must follow each other' }),
    window_ms: count('How long after the start a stage still counts, in ms'),
    stages: stages.openapi({ description: 'The stages, in order' }),
    breakdown: breakdown.optional(),
  })
  .openapi('FunnelReport', { description: 'How many reach each stage' });
