import { canonical } from './canonical.ts';
import type { Dialect } from './converted.ts';
import { rees46 } from './rees46.ts';

export { canonical } from './canonical.ts';
export {
  type Converted,
  DIALECT_REASONS,
  type Dialect,
  type DialectOptions,
  type DialectReason,
  type ImportEvent,
} from './converted.ts';
export { toMinorUnits } from './minor-units.ts';
export { rees46 } from './rees46.ts';

/** By the name that `import --format` takes. */
export const DIALECTS = { canonical, rees46 } as const satisfies Record<string, Dialect>;
export type DialectName = keyof typeof DIALECTS;
