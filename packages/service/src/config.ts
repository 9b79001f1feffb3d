import { z } from 'zod';

export type Env = Readonly<Record<string, string | undefined>>;

const secrets = z.registry<{ secret: true }>();

/** Marks a variable whose value is never printed, not even in the error that refuses it. */
export const secret = <S extends z.ZodType>(schema: S): S => {
  secrets.add(schema, { secret: true });
  return schema;
};

/** Configuration that cannot be used: every problem of it, one line each. */
export class ConfigError extends Error {
  readonly code = 'bad_config';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`The configuration cannot be used:\n${problems.map((p) => `  - ${p}`).join('\n')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

const isSecret = (schema: z.core.$ZodType | undefined): boolean => {
  for (let s = schema; s; ) {
    // get, not has: a schema described afterwards is a copy that knows its origin.
    if (secrets.get(s)) return true;
    const inner: unknown = 'innerType' in s._zod.def ? s._zod.def.innerType : undefined;
    s = inner instanceof z.ZodType ? inner : undefined;
  }
  return false;
};

/**
 * Parses the variables that are the schema's keys out of `env` (passed in by the service's config.ts, the only
 * reader of process.env). A variable set to nothing counts as not set, as compose files set them. Throws
 * ConfigError with all problems at once: the variable, its value unless secret, and what would do (the field's
 * `describe()`).
 */
export const loadConfig = <S extends z.ZodObject>(schema: S, env: Env): z.output<S> => {
  const input: Record<string, string> = {};
  for (const name of Object.keys(schema.shape)) {
    const value = env[name];
    if (value !== undefined && value.trim() !== '') input[name] = value.trim();
  }
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new ConfigError(
    parsed.error.issues.map((issue) => {
      const name = String(issue.path[0] ?? '');
      if (name === '') return issue.message;
      const field: z.core.$ZodType | undefined = schema.shape[name];
      const given = input[name];
      const description = field === undefined ? undefined : z.globalRegistry.get(field)?.description;
      const remedy = description === undefined ? '' : ` Set it to ${description}.`;
      if (given === undefined) return `${name} is not set.${remedy}`;
      const value = isSecret(field) ? 'has a value' : `is ${JSON.stringify(given)}`;
      return `${name} ${value}: ${issue.message}.${remedy}`;
    }),
  );
};

/** A whole number from a variable. */
export const integer = (min: number, max: number = Number.MAX_SAFE_INTEGER) =>
  z
    .string()
    .regex(/^-?\d{1,16}$/, 'not a whole number')
    .transform(Number)
    .pipe(z.number().min(min, `smaller than ${min}`).max(max, `larger than ${max}`));

/** A TCP port from a variable; 0 takes any free one. */
export const port = () => integer(0, 65_535);

/** A yes or no from a variable. */
export const flag = () =>
  z.enum(['true', 'false', '1', '0'], { error: 'not true or false' }).transform((v) => v === 'true' || v === '1');

/** A comma-separated list from a variable; never empty. */
export const list = () =>
  z
    .string()
    .transform((v) =>
      v
        .split(',')
        .map((s) => s.trim())
        .filter((s) => s !== ''),
    )
    .pipe(z.array(z.string()).min(1, 'an empty list'));
