import { z } from 'zod';

const instance = z.object({
  CARTLEDGER_URL: z.url().optional(),
  CARTLEDGER_TOKEN: z.string().min(1).optional(),
});

const databases = z.object({
  CARTLEDGER_CLICKHOUSE_URL: z.url().optional(),
  CARTLEDGER_CLICKHOUSE_DATABASE: z.string().default('cartledger'),
  CARTLEDGER_ANALYTICS_DATABASE: z.string().default('analytics'),
  CARTLEDGER_POSTGRES_URL: z.url().optional(),
});
export type Databases = z.infer<typeof databases>;

/** What the environment says about the instance to talk to; options of the command line come before it. */
export const readInstanceEnvironment = (): { url?: string; token?: string } => {
  const { CARTLEDGER_URL: url, CARTLEDGER_TOKEN: token } = instance.parse(process.env);
  return { ...(url !== undefined && { url }), ...(token !== undefined && { token }) };
};

/** Where `migrate` finds the databases of an installation of several machines. */
export const readDatabases = (): Databases => databases.parse(process.env);

/** The environment of a service started by this command. */
export const environmentWith = (variables: Record<string, string>): NodeJS.ProcessEnv => ({
  ...process.env,
  ...variables,
});
