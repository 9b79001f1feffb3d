import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { childEnvironment } from './config.ts';
import { lockDirectory } from './directory-lock.ts';
import { LocalStackError } from './errors.ts';

const run = promisify(execFile);
const version = '4.1.0';
const pom = fileURLToPath(new URL('../kafka/pom.xml', import.meta.url));
const cache = fileURLToPath(new URL('../../../.cache/', import.meta.url));

/**
 * The directory with the jars of an Apache Kafka broker, fetched from Maven Central the first time (about 43 MB).
 * Safe when several processes ask at once: one fetches, the others wait for it; a fetch that was cut off is not seen.
 */
export const kafkaJars = async (): Promise<string> => {
  const jars = join(cache, `kafka-${version}`);
  if (existsSync(jars)) return jars;
  const lock = await lockDirectory(`${jars}.lock`, 'the cache of Kafka', { waitMs: 300_000 });
  try {
    if (!existsSync(jars)) await fetchInto(jars);
    return jars;
  } finally {
    lock.release();
  }
};

const fetchInto = async (jars: string): Promise<void> => {
  const unfinished = `${jars}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${unfinished}`, '-DincludeScope=runtime'];
  try {
    await run('mvn', ['-q', '-B', '-f', pom, ...goal], { env: childEnvironment(), timeout: 280_000 });
  } catch (error) {
    throw new LocalStackError(
      'not_available',
      `Maven could not fetch Apache Kafka ${version}. It needs mvn on the PATH (Debian and Ubuntu: apt install maven; macOS: brew install maven) and Maven Central or a mirror of it.`,
      { cause: error },
    );
  }
  renameSync(unfinished, jars);
};
