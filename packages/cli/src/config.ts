import { z } from 'zod';
import { CliError } from './errors.ts';

const instance = z.object({
  CARTLEDGER_URL: z.url({ protocol: /^https?$/ }).optional(),
  CARTLEDGER_TOKEN: z.string().min(1).optional(),
});

const databases = z.object({
  CARTLEDGER_CLICKHOUSE_URL: z.url().optional(),
  CARTLEDGER_CLICKHOUSE_DATABASE: z.string().default('cartledger'),
  CARTLEDGER_ANALYTICS_DATABASE: z.string().default('analytics'),
  CARTLEDGER_POSTGRES_URL: z.url().optional(),
});
export type Databases = z.infer<typeof databases>;

/** Wrong variables are wrong usage; their values may be secret, so only their names are told. */
const read = <S extends z.ZodObject>(schema: S): z.output<S> => {
  const given = Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new CliError(`the environment cannot be used: ${problems.join('; ')}`, { exitStatus: 2 });
};

/** What the environment says about the instance to talk to; options of the command line come before it. */
export const readInstanceEnvironment = (): { url?: string; token?: string } => {
  const { CARTLEDGER_URL: url, CARTLEDGER_TOKEN: token } = read(instance);
  return { ...(url !== undefined && { url }), ...(token !== undefined && { token }) };
};

/** Where `migrate` finds the databases of an installation of several machines. */
export const readDatabases = (): Databases => read(databases);

/** The environment of a service started by this command. */
export const environmentWith = (variables: Record<string, string>): NodeJS.ProcessEnv => ({
  ...process.env,
  ...variables,
});
